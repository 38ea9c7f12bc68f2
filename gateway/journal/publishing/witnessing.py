"""Asks witnesses to countersign the log, beside the traffic: away, slow or wrong, a witness holds nothing up but its own line.

A witness keeps the last checkpoint that it saw and signs the next one only with a proof that the log grew. It is told where it stands itself
(C2SP tlog-witness v1), so catching up is one proof, however long it was away. That a witness accuses us is the reason why there are witnesses:
it is journalled, and stays to be seen until it countersigns again.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from gateway.errors import GatewayError, Refused, Unavailable
from gateway.journal.entry import Entry
from gateway.journal.publishing.doubt import Doubt
from gateway.journal.publishing.files import put
from gateway.journal.publishing.proving import Prover
from gateway.journal.tree.checkpoints import Checkpoint, cosigned, read_checkpoint
from gateway.journal.tree.notes import MAX_NOTE_OCTETS, Note, NoteInvalid, VerifierKey, read_note, read_signatures
from gateway.ledger import Ledger
from gateway.ports import Clock

ASK_EVERY: Final = timedelta(seconds=1)
AGAIN_AFTER: Final = timedelta(seconds=10)
ALARM_AFTER: Final = timedelta(seconds=60)
MAX_SIZE_DIGITS: Final = 19
AWAY, UNKNOWN, FALSE, ACCUSED = "log.witness-away", "log.witness-unknown", "log.witness-false", "log.accused"
WORDS: Final = {
    AWAY: "It does not answer.",
    UNKNOWN: "It does not know our log or its key.",
    FALSE: "What it answered is no countersignature of it.",
    ACCUSED: "It says that our log was forked or put back.",
}
log = logging.getLogger(__name__)


class WitnessWire(Protocol):
    """The way to one witness."""

    key: VerifierKey

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to `add-checkpoint`; raises `Unavailable`."""
        ...


@dataclass(slots=True)
class WitnessState:
    """How it stands with one witness."""

    name: str
    size: int = 0
    """How many entries it has countersigned."""
    stands: int = 0
    """Where it stands itself, as far as we know."""
    at: datetime | None = None
    trouble: str = ""
    """Why it does not countersign now: one of the codes above."""
    since: datetime | None = None
    told: str = ""
    """The trouble that is journalled."""


class _Trouble(Exception):
    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}")
        self.code, self.words = code, words


class Witnessing:
    """One task for each witness."""

    def __init__(
        self, wires: Iterable[WitnessWire], prover: Prover, ledger: Ledger, folder: Path, clock: Clock
    ) -> None:
        self._prover, self._ledger, self._folder, self._clock = prover, ledger, folder, clock
        self._wires = list(wires)
        self.states = [WitnessState(name=wire.key.name) for wire in self._wires]
        self._notes: dict[str, Note] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up what was countersigned, and begin to ask."""
        if self._tasks:
            return
        for wire, state in zip(self._wires, self.states, strict=True):
            self._remember(wire, state)
            await wire.start()
            self._tasks.append(asyncio.create_task(self._run(wire, state), name=f"witness {wire.key.name}"))

    async def stop(self) -> None:
        """Stop at once."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for wire in self._wires:
            await wire.stop()

    async def quiet(self) -> None:
        """Ask every witness once, without waiting for its time. For tests."""
        for wire, state in zip(self._wires, self.states, strict=True):
            await self._safely(wire, state)

    def witnessed(self) -> bytes:
        """The largest checkpoint that a witness has countersigned, with the lines of all that countersigned it; empty for none."""
        if not self._notes:
            return b""
        largest = max(self._notes.values(), key=lambda note: read_checkpoint(note.text).size)
        lines = [line for note in self._notes.values() if note.text == largest.text for line in note.signatures]
        return Note(text=largest.text, signatures=tuple(dict.fromkeys(lines))).content()

    # --- asking

    async def _run(self, wire: WitnessWire, state: WitnessState) -> None:
        while True:
            begun = self._clock.now()
            await self._safely(wire, state)
            await self._clock.wait_until(begun + (AGAIN_AFTER if state.trouble else ASK_EVERY))

    async def _safely(self, wire: WitnessWire, state: WitnessState) -> None:
        try:
            await self._once(wire, state)
            await self._over(state)
        except _Trouble as trouble:
            await self._noted(state, trouble.code, trouble.words)
        except Unavailable as error:
            await self._noted(state, AWAY, error.operator)
        except (GatewayError, Doubt) as error:
            log.info("nothing to be witnessed now: %s", error.code)
        except Exception as error:
            log.exception("a witness cannot be asked, kind=%s", type(error).__name__)

    async def _once(self, wire: WitnessWire, state: WitnessState) -> None:
        try:
            checkpoint, note = await self._prover.checkpoint()
        except Refused:
            return  # nothing is published yet
        if checkpoint.size <= state.size:
            return
        status, body = await wire.ask(await self._request(state.stands, checkpoint, note))
        if status == 409:  # it stands elsewhere than we thought: ask once more from there
            size = _told_size(body)
            if size == state.stands:
                raise _Trouble(FALSE, "it says that it stands elsewhere, and names the place where we thought it to be")
            if size > checkpoint.size:
                raise _Trouble(
                    ACCUSED,
                    f"it has seen {size} entries of another log under our name, and we published {checkpoint.size}",
                )
            state.stands = size
            status, body = await wire.ask(await self._request(size, checkpoint, note))
        if status != 200:
            raise _refusal(status)
        self._keep(wire, state, note, body)

    async def _request(self, old: int, checkpoint: Checkpoint, note: bytes) -> bytes:
        found = await self._prover.consistency(old, checkpoint.size)
        lines = [f"old {old}", *(b64encode(hash_).decode() for hash_ in found.proof), ""]
        return "\n".join(lines).encode() + b"\n" + note

    def _keep(self, wire: WitnessWire, state: WitnessState, note: bytes, body: bytes) -> None:
        try:
            ours = read_note(note)
            lines = read_signatures(body[:MAX_NOTE_OCTETS].decode("utf-8"))
            own = tuple(line for line in lines if wire.key.made(line))
            made = Note(text=ours.text, signatures=(*ours.signatures, *own))
            found = cosigned(made, wire.key)
        except (NoteInvalid, UnicodeDecodeError) as error:
            raise _Trouble(FALSE, str(error)) from error
        if found is None:
            raise _Trouble(FALSE, "no line is by the key that is configured for it")
        put(self._file(wire.key), made.content())
        self._notes[wire.key.text()] = made
        state.size, state.at = read_checkpoint(made.text).size, found.at
        state.stands = state.size

    def _remember(self, wire: WitnessWire, state: WitnessState) -> None:
        """What it countersigned before; where that cannot be read it is asked, and it knows itself."""
        try:
            note = read_note(self._file(wire.key).read_bytes())
            found = cosigned(note, wire.key)
            if found is not None:
                state.size = state.stands = read_checkpoint(note.text).size
                state.at = found.at
                self._notes[wire.key.text()] = note
        except (OSError, NoteInvalid):
            log.info("nothing is known of what %s has countersigned", wire.key.name)

    def _file(self, key: VerifierKey) -> Path:
        return self._folder / f"{sha256(key.text().encode()).hexdigest()[:32]}.note"

    # --- telling

    async def _noted(self, state: WitnessState, code: str, words: str) -> None:
        now = self._clock.now()
        state.since = state.since or now
        state.trouble = code
        if state.told == code or (code != ACCUSED and now - state.since < ALARM_AFTER):
            return
        log.warning("witness %s: %s", state.name, code)
        event = "log.accused" if code == ACCUSED else "log.unwitnessed"
        details = (("why", words), ("witness", state.name), ("witnessed", str(state.size)))
        await self._record(Entry(event=event, at=now, reason=code, details=details))
        state.told = code

    async def _over(self, state: WitnessState) -> None:
        told, state.trouble, state.since, state.told = state.told, "", None, ""
        if told:
            details = (("after", told), ("witness", state.name), ("witnessed", str(state.size)))
            await self._record(Entry(event="log.witnessed", at=self._clock.now(), details=details))

    async def _record(self, entry: Entry) -> None:
        try:
            await self._ledger.record([entry])
        except Unavailable as error:
            log.warning("could not be journalled: %s %s", entry.event, error.code)


def _told_size(body: bytes) -> int:
    text = body.decode("ascii", "replace").strip()
    if not text.isascii() or not text.isdigit() or len(text) > MAX_SIZE_DIGITS:
        raise _Trouble(FALSE, "it says that it stands elsewhere and does not say where")
    return int(text)


def _refusal(status: int) -> _Trouble:
    if status in (409, 422):
        return _Trouble(ACCUSED, "it holds that our log does not continue what it saw")
    if status in (403, 404):
        return _Trouble(UNKNOWN, f"it answered {status}: it does not know our log, or not this key")
    return _Trouble(AWAY, f"it answered {status}")


def accusing(states: Sequence[WitnessState]) -> list[str]:
    """The names of witnesses that accuse us."""
    return [state.name for state in states if state.trouble == ACCUSED]
