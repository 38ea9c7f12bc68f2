"""The answer envelope, and the personas: records whose very nature changes an answer.

The one idea: a register returns `Answer` objects; whether a record may be named at all is decided here, the same way in
every register, from the persona the seed gives the record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from simulators.rest.contract import Context, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One record of an answer."""

    ref: str
    type: str  # EXACT_KEY, HISTORIC_KEY, PARTIAL_KEY, NAME_AND_DATE, NAME_AND_ADDRESS, TRANSLITERATED_NAME
    content: Mapping[str, Any]
    categories: tuple[str, ...]
    score: float = 1.0
    role: str = "SUBJECT"
    handling: tuple[str, ...] = ()
    disclosable: str = "ASK_CONTROLLER"  # YES, or a person at the register decides
    retention: Mapping[str, Any] = field(default_factory=lambda: {"ruleId": None, "dueOn": None})

    def document(self) -> dict[str, Any]:
        return {
            "recordRef": self.ref,
            "matchType": self.type,
            "score": self.score,
            "data": dict(self.content),
            "personRole": self.role,
            "dataCategories": list(self.categories),
            "specialCategories": [],
            "handling": list(self.handling),
            "disclosable": self.disclosable,
            "retention": dict(self.retention),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a register found, before it becomes a document."""

    outcome: str
    matches: tuple[Match, ...] = ()
    as_of: datetime | None = None  # None: now
    notes: tuple[str, ...] = ()  # remarks that are not errors: plate-reissued, feed-stale, address-protected
    unavailable: tuple[str, ...] = ()
    status: int = 200
    members: Mapping[str, Any] = field(default_factory=dict)  # beside the envelope: effect, statusUrl

    def document(self, register_id: str, context: Context, now: datetime) -> dict[str, Any]:
        return {
            "requestId": context.request_id,
            "correlationId": context.correlation_id,
            "registerId": register_id,
            "asOf": (self.as_of or now).isoformat(),
            "outcome": self.outcome,
            "matches": [match.document() for match in self.matches],
            "partial": bool(self.unavailable),
            "unavailableSources": list(self.unavailable),
            "notes": list(self.notes),
            "next": None,
            **self.members,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """What is special about a record, as its seed says under `persona`."""

    not_disclosable: bool = False  # found, and answered as if nothing could be said
    owner_consent: str = ""  # the state that owns it has not consented
    prohibited_for: frozenset[str] = frozenset()  # channel origins the law keeps it from
    merge_in_progress: bool = False  # locked
    stale_hours: float = 0.0  # its source has not delivered for so long


def read_persona(record: Mapping[str, Any]) -> Persona:
    table = record.get("persona", {})
    return Persona(
        not_disclosable=table.get("notDisclosable", False),
        owner_consent=table.get("ownerConsent", ""),
        prohibited_for=frozenset(table.get("prohibitedFor", [])),
        merge_in_progress=table.get("mergeInProgress", False),
        stale_hours=float(table.get("staleHours", 0)),
    )


def answer_with(
    found: Iterable[tuple[Match, Persona]], *, context: Context, limit: int, now: datetime, notes: tuple[str, ...] = ()
) -> Answer:
    """The answer to a search that found these records."""
    hits = list(found)
    if len(hits) > limit:
        return Answer(outcome="TOO_MANY")
    for _, persona in hits:
        _refuse_if_locked(persona, context)
    if any(persona.not_disclosable for _, persona in hits):
        return Answer(outcome="NOT_DISCLOSABLE")  # one such record silences the answer, or its absence would speak
    if any(persona.owner_consent for _, persona in hits):
        return Answer(outcome="WITHHELD_OWNER_CONSENT")
    if not hits:
        return Answer(outcome="NO_MATCH", notes=notes)
    answer = Answer(outcome="MATCHES", matches=tuple(match for match, _ in hits), notes=notes)
    stale_hours = max(persona.stale_hours for _, persona in hits)
    return made_stale(answer, stale_hours, now) if stale_hours else answer


def _refuse_if_locked(persona: Persona, context: Context) -> None:
    if persona.merge_in_progress:
        raise Problem("identity-merge-in-progress", "the record is locked by a merge; ask again later")
    if context.channel_origin in persona.prohibited_for:
        raise Problem("disclosure-prohibited", "the record may not be given to this recipient")


def made_stale(answer: Answer, hours: float, now: datetime) -> Answer:
    """The same answer as a cache gives it: as it was `hours` ago."""
    as_of = now - timedelta(hours=hours)
    matches = tuple(
        replace(match, content={**match.content, "feedAsOf": as_of.isoformat()} if "feedAsOf" in match.content
                else match.content) for match in answer.matches
    )  # fmt: skip
    return replace(answer, outcome="STALE", as_of=as_of, matches=matches, notes=(*answer.notes, "feed-stale"))
