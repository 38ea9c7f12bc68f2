"""A hit on an alert becomes the form that reports it: composed, checked by the rules of its format, kept for an officer.

The one idea: the form is an order to send like any other, and waits until an officer has read it. What a rule would
refuse is told at once instead, with what is missing; nothing is filled in by guessing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from gateway import parcel
from gateway.alerts.desk import AlertDesk, AlertRefused
from gateway.alerts.law import Hit, HitDraft
from gateway.envelope import Claim, Direction, Envelope, Payload
from gateway.errors import Refused
from gateway.findings import Finding, Occasion, Severity, worst
from gateway.form import Form
from gateway.handover import Accepted
from gateway.identity import derived_id
from gateway.ledger import Ledger, Query, readable
from gateway.office import Office
from gateway.partners import Directory
from gateway.persons import Who, actor_of, entry_by
from gateway.ports import Clock, Formats, Intake
from gateway.reply import ReplyContext
from gateway.verdict import Reason

CHANNEL: Final = "alerts"
"""Orders that come from here were drafted by the gateway and wait for an officer."""
DRAFTED: Final = Reason(code="alert.hit-drafted", public="The report of a hit is drafted and waits for an officer.")
LATE: Final = "late hit"
JSON: Final = "application/json"


class HitReported(Struct, frozen=True, kw_only=True):
    """What became of a hit: the form, what is missing in it, what the rules say, and the order where one was kept."""

    form: Form
    missing: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    accepted: Accepted | None = None
    digest: str = ""


def drafted(envelope: Envelope) -> Reason | None:
    """Why an order that the gateway drafted itself waits; None once an officer has released it."""
    return DRAFTED if envelope.channel == CHANNEL and not envelope.learned.releases else None


class HitDesk:
    """Takes reports of hits."""

    def __init__(  # noqa: PLR0913  one keyword for each part it stands on
        self, *, alerts: AlertDesk, formats: Formats, directory: Directory, office: Office, intake: Intake, ledger: Ledger,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._alerts, self._formats, self._directory, self._office = alerts, formats, directory, office
        self._intake, self._ledger, self._clock = intake, ledger, clock

    async def draft(self, alert: str, hit: Hit, actor: Who, purpose: str) -> HitReported:
        """The form as it would be sent, with everything that is missing or wrong. Nothing is kept."""
        made = await self._composed(
            alert,
            hit,
            derived_id(f"{actor_of(actor)}\n{alert}\n{hit.at.isoformat()}", "hit"),
            self._now(),
            actor,
            purpose,
        )
        return self._judged(made)

    async def report(self, alert: str, hit: Hit, claim: Claim, purpose: str, who: Who = "") -> HitReported:
        """Keep the form as an order that waits for an officer; raises `AlertRefused` where a rule would refuse it.

        `claim.reference` is the idempotency key: the same report with the same key makes one form.
        """
        message_id = derived_id(f"{claim.sender}\n{claim.reference}", "hit")
        sent = await self._first_sent(claim) or self._now()
        made = await self._composed(alert, hit, message_id, sent, who or claim.sender, purpose)
        judged = self._judged(made)
        if worst(judged.findings) is Severity.ERROR:
            words = "The report of the hit is not complete: " + " ".join(
                each.text for each in judged.findings if each.severity is Severity.ERROR
            )
            raise AlertRefused("alert.hit-incomplete", words, (*judged.findings, *judged.missing))
        payload = parcel.pack(msgspec.json.encode(made.form), (), form_type=JSON)
        accepted = await self._kept(payload, claim, made.form)
        details = (
            ("alert", alert),
            ("envelope", accepted.envelope),
            ("purpose", purpose),
            ("missing", str(len(made.missing))),
        )
        await self._ledger.record([entry_by(who or claim.sender, "alert.hit", self._now(), details=details)])
        return msgspec.structs.replace(judged, accepted=accepted, digest=payload.digest)

    async def _kept(self, payload: Payload, claim: Claim, form: Form) -> Accepted:
        return await self._intake.submit(CHANNEL, payload, claim, form.header.to[0])

    async def _composed(
        self, alert: str, hit: Hit, message_id: str, sent: datetime, actor: Who, purpose: str
    ) -> HitDraft:
        found, remark = await self._alerts.found(alert, actor, purpose), hit.remark
        if found.deleted_at is not None and LATE not in remark.lower():
            words = "The alert was deleted. Begin the remark (086) with “late hit”, or tell the issuer by form M."
            raise Refused("alert.deleted", words)
        if found.issuer in self._office.parties:
            raise Refused("alert.own", "The alert is our own; a hit at home is told to its authority, not by form G.")
        own = self._office.facing(found.issuer)
        reference = f"{own.partition(':')[2]}-G-{sent.year}-{message_id[:8].upper()}"
        context = ReplyContext(own_party=own, now=sent, message_id=message_id, our_reference=reference)
        return self._alerts.law.compose_hit(found, hit, context)

    def _judged(self, made: HitDraft) -> HitReported:
        """What schema and rules say of the form, before anybody sends it."""
        spec = self._formats.get(made.form.format)
        try:
            root = spec.encode(made.form)
        except (ValueError, TypeError) as error:
            raise Refused("alert.hit-unwritable", "The report holds characters that XML cannot carry.") from error
        wrong = spec.validate(root)
        form = made.form if wrong else spec.decode(root)
        occasion = Occasion(
            now=self._now(), inbound=False, own_parties=frozenset(self._office.parties),
            known_parties=self._directory.parties, book=self._directory.book,
        )  # fmt: skip
        findings = tuple(spec.named((*wrong, *spec.check(form, occasion))))
        return HitReported(form=made.form, missing=tuple(spec.named(made.missing)), findings=findings)

    async def _first_sent(self, claim: Claim) -> datetime | None:
        """The time that was written into the form when this report came first."""
        for found in await self._ledger.find(Query(direction=Direction.OUTBOUND, text=claim.reference, limit=20)):
            row = await readable(self._ledger, found.id)
            first = row.envelope if row else None
            if (
                first
                and first.channel == CHANNEL
                and first.claim.sender == claim.sender
                and first.claim.reference == claim.reference
            ):
                return msgspec.json.decode(parcel.open_parcel(first.payload).form, type=Form).header.sent
        return None

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)
