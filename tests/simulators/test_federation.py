"""Bureaux of all states in one process: each itself, all known to each other, and gone without a trace."""

import asyncio
import io
import json
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from config.load import load
from gateway.cli import main
from gateway.setup import make_home
from simulators.command import main as simulators
from simulators.counterparts.bureaux.hosting import Federation, FederationInvalid, Ground, make_plan
from simulators.counterparts.bureaux.states import StateUnknown, fictitious_states, find_state, real_states
from simulators.office.smtp_out import Route, send_mail
from tests.loop_time import PATIENCE_SECONDS
from tests.simulators.callers import ROOT
from tests.simulators.federations import town

SAMPLE = ROOT / "simulators/federations/federation-31.toml"
LETTERS = "AEFGHIJKLMNOPQ"
ALL = "all,XB,XC,XD"


def spoc(*arguments: object) -> int:
    """The command, in this process."""
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    return int(ended.value.code or 0)


async def test_every_state_exchanges_a_form_and_receipts_with_the_next(tmp_path: Path) -> None:
    async with town(tmp_path, ALL) as all_states:
        codes = list(all_states.federation.bureaux)
        assert len(codes) == 34
        pairs = list(zip(codes, codes[1:] + codes[:1], strict=True))

        async def one(code: str, to: str) -> None:
            sent = await all_states.send(code, to, "M")
            assert await all_states.stages(code, sent) == ["RECEIVED", "VALID"], code
            (form,) = await all_states.got(to, root="FormM")
            assert form["verification"]["signer"] == f"SIRENE {code} signing"
            assert form["our_reference"].startswith(f"{code}-M-2026-")
            assert form["body"]["SchengenId"][0].startswith(code)
            assert (form["mailbox"], form["mail_from"]) == ("oper", f"oper@{code.lower()}.sirene.example")

        await asyncio.gather(*(one(*pair) for pair in pairs))


def test_the_gateway_takes_every_card_and_every_form_however_odd(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cards are distinct; mails of every letter, usual and odd, of today and of before, pass `spoc check`."""
    make_home(tmp_path / "home", ("sirene:XA",), "xa.spoc.example", datetime.now(UTC))
    cards, mails = asyncio.run(written_to_us(tmp_path))
    for card in cards:
        assert spoc("--home", tmp_path / "home", "partners", "add", card) == 0

    documents = [json.loads(card.read_text()) for card in cards]
    for distinct in ("party", "addresses", "signers", "anchors_pem", "smtp"):
        assert len({json.dumps(document[distinct]) for document in documents}) == 34
    assert {each.party for each in load(tmp_path / "home").partners.partner} == {each["party"] for each in documents}
    assert [each["party"] for each in documents if each.get("versions")] == ["sirene:NO"]
    capsys.readouterr()
    code = spoc("--home", tmp_path / "home", "check", "--json", *mails)
    checked = json.loads(capsys.readouterr().out)["files"]
    assert [each for each in checked if each["verdict"] != "valid"] == []
    assert code == 0
    assert Counter(each["format"][7:8] for each in checked) == dict.fromkeys(LETTERS, 5)


async def written_to_us(folder: Path) -> tuple[list[Path], list[Path]]:
    """The cards of all, and mails of every letter from five of them, as they stood on the wire."""
    styles = {
        "DK": "", "DE": "odd-encoding", "SE": "odd-encoding-8bit", "FR": "odd-encoding-flowed", "NO": "old-version",
    }  # fmt: skip
    mails: list[Path] = []
    async with town(folder, f"{ALL},XA", datetime.now(UTC), **styles) as everybody:
        for code in styles:
            for letter in LETTERS:
                assert (await everybody.send(code, "XA", letter))["accepted"]
        for entry in everybody["XA"].station.recorder.entries():
            if entry["event"] == "arrived":
                mails.append(folder / f"{len(mails)}.eml")
                mails[-1].write_bytes(entry["text"].encode())
        cards = [bureau.card_file for code, bureau in everybody.federation.bureaux.items() if code != "XA"]
    return cards, mails


async def test_the_file_of_the_sample_federation_can_be_started_and_leaves_nothing(tmp_path: Path) -> None:
    before = len(asyncio.all_tasks())
    federation = Federation(make_plan("", SAMPLE, {}), Ground(folder=tmp_path))
    told: list[str] = []
    await federation.start(told.append)
    document = json.loads(federation.file.read_text())

    assert [told[0].startswith("[ 1/34] AT Austria: 127.0.0.1:"), len(told)] == [True, 34]
    assert len({row["port"] for row in document["bureaux"].values()}) == 34
    cards = [json.loads(federation.bureaux[code].card_file.read_text()) for code in document["bureaux"]]
    assert [each["smtp"]["port"] for each in cards] == [row["port"] for row in document["bureaux"].values()]
    habits = {code: row["habits"] for code, row in document["bureaux"].items() if row["habits"] != "answers"}
    assert habits == {"XB": "late:20,silent-at-night", "XC": "strict,odd-encoding", "XD": "chatty:5,doubles,greylists"}

    await federation.stop()
    await federation.stop()
    assert not federation.file.exists()
    assert len(asyncio.all_tasks()) == before


def test_one_process_serves_all_from_the_command_line_with_one_clock(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulators", "federation", "--folder", str(tmp_path), "--states", "DK,XB"]
    command += ["--set", "habits=late:30", "--clock", "2026-03-02T12:00:00+00:00"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            asyncio.run(play(json.loads(process.stdout.readline())))
        finally:
            process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
        assert process.stderr.read().splitlines()[0].startswith("[ 1/2] DK Denmark: 127.0.0.1:")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["DK", "XB"]


async def play(ready: dict[str, Any]) -> None:
    """An order to one, an answer from the other thirty hours later by their clock."""
    denmark, fiction, both = ready["bureaux"]["DK"]["control"], ready["bureaux"]["XB"]["control"], ready["control"]
    assert denmark == f"{both}/DK"
    async with aiohttp.ClientSession() as session:

        async def call(method: str, url: str, **how: Any) -> Any:
            async with session.request(method, url, **how) as response:
                assert response.status == 200, await response.text()
                return await response.json()

        sent = await call("POST", f"{denmark}/sim/send", json={"form": "I"})
        clock = await call("GET", f"{both}/sim/clock", params={"wait": "10"})
        assert clock == {"now": "2026-03-02T12:00:00+00:00", "stopped": True, "next": "2026-03-03T18:00:00+00:00"}
        turned = await call("POST", f"{fiction}/sim/clock", json={"to": "next"})
        assert turned["now"] == "2026-03-03T18:00:00+00:00"
        query = {"in_reply_to": sent["message_id"], "receipts": "no", "wait": "10"}
        answers = (await call("GET", f"{denmark}/sim/messages", params=query))["messages"]
        assert [each["root"] for each in answers] == ["FormM"]
        await call("POST", f"{both}/sim/reset")
        assert (await call("GET", f"{denmark}/sim/messages"))["messages"] == []
        shown = await call("GET", f"{both}/sim/federation")
        assert shown["bureaux"].keys() == {"DK", "XB"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--states", "DK,UK"), "no bureau of UK (United Kingdom): its access ended on 31 December 2020"),
        (("--states", "DK,US"), "no state uses SIS under the code 'US'"),
        ((), "which states?"),
        (("--states", "DK", "--set", "habit=late"), "knows no such key; known are state, habits"),
        (("--states", "DK", "--set", "domain=x.example"), "cannot be the same for all"),
        (("--states", "DK", "--set", "habits=lazy"), "no habit is called 'lazy'"),
        (("--states", "DK", "--tls"), "--tls means nothing to federation"),
    ],
)
def test_a_federation_that_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str
) -> None:
    assert simulators(["federation", "--folder", str(tmp_path), *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert reason in told.err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("states = [", "not TOML"),
        ("sates = []", "and nothing else"),
        ('states = ["XB"]\n[bureau.XC]\nhabits = ""', "bureau.XC is not among the states"),
        ('states = ["XB"]\n[all]\nhabits = 3', "holds texts"),
        ('states = ["XB"]\n[bureau.XB]\nhabit = "late"', "knows no such key"),
    ],
)
def test_a_federation_file_that_cannot_be_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "federation.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=reason) as refused:
        make_plan("", file, {})
    assert isinstance(refused.value, FederationInvalid) or "key" in reason


async def test_started_again_in_its_folder_it_is_the_same_federation(tmp_path: Path) -> None:
    anchors = []
    for _ in range(2):
        async with town(tmp_path, "DK,XB") as both:
            anchors.append([both[code].card()["anchors_pem"] for code in ("DK", "XB")])
    assert anchors[0] == anchors[1]


async def test_large_files_are_ordered_through_the_common_control_port(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC") as both, aiohttp.ClientSession() as session:
        scan = {"name": "scan.pdf", "media_type": "application/pdf", "base64": "A" * 3 * 1024 * 1024}
        order = {"form": "M", "attachments": [scan]}
        body = io.BytesIO(json.dumps(order).encode())
        async with session.post(f"{both.federation.control}/XB/sim/send", data=body) as response:
            assert (response.status, (await response.json())["accepted"]) == (200, True)


async def test_a_port_that_is_taken_stops_the_whole_federation(tmp_path: Path) -> None:
    async with town(tmp_path / "one", "XB") as one:
        plan = make_plan("XC,XD", None, {})
        second = Federation(plan, Ground(folder=tmp_path / "two", first_port=one["XB"].port - 1))
        with pytest.raises(OSError, match="address already in use"):
            await second.start()
        await second.stop()


def test_the_sample_federation_leaves_real_states_without_oddities() -> None:
    table = tomllib.loads(SAMPLE.read_text())
    assert table["all"] == {"habits": "answers"}
    assert table["bureau"].keys() <= {each.code for each in fictitious_states()}


def test_thirty_one_states_and_no_more() -> None:
    states = real_states()
    assert len({each.code for each in states}) == len(states) == 31
    assert {each.confidence for each in states} <= {"verified", "manual-2015", "secondary"}
    assert [each.code for each in states if each.takes_no_part_in] == ["IE"]
    assert find_state("el").also == ("GR",)
    assert find_state("QN").fictitious
    for code in ("UK", "GB", "US", "", "XBX"):
        with pytest.raises(StateUnknown):
            find_state(code)


async def test_ireland_refuses_what_it_takes_no_part_in(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,IE") as both:
        sent = await both.send("XB", "IE", "N")
        assert await both.stages("XB", sent) == ["RECEIVED", "INVALID"]
        assert [each["code"] for each in (await both.got("IE", root="FormN"))[0]["findings"]] == ["R41"]
        assert await both.stages("XB", await both.send("XB", "IE", "H")) == ["RECEIVED", "VALID"]


async def test_each_mailbox_keeps_what_came_to_it(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC,XD", XD="strict") as three:
        await three.send("XB", "XC", "G", mailbox="consult")
        await three.send("XB", "XD", "G", mailbox="tech")
        await three.send("XB", "XD", "M", mailbox="message")
        nobody = await three.send("XB", "XC", "G", mailbox="canteen")

        (noted,) = await three.got("XC", mailbox="consult")
        assert (noted["valid"], [each["code"] for each in noted["remarks"]]) == (True, ["R21"])
        (refused,) = await three.got("XD", mailbox="tech")
        assert (refused["valid"], [each["code"] for each in refused["findings"]]) == (False, ["R21"])
        assert (await three.got("XD", mailbox="message"))[0]["valid"]
        assert (nobody["result"]["code"], nobody["result"]["phase"]) == (550, "rcpt")


async def test_free_text_to_the_mailboxes_for_it_is_kept_and_not_answered(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC") as both:
        for mailbox in ("consult", "oper"):
            route = Route(
                host="127.0.0.1", port=both["XC"].port, mail_from="oper@xb.sirene.example",
                recipient=f"{mailbox}@xc.sirene.example", helo="xb.sirene.example", tls=None,
            )  # fmt: skip
            assert (await send_mail(route, b"Subject: consultation\r\n\r\nMay we?\r\n")).accepted

        (text,) = await both.got("XC", mailbox="consult")
        assert (text["root"], text["free_text"], text["valid"]) == ("FreeText", "May we?\r\n", True)
        (form,) = await both.got("XC", mailbox="oper")
        assert form["findings"][0]["code"] == "form.unreadable"
        assert len(await both.got("XB", 2)) == 2  # the receipts for what came to the operational mailbox only


async def test_a_domain_is_a_setting_and_an_example(tmp_path: Path) -> None:
    plan = make_plan("DK", None, {})
    settings = {"DK": {"domain": "testdk.sirene.example", "zone": "UTC"}}
    federation = Federation(type(plan)(states=plan.states, settings=settings), Ground(folder=tmp_path))
    await federation.start()
    assert federation.bureaux["DK"].card()["addresses"] == ["oper@testdk.sirene.example"]
    await federation.stop()

    for wrong in ({"domain": "dk.sirene.eu"}, {"zone": "Mars/Base"}, {"consent": "perhaps"}):
        refused = Federation(type(plan)(states=plan.states, settings={"DK": wrong}), Ground(folder=tmp_path))
        with pytest.raises(ValueError, match=next(iter(wrong))):
            await refused.start()
        await refused.stop()


async def test_the_control_port_shows_and_changes_habits(tmp_path: Path) -> None:
    async with town(tmp_path, "XB,XC") as both, aiohttp.ClientSession() as session:
        control = f"{both.federation.control}/XC/sim/habits"
        async with session.post(control, data="late:40,strict") as response:
            assert await response.json() == {"habits": "late:40,strict", "state": "XC", "zone": "UTC"}
        async with session.post(control, data="lazy") as response:
            assert response.status == 400
            assert "no habit is called 'lazy'" in (await response.json())["errors"][0]
        assert both["XC"].conduct.answer_after_hours == 40
        both["XC"].reset()
        assert both["XC"].habits == ""


def test_habits_and_states_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    for what, expected in (("habits", ("late:13", "silent-at-night", "Invented")), ("states", ("IE  Ireland", "XD  "))):
        assert simulators([what]) == 0
        told = capsys.readouterr().out
        assert all(each in told for each in expected)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("crm", "--set", "seed=x.toml"), "crm knows no such key; known are seeds"),
        (("polsas", "--set", "keeps=yes"), "polsas knows no such key; known are seeds, keep"),
        (("sirene-bureau", "--set", "stat=DK"), "knows no such key; known are state, habits, consent, domain, zone"),
        (("ncb", "--set", "habits=late"), "ncb knows no such key; known are state, partner-card"),
        (("europol-desk", "--set", "state=XB"), "europol-desk knows no such key; known are party, partner-card"),
        (("sirene-bureau", "--set", "state=GB"), "no bureau of GB (United Kingdom)"),
        (("all", "--only", "crm,ncb", "--set", "habits=late"), "none of them knows such a key"),
    ],
)
def test_a_setting_that_means_nothing_is_refused_with_those_that_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str
) -> None:
    assert simulators([*arguments, "--folder", str(tmp_path)]) == 2
    assert reason in capsys.readouterr().err
    assert list(tmp_path.glob("*.json")) == []
