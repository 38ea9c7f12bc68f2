"""What happens before a bundle is taken out."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path

from gateway.identity import derived_id
from gateway.ledger import Query, Row
from gateway.parcel import File
from gateway.receipts import document
from gateway.reply import ReceiptContent, ReplyContext
from tests.evidence.office import Archive
from tests.gateway.rig import Rig

PHOTO = File(file_name="vehicle-front.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff\xe0 a photograph \xff\xd9")
G_ID = "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001"


def hit(message: str = G_ID, reference: str = "XB-G-2026-0000001", matter: str = "") -> bytes:
    """The sample G form with our photo in its manifest; `matter` is the end of another Schengen ID."""
    text = Path("schemas/sirene/samples/FormG.xml").read_text("utf-8")
    text = text.replace(G_ID, message).replace("XB-G-2026-0000001", reference)
    text = text.replace("XA00000000000000042", f"XA000000000000000{matter or '42'}")
    text = text.replace("<h:Size>182044</h:Size>", f"<h:Size>{len(PHOTO.content)}</h:Size>")
    old = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    return text.replace(old, sha256(PHOTO.content).hexdigest()).encode()


async def vehicle_hit(archive: Archive, form: bytes = b"") -> str:
    """XB tells of a hit, with a photo; we ask registers, answer, and XB says that it has the answer."""
    rig = archive.rig
    bureau = rig.bureaux["sirene:XB"]
    envelope = await rig.arrives(bureau.signed(form or hit(), (PHOTO,), rig.clock.now()))
    exchange = (await rig.row(envelope)).envelope.exchange
    answers = [each for each in await rig.ledger.find(Query(exchange=exchange, limit=50)) if each.kind == "reply"]
    for stage in ("RECEIVED", "VALID"):
        for each in answers:
            await rig.arrives(
                bureau.signed(receipt(await rig.row(each.id), stage, rig.clock.now()), (), rig.clock.now())
            )
    return exchange


def receipt(of: Row, stage: str, at: datetime) -> bytes:
    """What XB says about a message of ours."""
    formats = Rig.formats
    header = of.envelope.form.header
    content = ReceiptContent(
        to="sirene:XA", stage=stage, of_message=header.message_id, of_reference=header.our_reference,
        of_digest=sha256(of.envelope.signed).hexdigest(),
    )  # fmt: skip
    context = ReplyContext(
        own_party="sirene:XB", now=at, message_id=derived_id(of.envelope.id, stage), our_reference=f"R-{stage}"
    )
    form = formats.receipt(None, content, context)
    return document(formats.get(form.format).encode(form))
