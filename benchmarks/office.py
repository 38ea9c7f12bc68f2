"""The foreign office of a benchmark: its keys, the queries it signs beforehand, the receipts it signs on the way, and its mails."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

from gateway import safexml
from gateway.clock import Uuid7Source
from gateway.signing.authority import SetUp, set_up_authority
from gateway.signing.keys import KeyRing
from gateway.signing.sign import XadesSigner

OURS: Final = "ncb:XA"
PARTY: Final = "ncb:XB"
FARTHER: Final = "ncb:XC"
"""Where the gateway forwards to in the variant without registers; the same office here, under its second name."""
DOMAIN: Final = "xb.interpol.example"
ADDRESSES: Final = {PARTY: f"ncb@{DOMAIN}", FARTHER: "ncb@xc.interpol.example"}
RECIPIENT: Final = "ncb@xa.spoc.example"
_LINE: Final = 76
_RECEIPT: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Receipt xmlns="urn:x-spoc:spoc:1" xmlns:h="urn:x-spoc:header:1" xmlns:t="urn:x-spoc:types:1" version="1.0">\
<h:Header><h:MessageId>{id}</h:MessageId><h:Sent>{sent}</h:Sent><h:From>{party}</h:From><h:To>{ours}</h:To>\
<h:OurReference>XB-R-{id}</h:OurReference><h:InReplyTo>{of}</h:InReplyTo><h:Subject>Valid: technical receipt</h:Subject>\
<h:Urgency>NORMAL</h:Urgency><h:Test>false</h:Test></h:Header>\
<Body><OfMessageId>{of}</OfMessageId><OfDigest>{digest}</OfDigest><Stage>VALID</Stage></Body></Receipt>
"""


class Office:
    """Signs what it sends; its keys lie in a folder, so that several processes can be the same office."""

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        self.keys: SetUp = set_up_authority(folder, [PARTY, FARTHER], (DOMAIN,), now)
        self._signer = XadesSigner(KeyRing.load(self.keys.signing, now))
        self._ids = Uuid7Source()

    def query(self, number: int) -> tuple[str, bytes]:
        """Message id and mail of one travel-document query; no two ask about the same document."""
        now, message_id = datetime.now(UTC), self._ids.new()
        sample = files("schemas.interpol").joinpath("samples/TravelDocumentQuery.xml").read_text("utf-8")
        values = {
            "h:MessageId": message_id, "h:Sent": _time(now), "h:OurReference": f"XB-NCB/26-{number:06}/OP3",
            "h:CaseReference": f"XB-2026-{number:06}", "h:ReplyBy": _time(now + timedelta(hours=8)),
            "QueryId": query_id(number), "t:Number": f"{number:09}",
        }  # fmt: skip
        for name, value in values.items():
            sample, found = re.subn(f"<{name}>[^<]*</{name}>", f"<{name}>{value}</{name}>", sample)
            if found != 1:
                raise ValueError(f"the sample query has {found} elements {name}")
        return message_id, self._mail(sample, message_id, PARTY, now)

    def receipt(self, of: str, digest: str, party: str) -> bytes:
        """The mail with the receipt `VALID` for a message that came to this party."""
        now, message_id = datetime.now(UTC), self._ids.new()
        text = _RECEIPT.format(id=message_id, sent=_time(now), party=party, ours=OURS, of=of, digest=digest)
        return self._mail(text, message_id, party, now)

    def _mail(self, document: str, message_id: str, party: str, now: datetime) -> bytes:
        signed = self._signer.sign(safexml.parse(document.encode()), party, now)
        encoded = base64.b64encode(signed).decode()
        lines = [
            f"From: {ADDRESSES[party]}", f"To: {RECIPIENT}", f"Date: {format_datetime(now)}",
            f"Message-ID: <{message_id}.1@{DOMAIN}>", f"Subject: INTERPOL {message_id}", "X-SPOC-Attempt: 1", "MIME-Version: 1.0",
            "Content-Type: application/xml", "Content-Transfer-Encoding: base64", "",
            *(encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)), "",
        ]  # fmt: skip
        return "\r\n".join(lines).encode()


def query_id(number: int) -> str:
    """The reference of a query that whoever it is forwarded to finds in it."""
    return f"XB-Q-2026-{number:06}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
