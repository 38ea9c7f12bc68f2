"""A gateway whose partner wants numbers and sheets, and what stories about them need."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from lxml import etree
from msgspec.structs import replace

from gateway import parcel, safexml
from gateway.envelope import Claim, Direction, Payload
from gateway.form import Running
from gateway.gateway import Gateway
from gateway.identity import derived_id, digest
from gateway.ledger import Ledger, Query
from gateway.numbers.series import NumberQuery
from gateway.numbers.sheets import Sheet
from gateway.reply import ReplyContext
from tests.gateway.rig import Rig, TurnedClock

XA, XB = "sirene:XA", "sirene:XB"
OURS, THEIRS = (XA, XB), (XB, XA)
HEADER = "{urn:x-spoc:header:1}"
M = Path("schemas/sirene/samples/FormM.xml").read_text("utf-8")


class Pair(Rig):
    """The rig with a partner that wants numbers and sheets."""

    def __init__(self, folder: Path, ledger: Ledger | None = None, clock: TurnedClock | None = None) -> None:
        super().__init__(folder, ledger, clock)
        self.want(numbers=True, sheets=True)

    def want(self, *, numbers: bool, sheets: bool) -> None:
        """What the partner wants from now on."""
        self.directory.replace(
            replace(bureau.partner, numbers=numbers and party == XB, sheets=sheets and party == XB)
            for party, bureau in self.bureaux.items()
        )

    def restarted(self) -> Gateway:
        """Another process on the same ledger."""
        self.gateway = self.joined()
        return self.gateway

    # --- theirs

    def theirs(self, number: int | None, words: str = "Any text.", name: str = "") -> Payload:
        """A form M of theirs, with this number of their series."""
        root = form_m(XB, XA, name or f"theirs-{number}-{words}", words)
        header = root[0]
        if number is not None:
            etree.SubElement(header, f"{HEADER}RunningNumber", to=XA).text = str(number)
        return self.bureaux[XB].signed(etree.tostring(root))

    def their_sheet(self, sheet: Sheet) -> Payload:
        """A sheet of theirs, signed."""
        name = f"{sheet.day}/{sheet.edition}/{sheet.part}/{len(sheet.sent)}/{len(sheet.received)}"
        context = ReplyContext(
            own_party=XB, now=self.clock.now(), message_id=derived_id(name, "their sheet"), our_reference=f"XB-S-{name}"
        )  # fmt: skip
        form = self.formats.sheet(sheet, context)
        return self.bureaux[XB].signed(etree.tostring(self.formats.get(form.format).encode(form)))

    # --- ours

    async def sends(self, name: str = "", words: str = "") -> str:
        """A client hands in a form M for XB."""
        root = form_m(XA, XB, f"ours-{name}", words or f"Text of {name}.")
        envelope = await self.orders(etree.tostring(root))
        await self.gateway.quiet()
        return envelope

    async def orders(self, document: bytes) -> str:
        """A client hands in a document, and nothing has happened yet."""
        claim = Claim(sender="client", recipients=(XB,), reference=digest(document))
        accepted = await self.gateway.intake.submit("api", Payload.of(document, "application/xml"), claim, XB)
        return accepted.envelope

    def out(self, root: str = "FormM") -> list[etree._Element]:
        """The trees of one kind that went out."""
        trees = [safexml.parse(parcel.open_parcel(out.payload).form) for out in self.wire.sent]
        return [tree for tree in trees if str(tree.tag).endswith(f"}}{root}")]

    def numbers_out(self) -> list[tuple[str, str]]:
        """Receiver and number of each form M that went out."""
        found = [tree.find(f"{HEADER}Header/{HEADER}RunningNumber") for tree in self.out()]
        return [(each.get("to", ""), each.text or "") if each is not None else ("", "") for each in found]

    async def our_sheets(self) -> list[Sheet]:
        """Our sheets, oldest first."""
        found = await self.ledger.find(Query(format="spoc/Sheet@1", direction=Direction.OUTBOUND))
        rows = [await self.row(each.id) for each in reversed(found)]
        return [self.formats.sheet_content(row.envelope.form) for row in rows]

    async def kinds(self, series: tuple[str, str], number: int) -> list[str]:
        """What is known of a number."""
        found = await self.ledger.numbers(NumberQuery(sender=series[0], receiver=series[1], least=number, most=number))
        return sorted({row.kind for row in found})

    async def open(self) -> list[tuple[str, int]]:
        """The open differences."""
        return [(row.kind, row.number) for row in await self.gateway.sheets.differences()]

    async def to_the_next_sheet(self) -> None:
        """A little after midnight, when sheets are written."""
        local = self.clock.now() + timedelta(hours=1)  # Copenhagen in winter
        midnight = (local + timedelta(days=1)).replace(hour=0, minute=31, second=0, microsecond=0)
        await self.later(midnight - local)


def content_of(tree: etree._Element) -> str:
    """The digest of a signed document without its signature, as the other side computes it."""
    copy = etree.fromstring(etree.tostring(tree))
    signature = copy.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    assert signature is not None
    copy.remove(signature)
    return digest(safexml.canonical(copy))


def form_m(sender: str, receiver: str, name: str, words: str) -> etree._Element:
    """A form M of its own."""
    root = etree.fromstring(M.encode())
    header = root[0]
    for tag in ("UrgencyReason", "YourReference", "InReplyTo"):
        for element in header.findall(f"{HEADER}{tag}"):
            header.remove(element)
    for element in header.findall(f"{HEADER}To")[1:]:
        header.remove(element)
    told = {
        "MessageId": derived_id(name, "message"), "OurReference": f"{sender[-2:]}-M-{digest(name.encode())[:12]}",
        "From": sender, "To": receiver, "Urgency": "NORMAL",
    }  # fmt: skip
    for tag, text in told.items():
        element = header.find(f"{HEADER}{tag}")
        assert element is not None
        element.text = text
    text_of = root.find("{*}Body/{*}SupplementaryInformation")
    if text_of is not None:
        text_of.text = words
    return root


__all__ = ["OURS", "THEIRS", "XA", "XB", "Pair", "Running", "content_of", "form_m"]
