"""Forms of a story, written in a few words, and a gateway in virtual time that receives and sends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gateway.dialogues.story import AlertFacts
from gateway.envelope import Claim, Payload
from gateway.exchanges.matter import Matter
from gateway.exchanges.picture import Picture
from gateway.journal import entry as entries
from gateway.journal.entry import Entry
from gateway.ledger import Row
from tests.contracts.store_examples import new_id
from tests.gateway.rig import NOON, Rig

ALERT = "XA00000000000000018"
FOREIGN_ALERT = "XB00000000000000205"
CONSULTATION = "Consultation procedure: a residence permit is considered."
HIT = """<HitKind no="088">PERSON</HitKind>"""


def document(letter: str, body: str, **header: Any) -> bytes:
    """A form with the header of an ordinary message; `header` says what is out of the ordinary."""
    plain: dict[str, Any] = {
        "message_id": new_id(), "sent": NOON, "sender": "sirene:XB", "to": "sirene:XA", "reference": f"XB-{letter}-2026-0000001",
        "in_reply_to": "", "urgency": "NORMAL",
    }  # fmt: skip
    said = plain | header
    optional = f"<h:InReplyTo>{said['in_reply_to']}</h:InReplyTo>" if said["in_reply_to"] else ""
    urgent = "<h:UrgencyReason>A child is in danger.</h:UrgencyReason>" if said["urgency"] != "NORMAL" else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Form{letter} xmlns="urn:x-spoc:sirene:1" xmlns:h="urn:x-spoc:header:1" xmlns:t="urn:x-spoc:types:1" version="1.0">
  <h:Header>
    <h:MessageId>{said["message_id"]}</h:MessageId>
    <h:Sent>{said["sent"].isoformat().replace("+00:00", "Z")}</h:Sent>
    <h:From>{said["sender"]}</h:From>
    <h:To>{said["to"]}</h:To>
    <h:OurReference>{said["reference"]}</h:OurReference>
    {optional}
    <h:Urgency>{said["urgency"]}</h:Urgency>
    {urgent}
    <h:Language>en</h:Language>
    <h:Test>false</h:Test>
  </h:Header>
  <Body>{body}</Body>
</Form{letter}>""".encode()


def person() -> str:
    return (
        '<Person><Surname no="006">Nobodysen</Surname><Forename no="007">Imaginus</Forename>'
        '<DateOfBirth no="009">1970-01-31</DateOfBirth><Sex no="012">M</Sex><Nationality no="013">XD</Nationality></Person>'
    )


def form_m(text: str, *, alert: str = ALERT, issuer: str = "XA", article: str = "1861:24", **header: Any) -> bytes:
    """A form M about an alert."""
    body = (
        f'<SchengenId no="005" issuer="{issuer}">{alert}</SchengenId>{person()}<AlertArticle no="090">{article}</AlertArticle>'
        f'<SupplementaryInformation no="083">{text}</SupplementaryInformation>'
    )
    return document("M", body, **header)


def silent_on_the_article(**header: Any) -> bytes:
    """A form M about an alert that does not say under which article it is."""
    form = form_m("Seen with a friend.", **header).decode()
    return form.replace('<AlertArticle no="090">1861:24</AlertArticle>', "").encode()


class KnownAlert:
    """An alert system that knows one article, or nothing."""

    article = ""

    async def look_up(self, alert: str) -> AlertFacts | None:
        if not self.article:
            return None
        return AlertFacts(
            alert=alert, issuer="sirene:XA", article=self.article, category="", entered_at=NOON - timedelta(days=9)
        )

    def forget(self, alert: str) -> None: ...


class Story:
    """A rig with the words of a story."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    async def receives(self, form: bytes, party: str = "sirene:XB") -> Row:
        """A form comes in, signed by its bureau."""
        bureau = self.rig.bureaux[party]
        return await self.rig.row(await self.rig.arrives(bureau.signed(form, at=self.rig.clock.now()), bureau.address))

    async def sends(self, form: bytes, counterpart: str = "sirene:XB") -> Row:
        """An officer orders a form to be sent."""
        claim = Claim(sender="client:officer", reference=new_id())
        accepted = await self.rig.gateway.intake.submit("api", Payload.of(form, "application/xml"), claim, counterpart)
        await self.rig.gateway.quiet()
        return await self.rig.row(accepted.envelope)

    async def later(self, **time: float) -> None:
        await self.rig.later(timedelta(**time))

    @property
    def now(self) -> datetime:
        return self.rig.clock.now()

    async def matter(self, row: Row) -> Matter:
        found = (await self.rig.ledger.exchange(row.envelope.exchange)).matter
        assert found is not None
        return found

    async def picture(self, row: Row) -> Picture:
        return self.rig.gateway.watch.picture(await self.rig.ledger.exchange(row.envelope.exchange))

    async def told(self, *prefixes: str) -> list[Entry]:
        """Entries of the journal whose event begins like one of these, in order."""
        links = await self.rig.ledger.journal(0, 5000)
        found = [entries.read(link.entry) for link in links]
        return [each for each in found if each.event.startswith(prefixes)]

    async def clocks(self) -> list[tuple[str, str, str]]:
        """Event, clock and mark of everything that clocks had written."""
        return [(each.event, each.reason, dict(each.details).get("mark", "")) for each in await self.told("clock.")]


def why(row: Row) -> str:
    """The stable code of where a row stands."""
    return row.reason.code if row.reason else ""
