"""Exchanging a signing key with overlap: the next one is made and published, partners accept both, then we switch, then
the old one is retired.

Which pair is which stands in one small file that is replaced as a whole, so that key and certificate change together and
a kill leaves the old state or the new one. Nothing here touches a key.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import Misconfigured

ROLLOVER_FILE: Final = "rollover.json"
SMIME_FILE: Final = "rollover-smime.json"
"""The same steps for S/MIME keys. From its publication on the next one opens mails, too; until it is retired, so does the old one."""


class Pair(Struct, frozen=True, kw_only=True):
    """A key and its certificate, as the settings name them: files below the home folder, or a URI of a token."""

    key: str
    certificate: str
    anchor: str = ""
    """File of the authority that partners must pin, where it is another one than before."""


class Rollover(Struct, frozen=True, kw_only=True):
    """Where one party stands."""

    current: Pair | None = None
    """None for what the settings say."""
    next: Pair | None = None
    published_at: datetime | None = None
    confirmed: dict[str, str] = {}
    """By partner: who recorded, and how, that it accepts the next certificate."""
    previous: Pair | None = None
    """Still accepted by partners and known to the signer; nothing new is signed with it."""
    switched_at: datetime | None = None


class RolloverFile:
    """All parties."""

    def __init__(self, folder: Path, name: str = ROLLOVER_FILE) -> None:
        self._file = folder / name

    def read(self) -> dict[str, Rollover]:
        """By party; raises `Misconfigured` for a file that cannot be read: guessing would sign with the wrong key."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Rollover])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            words = f"{self._file} cannot be read: {type(error).__name__}. Put it back from the backup."
            raise Misconfigured(
                "keys.rollover", "The state of the signing keys cannot be read.", operator=words
            ) from error

    def of(self, party: str) -> Rollover:
        """Where a party stands."""
        return self.read().get(party, Rollover())

    def write(self, party: str, state: Rollover) -> None:
        """Replace the state of a party."""
        content = msgspec.json.format(msgspec.json.encode({**self.read(), party: state}), indent=2)
        draft = self._file.with_name(f".{self._file.name}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)


# --- the steps; each raises `Misconfigured` with what must come first


def with_next(state: Rollover, pair: Pair) -> Rollover:
    """The next pair is there."""
    if state.next is not None:
        raise _not_yet("There is a next key already; switch to it first.")
    if state.previous is not None:
        raise _not_yet("The old key is not retired yet; three at once would confuse everybody.")
    return replace(state, next=pair, published_at=None, confirmed={})


def published(state: Rollover, now: datetime) -> Rollover:
    """Our cards carry both from now on."""
    if state.next is None:
        raise _not_yet("There is no next key; make one with: spoc keys next PARTY")
    return replace(state, published_at=state.published_at or now)


def confirmed(state: Rollover, partner: str, how: str) -> Rollover:
    """A partner has told that it accepts both."""
    if state.published_at is None or state.next is None:
        raise _not_yet("The next key is not published; do that first with: spoc keys publish PARTY")
    return replace(state, confirmed={**state.confirmed, partner: how})


def unconfirmed(state: Rollover, partners: list[str]) -> list[str]:
    """Partners of whom nobody has recorded that they accept both."""
    return [one for one in partners if one not in state.confirmed]


def switched(state: Rollover, before: Pair, partners: list[str], now: datetime, *, anyway: bool = False) -> Rollover:
    """The next pair becomes the current one."""
    if state.next is None or state.published_at is None:
        raise _not_yet("There is no published next key to switch to.")
    missing = unconfirmed(state, partners)
    if missing and not anyway:
        raise _not_yet(f"Not confirmed by {', '.join(missing)}: these would refuse what we sign.")
    return Rollover(current=state.next, previous=before, confirmed=state.confirmed, switched_at=now)


def retired(state: Rollover, waiting: int, until: datetime | None = None) -> Rollover:
    """The old pair is gone; `waiting` messages that it signed are not confirmed yet; mails may come for it `until` a moment."""
    if state.previous is None:
        raise _not_yet("There is no old key to retire.")
    if until is not None:
        raise _not_yet(f"Mails that were encrypted for the old key may still come until {until:%Y-%m-%d %H:%M} UTC.")
    if waiting:
        raise _not_yet(
            f"{waiting} messages signed with the old key are not confirmed yet; a resend carries its signature."
        )
    return Rollover(current=state.current)


def _not_yet(words: str) -> Misconfigured:
    return Misconfigured("keys.order", "The signing key cannot be exchanged so.", operator=words)
