"""The log that the entries stand in: its newest checkpoint, earlier ones that others saw, and when they saw them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from . import notes, stamps
from .certificates import named
from .container import Container
from .report import Bad, NotCheckable, Report
from .story import Entry
from .summary import CHECKPOINT, LOG_KEY, Earlier, Summary
from .trust import Trust

NO_LOG_KEY: Final = "no key of the log was given; whose log it is, nobody vouches for"
UNWITNESSED: Final = "no countersignature of a witness that you know is enclosed"
UNSTAMPED: Final = "no time-stamp is enclosed; when it was, is the office's own word"


class LogLook:
    """The examination of checkpoints."""

    def __init__(
        self, container: Container, summary: Summary, entries: Sequence[Entry], trust: Trust, report: Report
    ) -> None:
        self._container, self._summary, self._entries = container, summary, entries
        self._trust, self._report = trust, report

    def checkpoint(self) -> notes.Checkpoint | None:
        """The newest checkpoint, after all that can be said about it; None where it is none of the log."""
        found = None
        with self._report.checking("log.checkpoint", CHECKPOINT):
            read = self._read(CHECKPOINT)
            if self._summary.entries and self._summary.entries[-1] > read.size:
                raise Bad("an entry has a number that is not under the checkpoint")
            found = read
        with self._report.checking("log.key", LOG_KEY):
            if not self._trust.logs():
                raise NotCheckable(NO_LOG_KEY)
            if self._key() not in self._trust.logs():
                raise Bad("the key of the log is not one that you know: it is another log, or the log was forked")
        if found is not None:
            for each in self._summary.earlier:
                self._earlier(each, found)
            self._unseen()
        return found

    def _key(self) -> notes.Key:
        return notes.key_of(self._container.content(LOG_KEY).decode("utf-8", "replace"))

    def _read(self, member: str) -> notes.Checkpoint:
        read = notes.checkpoint_of(self._container.content(member))
        notes.signed_by(read, self._key())
        return read

    def _earlier(self, each: Earlier, newest: notes.Checkpoint) -> None:
        """It continues into the newest one; who saw it, and when."""
        old = None
        with self._report.checking("log.consistency", each.note):
            read = self._read(each.note)
            notes.continued(read, newest, each.proof)
            old = read
        if old is None:
            return
        for witness in self._trust.witnesses():
            if (witness.name, witness.id) in [line[:2] for line in old.lines]:
                self._witness(old, witness, each.note)
        for stamp in each.stamps:
            with self._report.checking("log.stamps", stamp) as check:
                at, signed = stamps.stamped(self._container.content(stamp), self._container.content(each.note))
                stamps.check_times(at, self._latest(old), self._summary.made_at)
                check.words = f"by {named(signed.signer)} at {at:%Y-%m-%d %H:%M:%S}Z, up to entry {old.size}"
                stamps.trusted(signed, at, self._trust.authorities)

    def _latest(self, old: notes.Checkpoint) -> datetime | None:
        return max((entry.at for entry in self._entries if entry.number <= old.size), default=None)

    def _witness(self, old: notes.Checkpoint, witness: notes.Key, place: str) -> None:
        with self._report.checking("log.witnesses", place) as check:
            seconds = notes.countersigned(old, witness)
            if seconds is not None:
                at = datetime.fromtimestamp(seconds, UTC)
                stamps.check_times(at, self._latest(old), self._summary.made_at)
                check.words = f"by {witness.name} at {at:%Y-%m-%d %H:%M:%S}Z, up to entry {old.size}"

    def _unseen(self) -> None:
        """Says it where nobody else saw the log, so that silence is not taken for a proof."""
        if not any(each.check == "log.witnesses" for each in self._report.found):
            self._report.open("log.witnesses", CHECKPOINT, UNWITNESSED)
        if not any(each.stamps for each in self._summary.earlier):
            self._report.open("log.stamps", CHECKPOINT, UNSTAMPED)
