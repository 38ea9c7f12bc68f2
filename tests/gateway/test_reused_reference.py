"""R03: a reference belongs to one message for ever. Under another message id the same one is an alarm and is refused."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway import parcel, safexml
from tests.gateway.rig import Rig

FORM = Path("tests/corpus/sirene/FormH/passes/sample.xml")
REFUSED = Path("tests/corpus/sirene/FormF/fails/R38--sex-x.xml")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as made:
        yield made


def form(number: int, reference: str, words: str = "", source: Path = FORM) -> bytes:
    content = re.sub(rb"(<h:MessageId>)[^<]+", rb"\g<1>0193a5c0-7d10-7a01-8b3c-%012d" % number, source.read_bytes())
    content = re.sub(rb"(<h:OurReference>)[^<]+", rb"\g<1>" + reference.encode(), content)
    if words:
        content = re.sub(rb"(<SupplementaryInformation[^>]*>)", rb"\g<1>" + words.encode() + b" ", content)
    return content


def opening(number: int, reference: str, words: str = "") -> bytes:
    """A form that goes on by itself."""
    content = form(number, reference, words, Path("tests/corpus/sirene/FormM/passes/without-article.xml"))
    return content.replace(b"EXTRADITION refused.", b"For your information.")


async def arrives(rig: Rig, content: bytes) -> tuple[str, str, str]:
    row = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(content)))
    return row.envelope.id, row.state, row.reason.code if row.reason else ""


async def entries(rig: Rig, envelope: str) -> list[dict[str, Any]]:
    return [json.loads(link.entry) for link in await rig.ledger.timeline(envelope)]


async def test_the_same_reference_on_another_message_is_an_alarm_and_is_refused(rig: Rig) -> None:
    first, _, code = await arrives(rig, opening(1, "XB-M-1"))
    assert code != "reference.reused"

    second, state, code = await arrives(rig, opening(2, "XB-M-1", "Something else."))

    assert (state, code) == ("rejected", "reference.reused")
    (alarm,) = [entry for entry in await entries(rig, second) if entry["event"] == "envelope.alarm"]
    assert alarm["details"] == {"first": first, "why": "reference.reused"}
    assert "reference.reused" not in [entry["reason"] for entry in await entries(rig, first)], (
        "the first is not touched"
    )


async def test_the_sender_is_told_by_machine_and_in_words_what_to_send_instead(rig: Rig) -> None:
    await arrives(rig, opening(1, "XB-M-1"))
    await arrives(rig, opening(2, "XB-M-1", "Something else."))

    assert rig.told()[-1] == "Receipt INVALID"
    receipt = safexml.parse(parcel.open_parcel(rig.wire.sent[-1].payload).form)
    (finding,) = receipt.findall("{*}Body/{*}Finding")
    assert (finding.get("rule"), finding.get("severity")) == ("R03", "error")
    assert (finding.get("field") or "").startswith("002 reference number of the form")
    assert "reference of its own" in (finding.findtext("{*}Remedy") or "")
    assert "212/2010" in (finding.findtext("{*}Citation") or "")


async def test_while_the_first_is_still_open_an_officer_decides(rig: Rig) -> None:
    """The first may yet be refused, and its reference come again on the mended form."""
    decision = Path("tests/corpus/sirene/FormN/passes/sample.xml")
    _, state, code = await arrives(rig, form(1, "XB-N-1", source=decision))
    assert (state, code) == ("checked", "dialogue.earlier-awaited")
    second, state, code = await arrives(rig, form(2, "XB-N-1", "Something else.", source=decision))
    assert (state, code) == ("held", "reference.reused")

    await rig.gateway.desk.release(second, "officer", "The bureau says on the telephone that both are meant.")
    await rig.gateway.engine.quiet()

    # Whether it fits its dialogue is another question, which is asked next.
    last = (await entries(rig, second))[-1]
    assert (last["event"], last["reason"]) == ("envelope.retry", "dialogue.earlier-awaited")


async def test_the_same_message_under_a_new_id_is_flagged_and_goes_on(rig: Rig) -> None:
    await arrives(rig, form(1, "XB-H-1"))

    second, _, code = await arrives(rig, form(2, "XB-H-1"))

    assert code != "reference.reused"
    assert "envelope.same-matter" in [entry["event"] for entry in await entries(rig, second)]


async def test_a_refused_form_comes_again_mended_under_its_reference(rig: Rig) -> None:
    _, state, _ = await arrives(rig, form(1, "XB-F-1", source=REFUSED))
    assert state == "rejected"

    _, state, code = await arrives(rig, form(2, "XB-F-1"))

    assert code != "reference.reused", state


async def test_two_messages_with_references_of_their_own_are_left_alone(rig: Rig) -> None:
    await arrives(rig, form(1, "XB-H-1"))
    _, _, code = await arrives(rig, form(2, "XB-H-2", "Something else."))

    assert code != "reference.reused"
