"""One mailbox of several offices: the strictest agreement about client certificates holds."""

from __future__ import annotations

from adapters.channels.smtp import replies
from adapters.channels.smtp.door import Door
from adapters.channels.smtp.settings import SmtpSettings
from adapters.channels.smtp.tls import Peer
from gateway.clock import SystemClock
from gateway.partners import Directory, MailLeg, Partner, SignaturePolicy

BOX = "office@xb.police.example"


def partner(party: str, client_certificate: str) -> Partner:
    policy = SignaturePolicy(anchors=(), signers=())
    leg = MailLeg(host="127.0.0.1", client_certificate=client_certificate)
    return Partner(party=party, name=party, signature=policy, addresses=(BOX,), mail=leg)


def judged(*partners: Partner) -> replies.Reply | None:
    settings = SmtpSettings(domains=("xa.spoc.example",), starttls="optional")
    door = Door("smtp", settings, lambda: Directory(partners), SystemClock())
    return door.judge_sender(BOX, Peer(host="192.0.2.1", remote="192.0.2.1:4711", encryption="TLSv1.3"))


def test_a_lenient_office_does_not_open_the_mailbox_of_a_strict_one() -> None:
    lenient, strict = partner("sirene:XB", "optional"), partner("ncb:XB", "required")
    assert judged(lenient) is None
    assert judged(lenient, strict) == replies.NEEDS_CERTIFICATE
    assert judged(strict, lenient) == replies.NEEDS_CERTIFICATE
