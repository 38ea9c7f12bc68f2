"""Matching names as they are written at home with names as they arrive from abroad.

The one idea: a name is reduced to all the plain forms it is usually written in (ø as oe or o, å as aa or a), and two
names match when they share one. Order does not matter, since forms disagree about what comes first.
"""

import unicodedata

_DIGRAPHS = {"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "þ": "th", "ð": "d"}
_SINGLES = {"æ": "a", "ø": "o", "å": "a", "ä": "a", "ö": "o", "ü": "u", "ß": "s", "þ": "t", "ð": "d"}


def _plain(word: str, letters: dict[str, str]) -> str:
    replaced = "".join(letters.get(letter, letter) for letter in word)
    spread = unicodedata.normalize("NFKD", replaced)
    return "".join(letter for letter in spread if letter.isalnum())


def _words(name: str) -> list[str]:
    return unicodedata.normalize("NFC", name).casefold().replace("-", " ").split()


def exact_form(name: str) -> tuple[str, ...]:
    """The name without case, order and spacing, diacritics kept."""
    return tuple(sorted(_words(name)))


def plain_forms(name: str) -> frozenset[tuple[str, ...]]:
    """The name in its two usual transliterations."""
    return frozenset(tuple(sorted(_plain(word, letters) for word in _words(name))) for letters in (_DIGRAPHS, _SINGLES))


def how_names_match(asked: str, held: list[str]) -> str:
    """Answer NAME_AND_DATE, TRANSLITERATED_NAME, or nothing when no held name matches."""
    if any(exact_form(asked) == exact_form(name) for name in held):
        return "NAME_AND_DATE"
    wanted = plain_forms(asked)
    return "TRANSLITERATED_NAME" if any(wanted & plain_forms(name) for name in held) else ""
