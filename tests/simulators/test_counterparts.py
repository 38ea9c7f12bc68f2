"""Two foreign offices write to each other over real mail with STARTTLS; nothing of the gateway takes part."""

import asyncio
import base64
import hashlib
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loop_time import PATIENCE_SECONDS
from tests.services.ports import free_port
from tests.simulators.bureaux import Bureau
from tests.simulators.callers import ROOT

Two = tuple[Bureau, Bureau]
OWN_FORM = ROOT / "simulators/counterparts/templates/M.xml"


async def test_a_signed_form_with_a_photo_is_answered_with_two_signed_receipts(bureaux: Two) -> None:
    xb, xc = bureaux
    sent = await xb.send("G")

    assert sent["accepted"]
    assert (sent["result"]["code"], sent["result"]["enhanced"]) == (250, "2.0.0")
    assert sent["result"]["tls"].startswith("TLSv1.3")
    (form,) = await xc.got(root="FormG")
    assert form["valid"], form["findings"]
    assert form["verification"]["signer"] == "SIRENE XB signing"
    assert form["message_id"] == sent["message_id"]
    assert form["sha256"] == sent["sha256"]
    assert form["mail_id"] == f"{sent['message_id']}.1@xb.sirene.example"
    assert form["body"]["Vehicle/RegistrationNumber"] == ["QQ00001"]
    assert [each["sha256"] for each in form["files"]] == [each["sha256"] for each in form["attachments"]]

    assert await xb.stages_of(sent["message_id"]) == ["RECEIVED", "VALID"]
    receipts = await xb.has(root="Receipt", of_message_id=sent["message_id"])
    assert all(each["valid"] for each in receipts), receipts
    assert {each["receipt"]["of_digest"] for each in receipts} == {sent["sha256"]}
    assert {each["in_reply_to"] for each in receipts} == {sent["message_id"]}


async def test_receipts_are_never_answered(bureaux: Two) -> None:
    xb, xc = bureaux
    sent = await xb.send("M")
    await xb.stages_of(sent["message_id"])
    again = await xb.send("M")  # whatever a receipt might have caused has had its time by then
    await xb.stages_of(again["message_id"])

    assert len(await xb.has(root="Receipt")) == 4
    assert await xc.has(root="Receipt") == []


async def test_an_answer_carries_the_references_of_what_it_answers(bureaux: Two) -> None:
    xb, xc = bureaux
    asked = await xb.send("G")
    await xc.got(root="FormG")

    await xc.send("P", in_reply_to=asked["message_id"])

    (answer,) = await xb.got(root="FormP", in_reply_to=asked["message_id"])
    assert answer["your_references"] == [asked["our_reference"]]
    assert answer["valid"], answer["findings"]


async def test_values_are_set_by_their_path(bureaux: Two) -> None:
    xb, xc = bureaux
    await xb.send(
        "G",
        values={
            "Vehicle/Vin": None,
            "Vehicle/RegistrationNumber": "QQ00003",
            "CheckReport/@occasion": "BORDER",
            "RequestForInformation": ["Please send P form.", "And the keys?"],
            "Header/Subject": "Another title",
        },
        header={"CaseReference": "CASE-7"},
        urgency="VERY_URGENT",
        attachments=False,
    )

    (form,) = await xc.got(root="FormG")
    assert "Vehicle/Vin" not in form["body"]
    assert form["body"]["Vehicle/RegistrationNumber"] == ["QQ00003"]
    assert form["body"]["RequestForInformation"] == ["Please send P form.", "And the keys?"]
    assert 'occasion="BORDER"' in form["xml"]
    assert (form["subject"], form["case_reference"], form["urgency"]) == ("Another title", "CASE-7", "VERY_URGENT")
    assert (form["attachments"], form["files"]) == ([], [])
    assert form["verification"]["valid"]


async def test_times_in_a_template_move_with_the_message(bureaux: Two) -> None:
    xb, xc = bureaux
    await xb.send("G")
    (form,) = await xc.got(root="FormG")

    assert form["sent"] != "2026-03-02T09:00:00Z"  # what the file says
    assert form["body"]["CheckReport/TimeOfCheck"][0] < form["sent"] < form["reply_by"]


async def test_a_form_that_breaks_its_schema_gets_an_invalid_receipt_with_findings(bureaux: Two) -> None:
    xb, _ = bureaux
    sent = await xb.send("G", values={"Vehicle/RegistrationCountry": "nowhere"})

    assert await xb.stages_of(sent["message_id"]) == ["RECEIVED", "INVALID"]
    (receipt,) = await xb.has(stage="INVALID")
    assert receipt["receipt"]["findings"][0]["rule"] == "XSD"
    assert "RegistrationCountry" in receipt["receipt"]["findings"][0]["text"]


async def test_an_own_document_and_own_files_can_be_sent(bureaux: Two) -> None:
    xb, xc = bureaux
    scan = {"name": "pæn scan.pdf", "media_type": "application/pdf", "role": "DOCUMENT_COPY"}
    await xb.send(
        document=OWN_FORM.read_text(), attachments=[{**scan, "base64": base64.b64encode(b"%PDF-1.4 test").decode()}]
    )

    (form,) = await xc.got(root="FormM")
    assert form["valid"], form["findings"]
    assert form["files"][0]["file_name"] == "pæn scan.pdf"
    assert form["files"][0]["sha256"] == hashlib.sha256(b"%PDF-1.4 test").hexdigest()
    assert form["attachments"][0]["role"] == "DOCUMENT_COPY"


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"form": "Z"}, "no template 'Z'"),
        ({}, "is needed"),
        ({"form": "G", "values": {"Vehicle/Vim": "x"}}, "not in the template"),
        ({"form": "G", "header": {"Sender": "x"}}, "cannot be set"),
        ({"form": "G", "tamper": "everything"}, "tamper is one of"),
        ({"form": "G", "colour": "blue"}, "unknown: colour"),
        ({"form": "G", "to": "sirene:XZ"}, "no card of sirene:XZ"),
        ({"repeat": "nothing"}, "no message nothing"),
        ({"document": "<a/>"}, "unknown root element"),
        ({"form": "M", "tamper": "attachment"}, "needs an attachment"),
    ],
)
async def test_an_order_that_cannot_be_followed_says_why(bureaux: Two, order: dict[str, Any], words: str) -> None:
    xb, xc = bureaux
    assert words in await xb.refused(**order)
    assert await xc.has() == []


async def test_a_repeated_message_is_the_same_with_the_next_attempt_number(bureaux: Two) -> None:
    xb, xc = bureaux
    first = await xb.send("M")
    second = await xb.send(repeat=first["message_id"])

    assert (second["attempt"], second["sha256"]) == (2, first["sha256"])
    one, two = await xc.got(2, message_id=first["message_id"])
    assert (one["duplicate_of"], two["duplicate_of"]) == (None, one["number"])
    assert (one["attempt"], two["attempt"]) == (1, 2)
    assert [each["number"] for each in await xc.has(duplicate="yes")] == [two["number"]]
    assert sorted(await xb.stages_of(first["message_id"], 4)) == ["RECEIVED"] * 2 + ["VALID"] * 2


async def test_the_same_id_with_other_content_is_a_conflict(bureaux: Two) -> None:
    xb, xc = bureaux
    first = await xb.send("M")
    await xb.stages_of(first["message_id"])
    await xb.send("M", message_id=first["message_id"])

    _, conflict = await xc.got(2, message_id=first["message_id"])
    assert conflict["conflicts_with"] is not None
    (receipt,) = await xb.got(stage="INVALID")
    assert receipt["receipt"]["code"] == "message-id.conflict"


async def test_a_waiting_clerk_is_told_when_the_message_comes(bureaux: Two) -> None:
    xb, xc = bureaux
    waiting = asyncio.create_task(xc.got(root="FormM", **{"from": "sirene:XB"}))
    await xb.send("A")
    await xb.send("M")

    (form,) = await waiting
    assert form["root"] == "FormM"


async def test_waiting_ends_with_what_there_is(bureaux: Two) -> None:
    _, xc = bureaux
    assert await xc.has(root="FormM", wait="0.05") == []


async def test_a_query_with_a_misspelt_filter_is_refused(bureaux: Two) -> None:
    xb, _ = bureaux
    status, answer = await xb.call("GET", "/sim/messages", params={"rooot": "FormG"})
    assert status == 400
    assert "rooot" in answer["errors"][0]


async def test_a_card_that_is_none_is_refused(bureaux: Two) -> None:
    xb, _ = bureaux
    for body in ("{", "{}", "[]", '{"party": "sirene:XD", "signers": [], "anchors_pem": ["x"]}'):
        status, answer = await xb.call("POST", "/sim/partner", data=body)
        assert status == 400, answer


async def test_a_message_of_a_stranger_is_kept_and_not_answered(
    bureaux: Two, open_bureau: Callable[..., Bureau]
) -> None:
    xb, _ = bureaux
    lenient = open_bureau("sirene-bureau", "--set", "state=XD", "--set", "starttls=optional")
    await xb.call("POST", "/sim/partner", data=lenient.card)
    sent = await xb.send("M", to="sirene:XD", tamper="no-tls")

    assert sent["accepted"]
    (found,) = await lenient.got(root="FormM")
    assert [each["code"] for each in found["findings"]] == ["partner.unknown"]
    assert await xb.has() == []


async def test_a_client_certificate_of_an_unknown_authority_ends_the_handshake(
    bureaux: Two, open_bureau: Callable[..., Bureau]
) -> None:
    _, xc = bureaux
    stranger = open_bureau("sirene-bureau", "--set", "state=XD")
    await stranger.call("POST", "/sim/partner", data=xc.card)
    sent = await stranger.send("M")
    assert not sent["accepted"]
    assert sent["result"]["error"]
    assert await xc.has() == []


async def test_every_template_arrives_valid_at_the_other_office(open_bureau: Callable[..., Bureau]) -> None:
    pairs = {
        "sirene-bureau": (("state=XB", "state=XC"), ("A", "G", "M", "P")),
        "ncb": (("state=XB", "state=XC"), ("FreeText", "Diffusion", "TravelDocumentQuery", "VehicleQuery")),
        "europol-desk": (("party=europol:EUROPOL", "party=enu:XB"), ("Request", "Reply")),
    }
    for name, (parties, forms) in pairs.items():
        one, two = (open_bureau(name, "--set", each) for each in parties)
        await one.meet(two)
        for form in forms:
            sent = await one.send(form)
            (found,) = await two.got(message_id=sent["message_id"])
            assert found["valid"], (form, found["findings"])
            assert await one.stages_of(sent["message_id"]) == ["RECEIVED", "VALID"]


async def test_queries_have_ids_of_their_own_and_handling_codes_travel(open_bureau: Callable[..., Bureau]) -> None:
    xb, xc = (open_bureau("ncb", "--set", f"state={state}") for state in ("XB", "XC"))
    await xb.meet(xc)
    for _ in range(2):
        await xb.send("VehicleQuery", handling=["IP-RESTRICTED", "C6-EXCLUDE=XD,XC"])

    one, two = await xc.got(2, root="VehicleQuery")
    assert one["body"]["QueryId"] != two["body"]["QueryId"]
    assert one["handling"] == [{"code": "IP-RESTRICTED", "text": ""}, {"code": "C6-EXCLUDE", "text": "XD,XC"}]
    assert one["valid"], one["findings"]


async def test_without_starttls_where_both_say_so(open_bureau: Callable[..., Bureau]) -> None:
    xb, xc = (
        open_bureau("sirene-bureau", "--set", f"state={state}", "--set", "starttls=never") for state in ("XB", "XC")
    )
    await xb.meet(xc)
    sent = await xb.send("M")

    assert sent["result"]["tls"] == ""
    assert await xb.stages_of(sent["message_id"]) == ["RECEIVED", "VALID"]


async def test_a_client_certificate_can_be_demanded(open_bureau: Callable[..., Bureau], bureaux: Two) -> None:
    xb, _ = bureaux
    strict = open_bureau("sirene-bureau", "--set", "state=XD", "--set", "client-certificate=required")
    await xb.call("POST", "/sim/partner", data=strict.card)
    sent = await xb.send("M", to="sirene:XD")
    assert (sent["result"]["phase"], sent["result"]["code"], sent["result"]["enhanced"]) == ("mail", 530, "5.7.0")

    await strict.call("POST", "/sim/partner", data=xb.card)
    sent = await xb.send("M", to="sirene:XD")
    assert sent["accepted"], sent


async def test_cards_can_be_given_at_the_start_and_an_office_comes_back_the_same(
    open_bureau: Callable[..., Bureau],
) -> None:
    xc = open_bureau("sirene-bureau", "--set", "state=XC", room="c")
    xd = open_bureau("sirene-bureau", "--set", "state=XD", room="d")
    cards = [word for each in (xc, xd) for word in ("--set", f"partner-card={each.simulator.ready['card']}")]
    port = str(free_port())
    xb = open_bureau("sirene-bureau", "--set", "state=XB", *cards, "--port", port, room="b")
    await xc.call("POST", "/sim/partner", data=xb.card)
    assert (await xb.send("M", to="sirene:XC"))["accepted"]

    xb.simulator.process.send_signal(signal.SIGKILL)
    xb.simulator.process.wait(PATIENCE_SECONDS)
    again = open_bureau("sirene-bureau", "--set", "state=XB", *cards, "--port", port, room="b")

    sent = await xc.send("M", to="sirene:XB")
    assert sent["accepted"], sent
    (form,) = await again.got(root="FormM")
    assert form["valid"], form["findings"]


def test_a_wrong_setting_is_refused_at_the_start(tmp_path: Path) -> None:
    for setting, words in {
        "starttls=perhaps": "starttls takes required, optional, never",
        "channel=amqp": "needs --set amqp-url=URL",
        "partner-card=none.json": "none.json",
    }.items():
        command = [sys.executable, "-m", "simulators", "ncb", "--folder", str(tmp_path), "--set", setting]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 2
        assert words in done.stderr
