"""What a question finds in dictionaries: the conditions of a search, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.stores.columns import describe, text
from gateway import lifecycle
from gateway.exchanges.matter import Matter, MatterQuery
from gateway.ledger import Query, Row, Summary


def summary_of(row: Row) -> Summary:
    """A row as a list shows it."""
    envelope, known = row.envelope, describe(row.envelope)
    return Summary(
        id=envelope.id, direction=envelope.direction, kind=envelope.kind, channel=envelope.channel, state=row.state,
        account=lifecycle.state(envelope.direction, row.state).account, format=known.format,
        counterpart=known.counterpart, message_id=known.message_id, our_reference=known.our_reference,
        exchange=known.exchange, cause=envelope.cause, urgency=known.urgency, test=known.test,
        received_at=envelope.received_at, updated_at=row.updated_at, due=row.due, attempts=row.attempts,
        reason_code=row.reason.code if row.reason else "", reason_public=row.reason.public if row.reason else "",
        digest=envelope.payload.digest, octets=len(envelope.payload.content),
    )  # fmt: skip


def answers_to(row: Row, query: Query) -> bool:
    """Whether a row is what a query asks for."""
    found = summary_of(row)
    equal: Mapping[str, str] = {
        name: wanted for name in ("format", "counterpart", "exchange", "cause", "message_id")
        if (wanted := getattr(query, name))
    }  # fmt: skip
    places = {
        found.id, found.digest, found.message_id, found.our_reference, found.exchange,
        text(row.envelope.claim.reference),
    }  # fmt: skip
    return (
        (query.direction is None or found.direction is query.direction)
        and (not query.states or found.state in query.states)
        and all(getattr(found, name) == text(wanted) for name, wanted in equal.items())
        and (not query.text or text(query.text) in places)
        and (not query.before_id or found.id < query.before_id)
    )


def is_asked(matter: Matter, query: MatterQuery) -> bool:
    """Whether a matter is what a query asks for."""
    return (
        (not query.family or matter.family == text(query.family))
        and (not query.key or text(matter.key) == text(query.key))
        and (not query.counterpart or text(query.counterpart) in matter.counterparts)
        and (query.closed is None or matter.closed is query.closed)
        and (query.overdue is None or matter.overdue is query.overdue)
        and (not query.before or text(matter.exchange) < text(query.before))
    )
