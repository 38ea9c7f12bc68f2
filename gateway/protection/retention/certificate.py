"""What a deletion certificate says: the journal entry that a destruction leaves. No content, no name; digests of what was destroyed.

The intent holds everything that the certificate will say, so that it can be written when nothing of the content is left.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.identity import digest
from gateway.journal import entry as entries
from gateway.journal.chain import Link
from gateway.journal.entry import Entry
from gateway.ledger import Row
from gateway.protection.retention.lifetime import Intent, Lifetime, Stage
from gateway.protection.retention.words import Decision
from gateway.vault.port import MAX_RULE_OCTETS, Destruction
from gateway.vault.subjects import SubjectId

INTENDED: Final = "retention.intended"
CERTIFIED: Final = "content.destroyed"
WITHDRAWN: Final = "retention.withdrawn"
SWEEPER: Final = "gateway"
ORDERED: Final = "order"
"""Rule of what a person ordered; the ground follows: `order.court`."""
MOST_FILES_NAMED: Final = 40
Details = tuple[tuple[str, str], ...]


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate as it stands in the journal."""

    number: int
    """Of the journal entry."""
    at: datetime
    actor: str
    rule: str
    details: Details
    envelope: str
    hash: str


def intent_of(decision: Decision, at: datetime, destroyed: Details, envelope: str = "") -> Intent:
    """The intent to carry a decision out."""
    rule, actor = _rule(decision), SWEEPER
    grounds: list[tuple[str, str]] = []
    if decision.order is not None:
        order = decision.order
        grounds += [("ordered_by", order.by), ("confirmed_by", order.confirmed_by), ("ground", order.ground)]
    elif decision.rule is not None:
        found = decision.rule
        grounds += [("text", found.text), ("citation", found.citation), ("confidence", found.confidence)]
        grounds += [("lasts", found.lasts), ("starts", found.starts.value), ("began", _moment(decision.began))]
        grounds += [("decided_by", found.decided_by)]
    grounds += [("until", _moment(decision.until)), ("overdue", "yes" if decision.overdue else "")]
    details = tuple((name, text) for name, text in (*destroyed, *grounds) if text)
    return Intent(at=at, rule=rule, actor=actor, details=details, envelope=envelope)


def _rule(decision: Decision) -> str:
    if decision.order is not None:
        return f"{ORDERED}.{decision.order.ground}"
    assert decision.rule is not None  # nothing else destroys
    return decision.rule.id


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


def what_is_destroyed(row: Row, exchange: str, counterpart: str) -> Details:
    """What a certificate says of a message: digests, never content."""
    envelope, learned = row.envelope, row.envelope.learned
    parts = learned.identification.parts if learned.identification else ()
    names = " ".join(part.sha256 for part in parts[:MOST_FILES_NAMED])
    more = f" and {len(parts) - MOST_FILES_NAMED} more" if len(parts) > MOST_FILES_NAMED else ""
    return (
        ("subject", envelope.id), ("exchange", exchange), ("counterpart", counterpart), ("direction", envelope.direction.value),
        ("kind", envelope.kind), ("format", learned.form.format if learned.form else ""), ("state", row.state),
        ("received", envelope.received_at.astimezone(UTC).isoformat()), ("payload_sha256", envelope.payload.digest),
        ("octets", str(len(envelope.payload.content))), ("files_sha256", names + more),
        ("verified_sha256", digest(learned.signature.verified) if learned.signature else ""),
        ("signed_sha256", digest(learned.signed) if learned.signed else ""),
    )  # fmt: skip


def intended(life: Lifetime, intent: Intent) -> tuple[Lifetime, Entry]:
    """The row and the entry of an intent."""
    entry = Entry(
        event=INTENDED, at=intent.at, actor=intent.actor, envelope=intent.envelope, reason=intent.rule,
        details=(("subject", life.subject),),
    )  # fmt: skip
    return replace(life, stage=Stage.INTENDED, intent=intent), entry


def certified(life: Lifetime, at: datetime, number: int) -> tuple[Lifetime, Entry]:
    """The row and the certificate of a subject whose key is gone; the journal had `number` entries before it."""
    intent = life.intent
    assert intent is not None
    entry = Entry(
        event=CERTIFIED, at=at, actor=intent.actor, envelope=intent.envelope, reason=intent.rule,
        details=(*intent.details, ("intended", _moment(intent.at))),
    )  # fmt: skip
    return replace(life, stage=Stage.DESTROYED, destroyed_at=at, certified_after=number), entry


def nothing_there(life: Lifetime, at: datetime) -> tuple[Lifetime, Entry]:
    """The row and the entry of a subject that has no key, because nothing was ever kept under it: there is nothing to certify."""
    back, entry = withdrawn(life, at, "nothing-there")
    return replace(back, stage=Stage.DESTROYED, intent=life.intent, destroyed_at=at), entry


def withdrawn(life: Lifetime, at: datetime, why: str) -> tuple[Lifetime, Entry]:
    """The row and the entry of an intent that is not carried out after all."""
    assert life.intent is not None
    entry = Entry(
        event=WITHDRAWN, at=at, envelope=life.intent.envelope, reason=why, details=(("subject", life.subject),)
    )  # fmt: skip
    return replace(life, stage=Stage.KEPT, intent=None), entry


def destruction_of(intent: Intent) -> Destruction:
    """What readers are told in place of the content."""
    return Destruction(at=intent.at, rule=intent.rule.encode()[:MAX_RULE_OCTETS].decode("utf-8", "ignore"))


def certificate_in(link: Link, subject: SubjectId = "") -> Certificate | None:
    """The certificate that a journal entry is; None for any other entry, or one of another subject."""
    entry = entries.read(link.entry)
    if entry.event != CERTIFIED or (subject and dict(entry.details).get("subject") != subject):
        return None
    return Certificate(
        number=link.number, at=entry.at, actor=entry.actor, rule=entry.reason, details=entry.details, envelope=entry.envelope,
        hash=link.hash,
    )  # fmt: skip
