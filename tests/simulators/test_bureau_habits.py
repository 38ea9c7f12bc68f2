"""What a bureau makes a habit of, seen on the wire by another bureau, in virtual time."""

import base64
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from simulators.counterparts.bureaux.habits import Conduct, HabitUnknown, all_habits, conduct_of
from simulators.counterparts.bureaux.replies import all_replies
from simulators.office.forms import HEADER
from simulators.scenario import MAIL, parse_scenario
from tests.simulators.federations import NOON, town

HIT = {"values": {"RequestForInformation": "Please send P form."}, "attachments": False}


async def test_without_habits_a_bureau_gives_receipts_and_leaves_answering_to_its_officers(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC") as both:
        sent = await both.send("XB", "XC", "G")
        assert await both.stages("XB", sent) == ["RECEIVED", "VALID"]

        again = await both.send("XB", "XC", "M")  # an answer would have had its time by then
        await both.stages("XB", again)
        assert both["XB"].mailbag.find({"receipts": "no"}) == []


@pytest.mark.parametrize(
    ("form", "order", "letter", "said"),
    [
        ("G", HIT, "P", "data of the object"),
        ("G", {"values": {"RequestForInformation": "Please send L form."}, "attachments": False}, "L", "identity"),
        ("G", {"attachments": False, "values": {"RequestForInformation": "And now?"}}, "M", "Thank you for the hit"),
        ("E", {}, "E", "both alerts"),
        ("F", {}, "M", "flag has been added"),
        ("H", {}, "M", "taken note"),
        ("I", {}, "M", "Yes, the information may be used"),
        ("J", {}, "M", "checked and corrected"),
        ("K", {}, "K", "Our position"),
        ("L", {}, "L", "same person"),
        ("M", {"values": {"SupplementaryInformation": "Where is the boat now?"}}, "M", "answer to your question"),
        ("M", {"values": {"SupplementaryInformation": "TRANSIT from here to there"}}, "M", "transit is agreed"),
        ("M", {"values": {"SupplementaryInformation": "consultation procedure"}}, "M", "no objection"),
        ("Q", {}, "M", "with consent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_form_gets_its_usual_answer(
    tmp_path: Path, form: str, order: dict[str, Any], letter: str, said: str
) -> None:  # fmt: skip
    async with town(tmp_path, "XB,XC", XC="answers") as both:
        sent = await both.send("XB", "XC", form, **order)
        answer = await both.answer_to("XB", sent)

        asked = (await both.got("XC", message_id=sent["message_id"]))[0]
        assert (answer["root"], answer["valid"]) == (f"Form{letter}", True), answer["findings"]
        assert said in answer["body"]["SupplementaryInformation"][0]
        assert answer["your_references"] == [sent["our_reference"]]
        assert answer["body"]["SchengenId"] == asked["body"]["SchengenId"]
        assert answer["body"].get("Vehicle/Vin") in (None, asked["body"].get("Vehicle/Vin"))
        assert answer["body"].get("Person/Surname") in (None, asked["body"].get("Person/Surname"))
        assert answer["body"]["AlertArticle"] == asked["body"]["AlertArticle"]


async def test_forms_that_need_no_answer_get_none(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="answers") as both:
        for letter in ("A", "N", "O", "P"):
            await both.stages("XB", await both.send("XB", "XC", letter))
        # whatever they had caused would have come before the answer to this
        await both.answer_to("XB", await both.send("XB", "XC", "H"))

        assert len(both["XB"].mailbag.find({"receipts": "no"})) == 1


async def test_answers_are_never_answered(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XB="answers", XC="answers") as both:
        await both.answer_to("XB", await both.send("XB", "XC", "E"))
        await both.answer_to("XB", await both.send("XB", "XC", "H"))

        assert len(both["XC"].mailbag.find({"receipts": "no"})) == 2


async def test_consent_is_a_setting(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="answers") as both:
        both["XC"].consent = "conditions"
        answer = await both.answer_to("XB", await both.send("XB", "XC", "I"))
        assert "on conditions" in answer["body"]["SupplementaryInformation"][0]


async def test_a_late_bureau_answers_when_its_clock_says_so(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="late:20") as both:
        sent = await both.send("XB", "XC", "H")
        assert await both.stages("XB", sent) == ["RECEIVED", "VALID"]
        assert await both.waits_until() == NOON + timedelta(hours=20)

        both.forward(hours=19, minutes=59)
        assert await both.waits_until() == NOON + timedelta(hours=20)
        assert both["XB"].mailbag.find({"receipts": "no"}) == []

        both.forward(minutes=1)
        answer = await both.answer_to("XB", sent)
        assert answer["sent"] == "2026-03-03T08:00:00Z"


async def test_a_bureau_that_is_silent_at_night_works_its_queue_off_in_the_morning(tmp_path: Path) -> None:
    """22 to 6 of its local time; Helsinki is two hours ahead of UTC in March."""
    evening = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
    async with town(tmp_path, "XB,FI", evening, FI="silent-at-night,answers") as both:
        sent = [await both.send("XB", "FI", "H") for _ in range(3)]

        assert all(each["accepted"] for each in sent)
        assert await both.waits_until() == datetime(2026, 3, 3, 4, tzinfo=UTC)
        events = [each["event"] for each in both["FI"].station.recorder.entries()]
        assert events == ["arrived"] * 3
        assert both["XB"].mailbag.find({}) == []

        both.forward(hours=7, minutes=30)
        for each in sent:
            assert await both.stages("XB", each) == ["RECEIVED", "VALID"]
            await both.answer_to("XB", each)


async def test_what_would_be_answered_at_night_waits_for_the_morning(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="late:11,silent-at-night") as both:
        sent = await both.send("XB", "XC", "H")
        assert await both.waits_until() == datetime(2026, 3, 2, 23, tzinfo=UTC)
        both.forward(hours=11)
        assert await both.waits_until() == datetime(2026, 3, 3, 6, tzinfo=UTC)
        both.forward(hours=7)
        assert (await both.answer_to("XB", sent))["root"] == "FormM"


async def test_a_strict_bureau_refuses_what_others_only_note(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC,XD", XC="strict") as three:
        order = {"attachments": False, "values": {"ActionTaken": None}}
        lenient = await three.send("XB", "XD", "G", **order)
        strict = await three.send("XB", "XC", "G", **order)

        assert await three.stages("XB", lenient) == ["RECEIVED", "VALID"]
        assert [each["code"] for each in (await three.got("XD", root="FormG"))[0]["remarks"]] == ["R08"]
        assert await three.stages("XB", strict) == ["RECEIVED", "INVALID"]
        (receipt,) = await three.got("XB", stage="INVALID")
        assert receipt["receipt"]["findings"][0]["rule"] == "R08"


async def test_a_strict_bureau_takes_every_form_as_the_templates_have_it(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="strict") as both:
        for letter in "AEFGHIJKLMNOPQ":
            sent = await both.send("XB", "XC", letter)
            assert await both.stages("XB", sent) == ["RECEIVED", "VALID"], letter


async def test_a_bureau_of_the_old_version_speaks_it_and_refuses_the_new_one(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="old-version,answers") as both:
        new = await both.send("XB", "XC", "G", attachments=False)
        assert await both.stages("XB", new) == ["RECEIVED", "INVALID"]
        (receipt,) = await both.got("XB", stage="INVALID")
        assert receipt["receipt"]["code"] == "format.version-unknown"

        old = await both.send("XB", "XC", "G", version=0, attachments=False)
        answer = await both.answer_to("XB", old)
        assert (answer["format"], answer["valid"]) == ("sirene/P@0", True), answer["findings"]
        assert answer["body"]["AlertArticle"] == ["2007/533:38"]

        await both.stages("XC", await both.send("XC", "XB", "A"))
        assert (await both.got("XB", root="FormA"))[0]["format"] == "sirene/A@0"


async def test_a_bureau_without_that_habit_answers_in_the_version_it_was_asked_in(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XB="old-version", XC="answers") as both:
        answer = await both.answer_to("XB", await both.send("XB", "XC", "I"))
        assert (answer["format"], answer["valid"]) == ("sirene/M@0", True)


@pytest.mark.parametrize("habit", [name for name in all_habits() if name.startswith("odd-")])
async def test_odd_encodings_are_legal_and_change_nothing_that_is_signed(tmp_path: Path, habit: str) -> None:
    text = "Ålesund & <Šibenik>, »Ελλάδα« ]]> in two\nlines"
    async with town(tmp_path, "XB,XC", XB=habit) as both:
        sent = await both.send("XB", "XC", "G", values={"ActionTaken": text})
        assert await both.stages("XB", sent) == ["RECEIVED", "VALID"]

        (form,) = await both.got("XC", root="FormG")
        assert form["valid"], form["findings"]
        assert form["sha256"] == sent["sha256"]  # not an octet was changed on the way
        assert form["body"]["ActionTaken"] == [text]
        assert len(form["files"]) == 1
        bare = await both.send("XB", "XC", "M")  # one without files, and a receipt of the odd one
        await both.stages("XB", bare)
        back = await both.send("XC", "XB", "M")
        assert await both.stages("XC", back) == ["RECEIVED", "VALID"]
        assert all(each["valid"] for each in both["XC"].mailbag.find({}))


async def test_how_odd_the_odd_encodings_are(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XB="odd-encoding") as both:
        mails: dict[str, bytes] = {}
        for habit in ("odd-encoding", "odd-encoding-8bit", "odd-encoding-flowed"):
            both["XB"].take_up(habit)
            await both.send("XB", "XC", "M", values={"SupplementaryInformation": "Blåbærgrød for alle"})
            entries = both["XC"].station.recorder.entries()
            mails[habit] = [each for each in entries if each["event"] == "arrived"][-1]["text"].encode()
        form = (await both.got("XC", root="FormM"))[0]["xml"]

        quoted, eight, flowed = mails.values()
        parsed = message_from_bytes(quoted)
        assert parsed.get_content_type() == "multipart/mixed"
        assert b"quoted-printable" in quoted
        assert b"MESSAGE-ID:\r\n <" in quoted
        assert "Bl&#xe5;b&#xe6;rgr&#xf8;d" in form
        assert "<f:FormM" in form
        assert f"xmlns:kopf = '{HEADER}'" in form
        assert etree.fromstring(form.encode()).tag == "{urn:x-spoc:sirene:1}FormM"
        assert b"8bit" in eight
        assert "Blåbærgrød".encode() in eight
        assert b"=?iso-8859-1?" in flowed
        assert base64.b64decode(str(message_from_bytes(flowed).get_payload())).endswith(b">\r\n\r\n")


async def test_a_forgetful_bureau_sends_no_receipts(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="forgetful,answers") as both:
        await both.answer_to("XB", await both.send("XB", "XC", "H"))
        assert both["XB"].mailbag.find({"receipts": "yes"}) == []


async def test_a_bureau_that_doubles_sends_everything_twice(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="doubles:3") as both:
        sent = await both.send("XB", "XC", "H")
        assert sorted(await both.stages("XB", sent, 6)) == ["RECEIVED"] * 3 + ["VALID"] * 3
        await both.send("XC", "XB", "M")
        forms = await both.got("XB", 3, root="FormM")
        assert [each["attempt"] for each in forms] == [1, 2, 3]
        assert len({each["message_id"] for each in forms}) == 1


async def test_a_bureau_that_greylists_takes_the_second_mail(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="greylists") as both:
        first = await both.send("XB", "XC", "H")
        assert (first["accepted"], first["result"]["code"], first["result"]["phase"]) == (False, 451, "rcpt")
        again = await both.send("XB", "XC", "H")
        assert again["accepted"]


async def test_a_full_mailbox_says_so_until_it_is_emptied(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="full-mailbox:1") as both:
        results = [(await both.send("XB", "XC", "H"))["result"]["code"] for _ in range(2)]
        assert results == [250, 452]
        both["XC"].reset()
        assert (await both.send("XB", "XC", "H"))["accepted"]


async def test_a_chatty_bureau_has_much_to_say(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="chatty:4") as both:
        sent = await both.send("XB", "XC", "E")
        answers = await both.got("XB", 5, in_reply_to=sent["message_id"], receipts="no")
        assert [each["root"] for each in answers] == ["FormE"] + ["FormM"] * 4
        assert {each["body"]["SchengenId"][0] for each in answers} == {"XC00000000000000611"}


async def test_a_scenario_still_has_a_say_about_an_answer(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="answers") as both:
        rule = b'[[rule]]\nwhen = { phase = "reply" }\ndo = "wrong-key"\n'
        both["XC"].station.script.replace(parse_scenario(rule, source="test", can=MAIL))
        answer = await both.answer_to("XB", await both.send("XB", "XC", "H"))
        assert [each["code"] for each in answer["findings"]] == ["signature.untrusted"]


def test_habits_are_put_together_and_the_later_one_counts() -> None:
    assert conduct_of("") == Conduct()
    assert conduct_of("late:20, strict") == Conduct(answers=True, answer_after_hours=20, strict=True)
    assert conduct_of("late:20,late:2.5").answer_after_hours == 2.5


@pytest.mark.parametrize(
    ("habits", "reason"),
    [
        ("lazy", "no habit is called 'lazy'; there are answers, late"),
        ("strict:3", "takes no number"),
        ("late:soon", "not a number"),
        ("doubles:2.5", "not a number"),
        ("late:-1", "from 0 to 10000"),
        ("late:nan", "from 0 to 10000"),
    ],
)
def test_a_habit_that_cannot_be_is_refused(habits: str, reason: str) -> None:
    with pytest.raises(HabitUnknown, match=reason):
        conduct_of(habits)


def test_every_letter_that_expects_an_answer_has_one() -> None:
    """Section by section of the manual: A, N, O and P expect none."""
    assert {each.to for each in all_replies()} == set("EFGHIJKLMQ")


async def test_a_thorough_bureau_tells_every_stage_and_asks_for_the_same(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="thorough") as both:
        sent = await both.send("XB", "XC", "G")
        stages = ["RECEIVED", "VALID", "HANDED_OVER", "READ"]
        assert await both.stages("XB", sent, len(stages)) == stages
        assert all(each["valid"] for each in await both.got("XB", len(stages), of_message_id=sent["message_id"]))
        assert both["XC"].card()["receipt_stages"] == ("RECEIVED", "VALID", "INVALID", "HANDED_OVER", "READ")
        assert "receipt_stages" not in both["XB"].card()


async def test_a_bureau_that_contradicts_itself_says_both(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="contradicts") as both:
        sent = await both.send("XB", "XC", "G")
        told = await both.got("XB", 3, of_message_id=sent["message_id"])
        assert [each["receipt"]["stage"] for each in told] == ["RECEIVED", "VALID", "INVALID"]
        assert told[-1]["receipt"]["code"] == "office.second-thoughts"


async def test_late_receipts_come_when_most_have_stopped_waiting(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC", XC="late-receipts:30") as both:
        sent = await both.send("XB", "XC", "G")
        assert await both.waits_until() == NOON + timedelta(hours=30)
        assert both["XB"].mailbag.find({"receipts": "yes"}) == []
        both.forward(hours=30)
        assert await both.stages("XB", sent) == ["RECEIVED", "VALID"]
