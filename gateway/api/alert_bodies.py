"""What callers send about alerts, read without loss: what would be left out is refused by name, and a time needs its zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from fastapi import Request
from msgspec import Struct

from gateway.alerts.words import Alert, MisusedIdentity, Sought
from gateway.api.alert_models import as_pairs
from gateway.api.bodies import body_of, media_type, strict_json
from gateway.api.callers import Here
from gateway.api.problems import Problem
from gateway.api.submission import JSON, KEY, lost
from gateway.identity import PartyId

MAX_ALERT_OCTETS: Final = 256 * 1024
T = TypeVar("T")


class EnterBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert to be entered, or to be looked at first."""

    alert: dict[str, Any]
    despite: str = ""


class SearchBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is searched for."""

    sought: Sought


class ExtendBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new end."""

    until: datetime
    assessment: str = ""


class FlagBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose flag, and why."""

    state: PartyId
    reason: str = ""
    requested_by: str = ""


class LinkBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts."""

    others: tuple[str, ...]
    remove: bool = False


class MisuseBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Data of an innocent person."""

    identity: MisusedIdentity | None


class HideBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until when."""

    until: datetime | None
    authorisation: str = ""


class NoteBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person knows."""

    happening: str
    note: str = ""


async def read_body(request: Request, kind: type[T]) -> T:
    """The body as its struct; raises `Problem` for anything that would be lost."""
    if media_type(request) != JSON:
        raise Problem(415, "request.media-type", "Send application/json.")
    return converted(await pairs_of(request), kind)


async def pairs_of(request: Request) -> dict[str, Any]:
    """The JSON of the body with pairs where people write objects."""
    found: dict[str, Any] = as_pairs(strict_json(await body_of(request, MAX_ALERT_OCTETS)))
    return found


def converted(given: Any, kind: type[T]) -> T:
    """JSON as its struct; raises `Problem` 422 where it does not fit or something would be lost."""
    try:
        made = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise Problem(422, "alert.unfit", f"The JSON does not have the shape that is asked for: {error}.") from error
    left_out = lost(given, msgspec.to_builtins(made), "body")
    if left_out:
        raise Problem(422, "alert.unfit", f"{left_out} is no member here; nothing that you send is left out silently.")
    _with_zones(made)
    return made


def _with_zones(made: Any) -> None:
    for moment in (value for value in _values(made) if isinstance(value, datetime)):
        if moment.tzinfo is None:
            raise Problem(422, "alert.unfit", "A time has no zone; write for example 2026-11-21T09:00:00Z.")


def _values(made: Any) -> list[Any]:
    if not isinstance(made, Struct):
        return []
    found = [getattr(made, name) for name in made.__struct_fields__]
    return [*found, *(value for each in found for value in _values(each))]


def key_of(request: Request, given: str, *, needed: bool) -> str:
    """The idempotency key; raises `Problem` 400 for none where one is needed, and for one that cannot be."""
    if (
        len(request.headers.getlist("idempotency-key")) > 1
        or (given and not KEY.fullmatch(given))
        or (needed and not given)
    ):
        raise Problem(
            400, "idempotency.missing",
            "Send the header Idempotency-Key with 1 to 128 visible ASCII characters, new for each alert or hit and the same when you repeat a request.",
        )  # fmt: skip
    return given


def intended(given: dict[str, Any], standing: Here) -> Alert:
    """The alert in the body; its issuer is our own bureau, what the alert system decides may not be given."""
    decided = {
        "id",
        "issuer",
        "version",
        "status",
        "entered_at",
        "deleted_at",
        "links",
        "flags",
        "misused_identity",
        "hidden_until",
    }
    if wrong := sorted(decided & given.keys()):
        raise Problem(422, "alert.unfit", f"body.alert.{wrong[0]} is not given when an alert is entered.")
    own = standing.gateway.office.facing("sirene:ALL")
    return converted({**given, "issuer": own}, Alert)
