"""A foreign office misbehaves on request: each action at each place, seen from the other office."""

import pytest

from tests.simulators.bureaux import Bureau

Two = tuple[Bureau, Bureau]


def rule(do: str, **when: str | int) -> str:
    conditions = ", ".join(f"{key} = {value!r}" for key, value in when.items())
    return f"[[rule]]\nwhen = {{ {conditions} }}\ndo = {do}\n"


@pytest.mark.parametrize("phase", ["connect", "ehlo", "starttls", "mail", "rcpt", "data", "content"])
async def test_it_refuses_at_the_named_phase(bureaux: Two, phase: str) -> None:
    xb, xc = bureaux
    refusal = '{ action = "refuse", smtp_code = 451, enhanced = "4.7.1", text = "Come back later" }'
    await xc.misbehave(rule(refusal, phase=phase, count=1))

    first = await xb.send("M")
    assert not first["accepted"]
    result = first["result"]
    assert (result["phase"], result["code"], result["enhanced"], result["text"]) == (
        phase, 451, "4.7.1", "Come back later",
    )  # fmt: skip
    assert await xc.has() == []

    second = await xb.send(repeat=first["message_id"])
    assert second["accepted"]
    (form,) = await xc.got(root="FormM")
    assert form["attempt"] == 2


@pytest.mark.parametrize("point", ["connect", "ehlo", "starttls", "mail", "rcpt", "data", "mid-content"])
async def test_it_hangs_up_at_the_named_point_and_keeps_nothing(bureaux: Two, point: str) -> None:
    xb, xc = bureaux
    phase = "data" if point == "mid-content" else point
    await xc.misbehave(rule(f'{{ action = "drop", at = "{point}" }}', phase=phase, count=1))

    first = await xb.send("M")
    assert not first["accepted"]
    assert first["result"]["error"]
    assert first["result"]["phase"] == ("content" if point == "mid-content" else point)
    assert await xc.has() == []
    assert (await xb.send(repeat=first["message_id"]))["accepted"]


async def test_it_hangs_up_after_it_has_kept_the_mail(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('{ action = "drop", at = "after-content" }', phase="content", operation="form-m", nth=1))

    first = await xb.send("M")
    assert not first["accepted"]
    assert first["result"]["error"]
    assert await xb.stages_of(first["message_id"]) == ["RECEIVED", "VALID"]  # the receipts tell that it arrived
    await xb.send(repeat=first["message_id"])
    assert [each["attempt"] for each in await xc.got(duplicate="yes")] == [2]


async def test_a_drop_decided_early_happens_at_its_point(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('{ action = "drop", at = "after-content" }', phase="mail", nth=1))
    sent = await xb.send("M")
    assert (sent["accepted"], sent["result"]["phase"]) == (False, "content")
    assert await xc.got(root="FormM")


async def test_it_says_250_and_loses_the_message(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('"silent"', phase="content", nth=1))

    assert (await xb.send("M"))["accepted"]
    assert len(await xc.events("lost")) == 1
    kept = await xb.send("M")
    await xb.stages_of(kept["message_id"])
    assert [each["message_id"] for each in await xc.has()] == [kept["message_id"]]


async def test_it_sends_no_receipts(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('"silent"', phase="receipt", operation="form-g"))
    silent, loud = await xb.send("G"), await xb.send("M")

    assert await xb.stages_of(loud["message_id"]) == ["RECEIVED", "VALID"]
    assert await xb.has(of_message_id=silent["message_id"]) == []
    assert len(await xc.has(root="FormG")) == 1


async def test_only_the_second_receipt_is_missing(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('"silent"', phase="receipt", key="VALID", nth=1))
    first, second = await xb.send("M"), await xb.send("M")
    await xb.stages_of(second["message_id"])
    assert await xb.stages_of(first["message_id"], 1) == ["RECEIVED"]


async def test_receipts_come_twice(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('{ action = "duplicate", times = 3 }', phase="receipt", key="RECEIVED", count=1))
    sent = await xb.send("M")

    assert await xb.stages_of(sent["message_id"], 4) == ["RECEIVED"] * 3 + ["VALID"]
    assert len(await xb.has(duplicate="yes")) == 2


async def test_a_receipt_is_signed_with_a_key_nobody_trusts(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('"wrong-key"', phase="receipt", nth=1))
    await xb.send("M")

    bad, good = await xb.got(2, root="Receipt")
    assert [each["code"] for each in bad["findings"]] == ["signature.untrusted"]
    assert good["valid"]


@pytest.mark.parametrize("how", ["flip", "truncate", "garbage"])
async def test_a_receipt_is_corrupt(bureaux: Two, how: str) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule(f'{{ action = "corrupt", how = "{how}" }}', phase="receipt", key="VALID", nth=1))
    sent = await xb.send("M")

    (bad,) = await xb.got(valid="no")
    assert bad["findings"]
    assert await xb.stages_of(sent["message_id"], 1) == ["RECEIVED"] or how == "flip"


async def test_a_receipt_that_cannot_be_delivered_is_sent_again(bureaux: Two) -> None:
    xb, xc = bureaux
    refusal = '{ action = "refuse", smtp_code = 451, enhanced = "4.3.0", text = "Try again" }'
    await xb.misbehave(rule(refusal, phase="rcpt", nth=1))
    sent = await xc.send("M")  # xb refuses this one
    assert sent["result"]["code"] == 451
    await xb.misbehave(rule(refusal, phase="rcpt", nth=1))
    sent = await xb.send("M")

    assert await xb.stages_of(sent["message_id"]) == ["RECEIVED", "VALID"]
    (received,) = await xb.has(stage="RECEIVED")
    assert received["attempt"] == 2


async def test_a_form_is_sent_twice_spoilt_or_not_at_all(bureaux: Two) -> None:
    xb, xc = bureaux
    await xb.misbehave(
        rule('"duplicate"', phase="reply", operation="form-m", nth=1)
        + rule('{ action = "corrupt", how = "truncate" }', phase="reply", operation="form-a")
        + rule('"silent"', phase="reply", operation="form-g")
        + rule('"wrong-key"', phase="reply", operation="form-p")
    )
    twice = await xb.send("M")
    assert (len(twice["results"]), twice["attempt"]) == (2, 2)
    assert len(await xc.got(2, message_id=twice["message_id"])) == 2

    await xb.send("A")
    (spoilt,) = await xc.got(valid="no")
    assert [each["code"] for each in spoilt["findings"]] == ["form.unreadable"]
    (receipt,) = await xb.got(stage="INVALID")
    assert receipt["receipt"]["of_digest"] == spoilt["sha256"]

    silent = await xb.send("G")
    assert (silent["accepted"], silent["result"]) == (False, None)

    await xb.send("P")
    (forged,) = await xc.got(root="FormP")
    assert [each["code"] for each in forged["findings"]] == ["signature.untrusted"]


@pytest.mark.parametrize("point", ["connect", "ehlo", "starttls", "mail", "rcpt", "data", "mid-content"])
async def test_the_sender_itself_hangs_up(bureaux: Two, point: str) -> None:
    xb, xc = bureaux
    await xb.misbehave(rule(f'{{ action = "drop", at = "{point}" }}', phase="reply", nth=1))
    sent = await xb.send("M")
    assert not sent["accepted"]
    assert "we hung up" in sent["result"]["error"]
    assert await xc.has() == []


async def test_the_sender_hangs_up_before_it_reads_the_answer(bureaux: Two) -> None:
    xb, xc = bureaux
    await xb.misbehave(rule('{ action = "drop", at = "after-content" }', phase="reply", nth=1))
    sent = await xb.send("M")
    assert not sent["accepted"]
    (form,) = await xc.got(root="FormM")
    assert form["valid"]


async def test_a_slow_sender_is_waited_for(bureaux: Two) -> None:
    xb, xc = bureaux
    slowly = '{ action = "slow-drip", chunk_bytes = 2000, pause_seconds = 0.01 }'
    await xb.misbehave(rule(slowly, phase="reply"))
    assert (await xb.send("M"))["accepted"]
    (form,) = await xc.got(root="FormM")
    assert form["valid"]


async def test_its_door_shows_a_certificate_of_an_unknown_authority(bureaux: Two) -> None:
    xb, xc = bureaux
    for phase in ("connect", "starttls"):
        await xc.misbehave(rule('"wrong-key"', phase=phase, nth=1))
        sent = await xb.send("M")
        assert not sent["accepted"]
        assert (sent["result"]["phase"], "certificate verify failed" in sent["result"]["error"]) == ("starttls", True)
    assert await xc.has() == []


async def test_an_answer_is_delayed(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('{ action = "delay", seconds = 0.2 }', phase="content", nth=1))
    assert (await xb.send("M"))["accepted"]
    (applied,) = await xc.events("scenario-applied")
    assert (applied["action"], applied["phase"]) == ("delay", "content")


async def test_what_cannot_happen_at_a_phase_is_an_error_in_the_scenario(bureaux: Two) -> None:
    xb, _ = bureaux
    for text, words in {
        rule('"duplicate"', phase="rcpt"): "in phase 'rcpt' it cannot 'duplicate'",
        rule('"too-many"'): "cannot do 'too-many'",
        rule('{ action = "drop", at = "mid-answer" }'): "cannot drop at 'mid-answer'",
    }.items():
        status, answer = await xb.call("POST", "/sim/scenario", data=text)
        assert status == 400
        assert words in " ".join(answer["errors"])


async def test_a_rule_without_a_phase_waits_for_a_place_where_it_means_something(bureaux: Two) -> None:
    xb, xc = bureaux
    await xc.misbehave(rule('"duplicate"', count=1))
    sent = await xb.send("M")
    assert await xb.stages_of(sent["message_id"], 3) == ["RECEIVED", "RECEIVED", "VALID"]
