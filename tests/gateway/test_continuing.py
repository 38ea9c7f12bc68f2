"""A text that is longer than our office's limit leaves in parts, each in a form of its own, and can be put together abroad."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from gateway import parcel, safexml
from gateway.envelope import Claim, Payload
from gateway.form import Form
from gateway.ledger import Query
from gateway.office import Office
from gateway.sequence import part_of, together
from schemas.catalogue import discover
from schemas.sirene.continuation import continued
from tests.gateway.rig import Rig, knowledge_of

OFFICE = Office(parties=("sirene:XA", "ncb:XA", "enu:XA"), free_text_characters=200)
FORMATS = discover()
WORDS = "The driver said that the van was lent to him at the harbour of Examplestad by nobody he knew. " * 8
SAMPLE = Path("schemas/sirene/samples/FormH.xml")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    made.office = OFFICE
    made.knowledge = knowledge_of(OFFICE, made.directory, made.signing)
    made.gateway = made.joined()
    async with made:
        yield made


def order(words: str = WORDS) -> bytes:
    text = SAMPLE.read_text("utf-8").replace("sirene:XB", "sirene:??").replace("sirene:XA", "sirene:XB")
    text = text.replace("sirene:??", "sirene:XA").replace('issuer="XA"', 'issuer="XB"')
    return re.sub(r"(<SupplementaryInformation[^>]*>)[^<]+", rf"\g<1>{words}", text).encode()


async def sent(rig: Rig, content: bytes) -> list[Form]:
    """What went out, in order."""
    claim = Claim(sender="desk", recipients=("sirene:XB",))
    await rig.gateway.intake.submit("api", Payload.of(content, "application/xml"), claim, "sirene:XB")
    await rig.gateway.engine.quiet()
    for envelope in await rig.ledger.find(Query()):
        if envelope.state == "held":
            await rig.gateway.desk.release(envelope.id, "officer", "Read and approved.")
            await rig.gateway.engine.quiet()
    found = []
    for out in rig.wire.sent:
        root = safexml.parse(parcel.open_parcel(out.payload).form)
        found.append(FORMATS.recognise(str(root.tag), root.get("version", "")).decode(root))
    return found


def words_of(form: Form) -> str:
    return form.value("SupplementaryInformation")


async def test_each_part_is_a_form_of_its_own_and_together_they_are_the_text(rig: Rig) -> None:
    first, *rest = await sent(rig, order())

    assert first.format == "sirene/H@1"
    assert {form.format for form in rest} == {"sirene/M@1"}
    assert all(len(words_of(form)) <= 200 for form in (first, *rest))
    assert len({form.header.message_id for form in (first, *rest)}) == len(rest) + 1
    assert {form.value("SchengenId") for form in rest} == {first.value("SchengenId")}
    head = f"{first.header.our_reference} 083: "
    assert all(words_of(form).startswith(head) for form in rest)
    parts = [part_of(words_of(form).removeprefix(head)) for form in (*rest, first)]
    assert all(parts)
    assert together(part for part in parts if part)[0].strip() == WORDS.strip()


async def test_a_text_that_fits_is_not_touched(rig: Rig) -> None:
    (only,) = await sent(rig, order("Short."))
    assert words_of(only) == "Short."


async def test_the_parts_are_accounted_for_with_their_cause(rig: Rig) -> None:
    forms = await sent(rig, order())

    rows = await rig.ledger.find(Query())
    (whole,) = [row for row in rows if not row.cause]
    assert len([row for row in rows if row.cause == whole.id]) == len(forms) - 1
    assert await rig.ledger.accepted() == len(rows)


def test_without_a_limit_nothing_is_split(tmp_path: Path) -> None:
    assert Rig(tmp_path).office.free_text_characters == 0


def test_the_same_order_is_split_the_same_way_again() -> None:
    root = safexml.parse(order())
    form = FORMATS.recognise(str(root.tag), "1.0").decode(root)
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert continued(form, 200, str, now) == continued(form, 200, str, now)
    for each in continued(form, 200, str, now):
        spec = FORMATS.get(each.format)
        named = msgspec.structs.replace(
            each, header=msgspec.structs.replace(each.header, message_id="0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001")
        )
        assert spec.validate(spec.encode(named)) == []


async def test_that_a_text_goes_in_parts_is_told_on_every_part(rig: Rig) -> None:
    """A warning for the desk that ordered it: R51 asks for marks, and the reader of each part sees them."""
    await sent(rig, order())
    rows = [await rig.row(each.id) for each in await rig.ledger.find(Query())]
    found = [[each for each in row.envelope.findings if each.rule == "R51"] for row in rows]
    assert len(rows) > 2
    assert all(len(each) == 1 for each in found)
    assert {each[0].severity for each in found} == {"warning"}
