"""What a store seals before it writes and opens after it has read: the part that all stores share.

The idea: keys are found before a transaction begins (`Sealing`), so that what happens inside it is plain computing (`Seals`). The
ledger notes which keys a subject has. A subject has one as a rule; where two were taken at once, or the cache forgot the first, it has more,
and each sealed thing names its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.errors import Unavailable
from gateway.journal import commitments
from gateway.journal.entry import Entry, subject_of
from gateway.ledger import Move
from gateway.vault import blind
from gateway.vault.keyring import Held, Keyring
from gateway.vault.port import Destruction, KeyNumber
from gateway.vault.sealed import ContentDamaged, ContentDestroyed, Key, KeyMissing, is_sealed, key_number
from gateway.vault.subjects import SubjectId, of_exchange

MAX_SUBJECTS: Final = 8192
MAX_TRIES: Final = 8
T = TypeVar("T")
WORDS: Final = "words"
"""Name of the part that holds what left the columns of a row because it may name a person."""
_WORDS: Final = msgspec.json.Decoder(dict[str, Any])


class KeyNeeded(Exception):
    """Something read inside a transaction needs a key that is not at hand: find it and do all of it again."""

    def __init__(self, number: KeyNumber) -> None:
        super().__init__(f"{number:016x}")
        self.number = number


class SubjectNeeded(Exception):
    """Something written inside a transaction needs a key for this subject: take one and do all of it again."""

    def __init__(self, subject: SubjectId) -> None:
        super().__init__(subject)
        self.subject = subject


class Seals:
    """What can be sealed and opened now. Without a keyring everything stays as it is."""

    def __init__(self, keyring: Keyring | None, keys: Mapping[SubjectId, Key], held: Mapping[KeyNumber, Held]) -> None:
        self._keyring, self._keys, self._held = keyring, keys, held

    @classmethod
    def together(cls, several: Sequence[Seals]) -> Seals:
        """For one transaction of several requests."""
        keys = {subject: key for each in several for subject, key in each._keys.items()}
        return cls(next((each._keyring for each in several if each._keyring), None), keys, {})

    @property
    def sealing(self) -> bool:
        """Whether anything is sealed at all."""
        return self._keyring is not None

    @property
    def taken(self) -> list[tuple[SubjectId, KeyNumber]]:
        """Which keys were taken for whom: to be written down in the same transaction."""
        return [(subject, key.number) for subject, key in self._keys.items()]

    def seal(self, subject: SubjectId, part: str, plain: bytes) -> bytes:
        """The content as it is stored."""
        return plain if self._keyring is None else self._key(subject).seal(subject, part, plain)

    def mark(self, subject: SubjectId, part: str, plain: bytes) -> bytes | None:
        """What tells sealed content from other content; None for plain content."""
        return None if self._keyring is None else self._key(subject).mark(part, plain)

    def _key(self, subject: SubjectId) -> Key:
        key = self._keys.get(subject)
        if key is None:
            raise SubjectNeeded(subject)
        return key

    def open(self, subject: SubjectId, part: str, stored: bytes) -> bytes:
        """What was sealed; raises `ContentDestroyed`, `ContentDamaged`, `KeyMissing`, `KeyNeeded`."""
        return self.unlock(subject, part, stored) if is_sealed(stored) else stored

    def unlock(self, subject: SubjectId, part: str, stored: bytes) -> bytes:
        """As `open`, for content of which is known that it is sealed: whatever does not look like it was changed."""
        number = key_number(stored)
        if not is_sealed(stored) or not number:
            raise ContentDamaged(subject, part)
        held = self._held.get(number) or (self._keyring.at_hand(number) if self._keyring else None)
        if held is None:
            raise KeyMissing(number) if self._keyring is None or number in self._held else KeyNeeded(number)
        if isinstance(held, Destruction):
            raise ContentDestroyed(subject, held)
        return held.open(subject, part, stored)

    # --- words of a row

    def words(self, subject: SubjectId, words: Mapping[str, Any]) -> bytes | None:
        """What left the columns, sealed; None where nothing did."""
        kept = {name: value for name, value in words.items() if value}
        return self.seal(subject, WORDS, msgspec.json.encode(kept)) if kept else None

    def read_words(self, subject: SubjectId, stored: bytes | None) -> dict[str, Any]:
        """What left the columns; raises as `open` does."""
        return _WORDS.decode(self.open(subject, WORDS, bytes(stored))) if stored else {}

    # --- words to search by

    def token(self, text: str) -> str:
        """What stands in a column in place of text that may name a person."""
        return self._keyring.blinding.token("word", text) if self._keyring else text

    def searched(self, text: str) -> str:
        """What stands in a column for this text: itself where it cannot name a person."""
        return text if blind.telling_nothing(text) else self.token(text)


PLAIN: Final = Seals(None, {}, {})
"""Seals nothing."""


class _Nothing(Seals):
    def seal(self, subject: SubjectId, part: str, plain: bytes) -> bytes:
        raise SubjectNeeded(subject)


NOTHING: Final = _Nothing(None, {}, {})
"""For a request that was given no keys: what would have to be sealed is refused."""


class Sealing:
    """Finds the keys of what a store is about to write or has read."""

    def __init__(self, keyring: Keyring | None) -> None:
        self.keyring = keyring
        self._current: OrderedDict[SubjectId, Key] = OrderedDict()

    async def start(self) -> None:
        """Open the vault, where there is one; raises `Misconfigured` or `Unavailable`."""
        if self.keyring:
            await self.keyring.start()

    async def stop(self) -> None:
        self._current.clear()
        if self.keyring:
            await self.keyring.stop()

    async def probe(self) -> None:
        """Raise `Unavailable` unless keys can be read and kept."""
        if self.keyring:
            await self.keyring.vault.probe()

    def looking(self) -> Seals:
        """For searches, which open nothing."""
        return Seals(self.keyring, {}, {})

    async def for_writing(self, subjects: Iterable[SubjectId]) -> Seals:
        """With a key for each subject; raises `Unavailable`."""
        if self.keyring is None:
            return PLAIN
        keys: dict[SubjectId, Key] = {}
        for subject in dict.fromkeys(subjects):
            key = self._current.get(subject)
            if key is None:
                key = self._current[subject] = await self.keyring.fresh()
            self._current.move_to_end(subject)
            keys[subject] = key
        while len(self._current) > MAX_SUBJECTS:
            self._current.popitem(last=False)
        return Seals(self.keyring, keys, {})

    async def for_reading(self, sealed: Iterable[bytes | None], *, again: bool = False) -> Seals:
        """With the keys of these sealed things, as far as the vault has them; `again`: whatever is at hand may be out of date."""
        numbers = {key_number(bytes(each)) for each in sealed if each and is_sealed(bytes(each))}
        if self.keyring is None or not numbers:
            return Seals(self.keyring, {}, {})
        if again:
            self.keyring.forget(numbers)
        held: dict[KeyNumber, Held] = dict(await self.keyring.find(numbers))
        missing = numbers - held.keys()
        return _Incomplete(self.keyring, {}, held, missing) if missing else Seals(self.keyring, {}, held)

    async def written(self, subjects: Iterable[SubjectId], write: Callable[[Seals], Awaitable[T]]) -> T:
        """What a write returns that gets a key for each subject; it is done again where it turns out to need more."""
        wanted = list(subjects)
        for _ in range(MAX_TRIES):
            try:
                return await write(await self.for_writing(wanted))
            except KeyNeeded as needed:
                if self.keyring is None or needed.number not in await self.keyring.find([needed.number]):
                    raise KeyMissing(needed.number) from None
            except SubjectNeeded as needed:
                wanted.append(needed.subject)
        raise Unavailable(
            "ledger.busy",
            "The gateway cannot keep anything now.",
            operator="Keys are forgotten faster than they are found.",
        )

    async def destroy(self, keys: Mapping[SubjectId, Sequence[KeyNumber]], destruction: Destruction) -> None:
        """Destroy these keys for good."""
        for subject in keys:
            self._current.pop(subject, None)
        if self.keyring:
            await self.keyring.destroy([number for numbers in keys.values() for number in numbers], destruction)


class _Incomplete(Seals):
    """Some keys are not in the vault: whoever opens what they sealed is told so."""

    def __init__(
        self, keyring: Keyring, keys: Mapping[SubjectId, Key], held: Mapping[KeyNumber, Held], missing: set[KeyNumber]
    ) -> None:
        super().__init__(keyring, keys, held)
        self._missing = missing

    def unlock(self, subject: SubjectId, part: str, stored: bytes) -> bytes:
        if key_number(stored) in self._missing:
            raise KeyMissing(key_number(stored))
        return super().unlock(subject, part, stored)


# --- entries -------------------------------------------------------------------------------------------------------


def personal_subjects(entries: Iterable[Entry]) -> list[SubjectId]:
    """Whose keys these entries need."""
    return [subject_of(entry) for entry in entries if entry.personal]


def committed(entries: Sequence[Entry], seals: Seals) -> tuple[Entry, ...]:
    """Entries with commitments in place of what is personal, and with what opens them, sealed."""
    return tuple(_committed(entry, seals) if entry.personal else entry for entry in entries)


def _committed(entry: Entry, seals: Seals) -> Entry:
    made, openings = commitments.committed(entry)
    return replace(made, opening=seals.seal(subject_of(entry), commitments.PART, openings))


# --- whose content -------------------------------------------------------------------------------------------------


def subjects_of(moves: Iterable[Move]) -> list[SubjectId]:
    """Whose keys these moves need, as far as can be told before."""
    found: list[SubjectId] = []
    for move in moves:
        found += [move.envelope.id, *(spawned.envelope.id for spawned in move.spawn)]
        found += personal_subjects(move.entries)
        found += [subject for spawned in move.spawn for subject in personal_subjects(spawned.entries)]
        found += [of_exchange(step.exchange) for step in move.steps if step_words(step)]
        found += happened_subjects(move.happened)
    return found


def happened_subjects(happened: Iterable[Happened]) -> list[SubjectId]:
    """Whose keys what was recorded needs."""
    return [of_exchange(each.exchange) for each in happened if each.happening.reason]


def step_words(step: Step) -> dict[str, Any]:
    """What of a step may hold a name."""
    words: dict[str, Any] = {
        name: value for name in ("reference", "key") if not blind.telling_nothing(value := str(getattr(step, name)))
    }
    if not all(map(blind.telling_nothing, step.your_references)):
        words["your_references"] = list(step.your_references)
    return words
