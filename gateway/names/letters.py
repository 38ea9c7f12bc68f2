"""What Unicode says about the characters of a name, before any table is asked.

The one idea: a name is letters, and what joins or parts them: a space, a hyphen, an apostrophe. What cannot be seen
and what belongs to no name is taken out, and whoever asks is told that something was.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import Final

MAX_CHARACTERS: Final = 500
"""Characters of a name that are read; the longest name of our schemas is 200."""
SPACE, HYPHEN, APOSTROPHE = " ", "-", "'"
JOINTS: Final = SPACE + HYPHEN + APOSTROPHE
NO_SCRIPT, OTHER_SCRIPT = "Zyyy", "Zzzz"
"""ISO 15924: no letters that belong to a script; a script that we have no word for."""
SCRIPTS: Final = {
    "Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Arab": "ARABIC", "Hebr": "HEBREW", "Armn": "ARMENIAN",
    "Geor": "GEORGIAN", "Deva": "DEVANAGARI", "Beng": "BENGALI", "Guru": "GURMUKHI", "Taml": "TAMIL", "Thai": "THAI",
    "Ethi": "ETHIOPIC", "Hani": "CJK", "Hira": "HIRAGANA", "Kana": "KATAKANA", "Hang": "HANGUL", "Copt": "COPTIC",
}  # fmt: skip
"""ISO 15924 codes of the scripts that are told apart, with the word that begins the names of their letters."""
_CODES: Final = {word: code for code, word in SCRIPTS.items()}
_APOSTROPHES: Final = frozenset("'’‘‛ʼʻʹʽ`´′＇ʾʿ")
_ORDINARY_SIGNS: Final = frozenset(",.")
"""Signs between the parts of a name that nobody misses."""
_MINUS: Final = "\u2212"
_UNSEEN_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u034f")
"""Letters and marks that are drawn as nothing."""
_LEFTMOST_VARIATION, _RIGHTMOST_VARIATION = 0xFE00, 0xFE0F


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str:
    """ISO 15924 code of the script of one letter."""
    if letter.isascii():
        return "Latn" if letter.isalpha() else NO_SCRIPT
    if unicodedata.category(letter)[0] != "L":
        return NO_SCRIPT
    word = unicodedata.name(letter, "").partition(" ")[0]
    if word == "MODIFIER":
        return NO_SCRIPT
    return _CODES.get(word, OTHER_SCRIPT)


class Cleaned:
    """A name as it is read: NFC, words parted by one space, and what was met on the way."""

    __slots__ = ("cut", "foreign", "hidden", "text", "widened")

    def __init__(self, text: str, known: Collection[str] = ()) -> None:
        """`known` letters are never replaced by what Unicode calls their compatible form."""
        self.hidden = self.widened = self.foreign = False
        self.cut = len(text) > MAX_CHARACTERS
        composed = unicodedata.normalize("NFC", "".join(self._seen(letter) for letter in text[:MAX_CHARACTERS]))
        plain = unicodedata.normalize("NFC", "".join(self._compatible(letter, known) for letter in composed))
        self.text = " ".join("".join(self._joint(letter) for letter in plain).split(SPACE)).strip(JOINTS)
        self.text = SPACE.join(self.text.split())

    def _seen(self, letter: str) -> str:
        if letter.isspace():
            return SPACE
        category = unicodedata.category(letter)
        is_variation = _LEFTMOST_VARIATION <= ord(letter) <= _RIGHTMOST_VARIATION
        if category in ("Cc", "Cf") or is_variation or letter in _UNSEEN_LETTERS:
            self.hidden = True
            return ""
        if category in ("Cs", "Co", "Cn"):
            self.foreign = True
            return SPACE
        return letter

    def _compatible(self, letter: str, known: Collection[str]) -> str:
        if letter in _APOSTROPHES:
            return APOSTROPHE
        if letter.isascii() or letter in known or letter.upper() in known or unicodedata.category(letter) == "Pd":
            return letter
        plain = unicodedata.normalize("NFKC", letter)
        if plain == letter:
            return letter
        self.widened = True
        return plain

    def _joint(self, letter: str) -> str:
        category = unicodedata.category(letter)
        if letter in _APOSTROPHES:
            return APOSTROPHE
        if category == "Pd" or letter == _MINUS:
            return HYPHEN
        if category[0] in "LM":
            return letter
        if category != "Zs" and letter not in _ORDINARY_SIGNS:
            self.foreign = True
        return SPACE

    @property
    def scripts(self) -> tuple[str, ...]:
        """The scripts of the letters, the most frequent first."""
        counted = Counter(script for letter in self.text if (script := script_of(letter)) != NO_SCRIPT)
        return tuple(script for script, _ in counted.most_common())

    @property
    def mixes_within_a_word(self) -> bool:
        """Whether one word holds letters of several scripts: nobody is called so."""
        return any(
            len({script for letter in word if (script := script_of(letter)) != NO_SCRIPT}) > 1
            for word in self.text.replace(HYPHEN, SPACE).split(SPACE)
        )
