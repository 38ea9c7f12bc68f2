"""Each message: the octets that the journal noted, the form inside, its signature, its signer at that time, its files, its receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from cryptography import x509

from . import forms, parcels, revocation
from .certificates import certificate_of, check_issued, common_name, fingerprint, may_sign, path
from .container import Container
from .report import Bad, NotCheckable, Report
from .story import RECEIVED, Entry
from .summary import Message, Summary
from .trust import Trust

INTENDED: Final = "retention.intended"
DESTROYED: Final = "content.destroyed"
"""The entry that is a deletion certificate."""
RECEIPT: Final = "spoc/Receipt@"
MIXED: Final = "multipart/mixed"
PROFILES: Final = ("xades-b", "xmldsig")


class Look:
    """The examination of messages; what one check read, the next one uses."""

    def __init__(
        self, container: Container, summary: Summary, entries: Sequence[Entry], trust: Trust, report: Report
    ) -> None:
        self._container, self._summary, self._trust, self._report = container, summary, trust, report
        self._entries: dict[str, list[Entry]] = {}
        for entry in entries:
            self._entries.setdefault(entry.envelope, []).append(entry)
        self._ids: dict[str, str] = {}
        self._known: dict[str, set[str]] = {}
        self._receipts: list[tuple[Message, forms.Form]] = []

    def everything(self) -> None:
        """Each message, then what receipts say of others."""
        for message in self._summary.messages:
            self._one(message)
        for message, form in self._receipts:
            with self._report.checking("receipt.about", message.envelope):
                self._receipt(message, form)

    def _entry(self, message: Message, event: str) -> Entry | None:
        """The last one: a message that was sent through the stages again was judged again."""
        found = [each for each in self._entries.get(message.envelope, ()) if each.event == event]
        return found[-1] if found else None

    def _one(self, message: Message) -> None:
        if message.gone:
            self._gone(message)
            return
        self._payload(message)
        if message.direction == "outbound":
            self._sent(message)
        if not message.form:
            words = "it was not signed" if message.direction == "outbound" else "no form could be read from it"
            self._report.open("form.shape", message.envelope, f"{words}; the journal says what became of it")
            return
        self._within(message)
        self._form(message)

    # --- octets

    def _payload(self, message: Message) -> None:
        with self._report.checking("message.payload", message.payload or message.envelope):
            taken_in = self._entry(message, RECEIVED)
            content = self._container.content(message.payload)
            told = taken_in.details.get("payload", "") if taken_in else ""
            self._known.setdefault(message.envelope, set()).add(told)
            if sha256(content).hexdigest() != told:
                raise Bad("these are not the octets that the journal noted when they were taken in")

    def _gone(self, message: Message) -> None:
        with self._report.checking(
            "message.destroyed", message.envelope, "the content was destroyed; nobody can check it any more"
        ):
            if message.members():
                raise Bad("its content is said to be destroyed, and some of it is here")
            certificate = self._entry(message, DESTROYED)
            if certificate is None and self._entry(message, INTENDED) is not None:
                raise NotCheckable(
                    "the journal says that it was about to be destroyed; the deletion certificate is not enclosed"
                )
            if certificate is None:
                raise Bad("its content is not here, and no deletion certificate stands in the journal")
            told = (self._entry(message, RECEIVED) or _NOTHING).details.get("payload", "")
            self._known.setdefault(message.envelope, set()).add(told)
            if certificate.details.get("payload_sha256", told) != told:
                raise Bad("the deletion certificate is one for other content")
        for check in ("message.payload", "form.signature"):
            self._report.open(
                check, message.envelope, "the content was destroyed; its digest and every entry remain provable"
            )

    def _sent(self, message: Message) -> None:
        if not message.form:
            return
        with self._report.checking("message.sent", message.form):
            signed = self._entry(message, "envelope.signed")
            digest = sha256(self._container.content(message.form)).hexdigest()
            self._known.setdefault(message.envelope, set()).add(digest)
            if signed is None and message.kind == "repeat":
                every = {each.details.get("signed") for entries in self._entries.values() for each in entries}
                if digest not in every:
                    raise NotCheckable("it is a receipt sent once more, and the first one is not enclosed")
                return
            if signed is None or signed.details.get("signed") != digest:
                raise Bad("these are not the octets that the journal noted when they were signed")
            sealed = signed.details.get("sealed")
            if sealed and sha256(self._container.content(message.sent)).hexdigest() != sealed:
                raise Bad("the mail under S/MIME is not the one that the journal noted")

    def _within(self, message: Message) -> None:
        """The form stands in what came or went."""
        with self._report.checking("message.form", message.form):
            form = self._container.content(message.form)
            if message.opened and form not in self._opened(message.opened):
                raise Bad("the form enclosed is not in what was found under S/MIME")
            if message.direction == "inbound" and form not in self._came(message):
                raise Bad("the form enclosed is not in the message that was taken in")
            sealed = (self._entry(message, "envelope.signed") or _NOTHING).details.get("sealed")
            packed = message.direction == "outbound" and message.sent and not sealed
            if packed and form not in self._opened(message.sent):
                raise Bad("the form enclosed is not in what was sent")

    def _parts(self, message: Message) -> list[bytes]:
        if message.opened:
            return self._opened(message.opened)
        return self._came(message)

    def _came(self, message: Message) -> list[bytes]:
        return parcels.leaves(self._container.content(message.payload), message.media_type)

    def _opened(self, member: str) -> list[bytes]:
        return parcels.leaves(self._container.content(member), MIXED if member.endswith((".mime", ".eml")) else "")

    # --- the form

    def _form(self, message: Message) -> None:
        by_hand = (self._entry(message, "envelope.verified") or _NOTHING).details.get(
            "profile", PROFILES[0]
        ) not in PROFILES
        if by_hand:
            self._report.open("form.shape", message.form, "an officer took it in by hand; nobody signed it")
            return
        judged = self._entry(message, "envelope.verified" if message.direction == "inbound" else "envelope.signed")
        if judged is None and message.kind != "repeat":
            self._report.open("form.shape", message.form, "the gateway did not verify or sign it; the journal says why")
            return
        form = None
        with self._report.checking("form.shape", message.form):
            form = forms.shaped(self._container.content(message.form))
        if form is None:
            return
        with self._report.checking("form.signature", message.form):
            forms.check_signature(form)
        at = (judged or self._entry(message, RECEIVED) or _NOTHING).at
        with self._report.checking("form.signer", message.form):
            self._signer(message, form, judged, at)
        if message.direction == "inbound" and judged is not None:
            with self._report.checking("form.revocation", message.form):
                self._revocation(form, judged)
        self._attachments(message, form)
        self._ids[form.text("MessageId")] = message.envelope
        if message.format.startswith(RECEIPT):
            self._receipts.append((message, form))

    def _signer(self, message: Message, form: forms.Form, judged: Entry | None, at: datetime) -> None:
        party = form.text("From")
        # A copy of a message that we had is not judged anew: its entries tell which message was first.
        judged_anew = self._entry(message, "envelope.repeated") is None
        if judged is not None and message.direction == "inbound" and judged_anew:
            if judged.details.get("certificate") != fingerprint(form.signer):
                raise Bad("the certificate is not the one that the journal noted when it was verified")
            if judged.details.get("party") != party:
                raise Bad("the journal noted another office than the form names")
        others = [each for each in form.certificates if each != form.signer]
        anchors = self._trust.anchors_for(party)
        if not anchors:
            raise NotCheckable(f"no authority of {party[:40]} was given; whose certificate it is, nobody vouches for")
        may_sign(path(form.signer, others, anchors, at))
        forms.check_time(form, at)
        self._trust.check_name(party, common_name(form.signer))

    def _revocation(self, form: forms.Form, judged: Entry) -> None:
        digest = judged.details.get("revocation_answer", "")
        member = next(
            (each for each in self._summary.revocation if digest and each.startswith(f"revocation/{digest}.")), ""
        )
        if not digest:
            raise NotCheckable("no answer of an authority was at hand then, or none was asked for")
        if not member:
            raise NotCheckable("the answer of the authority is not enclosed; its digest stands in the journal")
        content = self._container.content(member)
        if sha256(content).hexdigest() != digest:
            raise Bad("the answer of the authority is not the one that the journal noted")
        issuer = self._issuer(form, judged.details.get("issuer", ""))
        check_issued(form.signer, issuer)
        revocation.check(content, member.rpartition(".")[2], form.signer, issuer, judged.at)

    def _issuer(self, form: forms.Form, digest: str) -> x509.Certificate:
        for each in form.certificates:
            if fingerprint(each) == digest:
                return each
        member = f"certificates/{digest}.der"
        if member not in self._summary.certificates:
            raise NotCheckable("the certificate of the authority is not enclosed")
        found = certificate_of(self._container.content(member))
        if fingerprint(found) != digest:
            raise Bad("the certificate of the authority is another one than its name says")
        return found

    def _attachments(self, message: Message, form: forms.Form) -> None:
        if not form.attachments:
            return
        with self._report.checking("message.attachments", message.form):
            there = parcels.digests(self._parts(message))
            missing = [name for digest, name in form.attachments.items() if digest not in there]
            if missing and self._entry(message, "envelope.checked") is None:
                raise NotCheckable(
                    f"{missing[0][:80]} is named in the form and was not in the message, which was not accepted"
                )
            if missing:
                raise Bad(
                    f"{missing[0][:80]} is named in the signed form, and no file with its digest is in the message"
                )

    # --- receipts

    def _receipt(self, message: Message, form: forms.Form) -> None:
        of, digest = form.body("OfMessageId"), form.body("OfDigest")
        if message.direction == "outbound":
            about = {each for each in self._known.get(message.cause, set()) if each}
            first = next((each for each in self._summary.messages if each.envelope == message.cause), None)
            if first is None:
                raise Bad("it is a receipt for a message that is not enclosed")
            if first.gone:
                raise NotCheckable("the message that it speaks of was destroyed")
            if message.kind != "repeat" and digest not in about:
                raise Bad("its digest is not that of the message that it was made for: receipts were exchanged")
            return
        if of not in self._ids:
            raise Bad(
                f"it speaks of message {of[:40] or '(none)'}, which is not enclosed: it belongs to another exchange"
            )
        if digest not in self._known.get(self._ids[of], set()):
            raise NotCheckable(
                "it names this message; the digest is that of the mail as the other side got it, which is not known here"
            )


_NOTHING: Final = Entry(0, b"", "", datetime.min.replace(tzinfo=UTC), "", "", "", {})
