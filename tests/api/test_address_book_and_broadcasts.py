"""A newer issue of the address book taken in while the gateway runs, and one form to every bureau of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gateway import safexml
from gateway.addressbook.book import Speciality
from gateway.addressbook.shelf import Shelf
from gateway.journal import entry as entries
from gateway.signing.verify import StrictVerifier
from schemas.address_book.reading import read
from tests.addressbook.books import Publisher, book, book_xml, bureau, bureau_xml
from tests.api.desk_side import Answer, Doors, open_doors
from tests.exchanges.stories import KnownAlert, silent_on_the_article
from tests.gateway.rig import Rig, root_of
from tests.journeys.worlds import sample

BOOK, BROADCASTS = "/api/v1/address-book", "/api/v1/broadcasts"
XML = {"Content-Type": "application/xml"}
ENTRY_BAN = '<TakesNoPart article="1862:26" confidence="proposal">Agreement of XC</TakesNoPart>'


@dataclass
class Desk:
    """Doors with a publisher whose book is believed."""

    doors: Doors
    publisher: Publisher
    shelf: Shelf

    async def take(self, document: bytes, role: str = "operator") -> Answer:
        return await self.doors.ask("POST", BOOK, role, headers=XML, data=self.publisher.signed(document))

    async def broadcast(self, body: bytes, key: str, role: str = "submitter") -> Answer:
        headers = {**XML, "Idempotency-Key": key, "X-SPOC-Counterpart": "sirene:ALL"}
        return await self.doors.ask("POST", BROADCASTS, role, headers=headers, data=body)

    async def told(self, event: str) -> list[dict[str, str]]:
        links = await self.doors.rig.ledger.journal(0, 1000)
        found = (entries.read(link.entry) for link in links)
        return [dict(each.details) for each in found if each.event == event]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    publisher, verifier = Publisher(tmp_path / "publisher"), StrictVerifier()
    shelf = Shelf(tmp_path / "book.xml", lambda document, now: read(document, publisher.partner, verifier, now))
    rig = Rig(tmp_path / "rig")
    party = "sirene:XD"
    # two bureaux are partners: XB by the rig, XD with the keys of XB, which nobody asks for here
    partner = msgspec.structs.replace(
        rig.bureaux["sirene:XB"].partner, party=party, name=party, addresses=("oper@xd.example",)
    )
    rig.directory.replace((*rig.directory, partner))
    async with open_doors(tmp_path, rig, shelf) as doors:
        yield Desk(doors, publisher, shelf)


def arrest() -> bytes:
    """The sample A form as ours, without its files."""
    text = sample("sirene/FormA").decode()
    root = safexml.parse(text.encode())
    sender, receiver = (root.findtext(f"{{*}}Header/{{*}}{name}") or "" for name in ("From", "To"))
    text = re.sub("<h:Attachment>.*?</h:Attachment>", "", text, flags=re.DOTALL)
    text = text.replace(f'issuer="{sender.removeprefix("sirene:")}"', 'issuer="XA"')
    text = text.replace(f"<h:From>{sender}<", "<h:From>sirene:XA<")
    return text.replace(f"<h:To>{receiver}<", "<h:To>sirene:XB<").encode()


async def test_before_any_book_there_is_none(desk: Desk) -> None:
    answer = await desk.doors.ask("GET", BOOK, "officer")
    assert (answer.status, answer.json["code"]) == (404, "address-book.unknown")


async def test_a_newer_issue_is_in_force_at_once_and_journalled(desk: Desk) -> None:
    taken = await desk.take(book_xml(bureau_xml("XB"), bureau_xml("XC", ENTRY_BAN), issue=4))
    assert (taken.status, taken.json["issue"]) == (200, 4)
    assert taken.json["changes"] == ["sirene:XB: added", "sirene:XC: added"]
    shown = await desk.doors.ask("GET", BOOK, "officer")
    assert [(each["party"], each["partner"]) for each in shown.json["bureaus"]] == [
        ("sirene:XB", True),
        ("sirene:XC", False),
    ]
    assert desk.shelf.file.is_file()
    (told,) = await desk.told("address-book.taken")
    assert (told["issue"], told["digest"]) == ("4", taken.json["digest"])
    again = await desk.doors.ask("POST", BOOK, "operator", headers=XML, data=desk.shelf.file.read_bytes())
    assert again.json["changes"] == []
    assert len(await desk.told("address-book.taken")) == 1


async def test_nothing_changes_when_the_book_is_older_unsigned_or_sent_by_somebody_else(desk: Desk) -> None:
    await desk.take(book_xml(bureau_xml("XB"), issue=4))
    older = await desk.take(book_xml(bureau_xml("XC"), issue=3))
    assert (older.status, older.json["code"]) == (422, "address-book.older")
    unsigned = await desk.doors.ask("POST", BOOK, "operator", headers=XML, data=book_xml(bureau_xml("XC"), issue=5))
    assert unsigned.status == 422
    reader = await desk.take(book_xml(bureau_xml("XC"), issue=5), role="officer")
    assert reader.status == 403
    assert (await desk.doors.ask("GET", BOOK, "submitter")).status == 403
    shown = await desk.doors.ask("GET", BOOK, "auditor")
    assert [each["party"] for each in shown.json["bureaus"]] == ["sirene:XB"]


async def test_one_form_goes_to_every_bureau_and_nobody_is_left_out_in_silence(desk: Desk) -> None:
    await desk.take(
        book_xml(bureau_xml("XA"), bureau_xml("XB"), bureau_xml("XC"), bureau_xml("XD"), bureau_xml("XE", ENTRY_BAN))
    )
    answer = await desk.broadcast(arrest(), "arrest-1")
    assert answer.status == 202, answer.json
    assert [each["party"] for each in answer.json["ordered"]] == ["sirene:XB", "sirene:XD"]
    left = {each["party"]: each for each in answer.json["left_out"]}
    assert "no partner" in left["sirene:XC"]["reason"]
    assert "1862:26" in left["sirene:XE"]["reason"]
    assert left["sirene:XE"]["citation"] == "Agreement of XC"
    await desk.doors.rig.gateway.engine.quiet()
    sent = [out for out in desk.doors.rig.wire.sent if root_of(out) == "FormA"]
    assert sorted(out.leg.counterpart for out in sent) == ["sirene:XB", "sirene:XD"]
    assert {out.message_id for out in sent} == {answer.json["message_id"]}
    (told,) = await desk.told("broadcast.ordered")
    assert told["to"] == "sirene:XB sirene:XD"
    assert "sirene:XC" in told["left_out"]


async def test_the_same_broadcast_again_orders_only_what_is_missing(desk: Desk) -> None:
    await desk.take(book_xml(bureau_xml("XB"), bureau_xml("XD")))
    first = await desk.broadcast(arrest(), "arrest-1")
    again = await desk.broadcast(arrest(), "arrest-1")
    assert [each["id"] for each in again.json["ordered"]] == [each["id"] for each in first.json["ordered"]]
    assert all(each["known_before"] for each in again.json["ordered"])
    await desk.doors.rig.gateway.engine.quiet()
    assert len([out for out in desk.doors.rig.wire.sent if root_of(out) == "FormA"]) == 2


async def test_the_same_broadcast_after_a_new_issue_has_the_first_answer(desk: Desk) -> None:
    """What the book says meanwhile is about the next order, not about this one."""
    await desk.take(book_xml(bureau_xml("XB"), bureau_xml("XC"), bureau_xml("XE", ENTRY_BAN), issue=1))
    first = await desk.broadcast(arrest(), "arrest-1")
    await desk.take(book_xml(bureau_xml("XB", ENTRY_BAN), bureau_xml("XD"), issue=2))

    again = await desk.broadcast(arrest(), "arrest-1")

    assert again.status == 202, again.json
    assert [each.pop("known_before") for each in again.json["ordered"]] == [True]
    assert [each.pop("known_before") for each in first.json["ordered"]] == [False]
    assert again.json == first.json
    assert (again.json["issue"], [each["party"] for each in again.json["left_out"]]) == (1, ["sirene:XC", "sirene:XE"])
    assert len(await desk.told("broadcast.ordered")) == 1
    new = await desk.broadcast(arrest(), "arrest-2")
    assert (new.json["issue"], [each["party"] for each in new.json["ordered"]]) == (2, ["sirene:XD"])


async def test_another_broadcast_under_the_same_key_is_refused(desk: Desk) -> None:
    await desk.broadcast(arrest(), "arrest-1")
    other = await desk.broadcast(arrest().replace(b"Examplestad", b"Elsewhere"), "arrest-1")
    assert (other.status, other.json["code"]) == (409, "idempotency.conflict")


async def test_a_json_broadcast_after_a_new_issue_has_the_first_answer(desk: Desk) -> None:
    """Its time of sending was filled in by us, and stays that of the first request."""
    text = {"name": "Text", "number": "", "value": "Our line is down tonight."}
    order = {
        "counterpart": "sirene:ALL",
        "form": {"format": "sirene/FreeText@1", "header": {"language": "en"}, "fields": [text]},
    }
    answers = []
    for issue in (1, 2):
        await desk.take(book_xml(*(bureau_xml(state) for state in ("XB", "XD")[:issue]), issue=issue))
        headers = {"Idempotency-Key": "line"}
        answers.append(await desk.doors.ask("POST", BROADCASTS, "submitter", headers=headers, json=order))
        desk.doors.rig.clock.turn(timedelta(minutes=3))
    first, again = (answer.json for answer in answers)
    assert [each["id"] for each in again["ordered"]] == [each["id"] for each in first["ordered"]]
    assert [answer.status for answer in answers] == [202, 202]


async def test_a_state_with_specialities_waits_in_a_broadcast_while_the_article_is_unknown(desk: Desk) -> None:
    await desk.take(book_xml(bureau_xml("XB"), bureau_xml("XD", ENTRY_BAN)))
    answer = await desk.broadcast(silent_on_the_article(sender="sirene:XA", to="sirene:XB"), "twin-1")
    assert [each["party"] for each in answer.json["ordered"]] == ["sirene:XB", "sirene:XD"]
    rig = desk.doors.rig
    await rig.gateway.engine.quiet()
    rows = {
        row.claim.recipients[0]: row
        for row in [(await rig.row(each["id"])).envelope for each in answer.json["ordered"]]
    }
    assert [out.leg.counterpart for out in rig.wire.sent] == ["sirene:XB"]
    assert "R41-UNKNOWN" in {each.rule for each in rows["sirene:XD"].findings}
    waiting = await rig.row(rows["sirene:XD"].id)
    assert (waiting.state, waiting.reason and waiting.reason.code) == ("held", "story.officer")


async def test_what_the_alert_system_knows_leaves_a_state_out_of_a_broadcast(tmp_path: Path) -> None:
    known = KnownAlert()
    known.article = "1862:26"
    async with open_doors(tmp_path, Rig(tmp_path / "rig", alerts=known)) as doors:
        arrests = Speciality(article="1862:26", citation="Agreement of XB", confidence="proposal")
        doors.rig.directory.book = book(bureau("XB", takes_no_part=(arrests,)))
        headers = {**XML, "Idempotency-Key": "twin-1", "X-SPOC-Counterpart": "sirene:ALL"}
        nobody = await doors.ask(
            "POST",
            BROADCASTS,
            "submitter",
            headers=headers,
            data=silent_on_the_article(sender="sirene:XA", to="sirene:XB"),
        )
        assert (nobody.status, nobody.json["code"]) == (422, "broadcast.nobody")
        known.article = "1862:38"
        sent = await doors.ask(
            "POST",
            BROADCASTS,
            "submitter",
            headers=headers,
            data=silent_on_the_article(sender="sirene:XA", to="sirene:XB"),
        )
        await doors.rig.gateway.engine.quiet()
        assert [each["party"] for each in sent.json["ordered"]] == ["sirene:XB"]
        assert [out.leg.counterpart for out in doors.rig.wire.sent] == ["sirene:XB"]


async def test_without_a_book_the_partner_file_says_who_there_is(desk: Desk) -> None:
    answer = await desk.broadcast(arrest(), "arrest-1")
    assert [each["party"] for each in answer.json["ordered"]] == ["sirene:XB", "sirene:XD"]
    assert answer.json["issue"] == 0


@pytest.mark.parametrize(
    ("counterpart", "code"), [("sirene:XB", "broadcast.counterpart"), ("ipsg:ALL", "broadcast.nobody")]
)
async def test_a_broadcast_needs_everybody_and_somebody(desk: Desk, counterpart: str, code: str) -> None:
    headers = {**XML, "Idempotency-Key": "k", "X-SPOC-Counterpart": counterpart}
    answer = await desk.doors.ask("POST", BROADCASTS, "submitter", headers=headers, data=arrest())
    assert (answer.status, answer.json["code"]) == (422, code)


async def test_an_ordinary_order_under_a_like_key_is_another_order(desk: Desk) -> None:
    """Neither its key nor the message id that is filled in meets those of a broadcast."""
    order = {
        "counterpart": "sirene:XB",
        "form": {
            "format": "sirene/FreeText@1",
            "header": {"language": "en"},
            "fields": [{"name": "Text", "number": "", "value": "Are you there?"}],
        },
    }
    ids = []
    for path, key, counterpart in (
        ("/api/v1/messages", "k#sirene:XB", "sirene:XB"), ("/api/v1/messages", "k", "sirene:XB"),
        (BROADCASTS, "k", "sirene:ALL"),
    ):  # fmt: skip
        answer = await desk.doors.ask(
            "POST", path, "submitter", headers={"Idempotency-Key": key}, json={**order, "counterpart": counterpart}
        )
        assert answer.status == 202, answer.json
        ids += [answer.json["id"]] if "id" in answer.json else [each["id"] for each in answer.json["ordered"]]
    await desk.doors.rig.gateway.engine.quiet()
    rows = [await desk.doors.rig.row(each) for each in ids]
    messages = [row.envelope.form.header.message_id for row in rows]
    assert len(ids) == 4
    assert len(set(messages)) == 3  # the two of the broadcast bear the same one
