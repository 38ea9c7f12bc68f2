"""Two versions of a form meet in one gateway: what comes in the old one is understood, and each partner is written to in the one it
reads, with a report of what that cost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gateway import parcel, safexml
from gateway.envelope import Claim
from gateway.errors import Refused
from gateway.findings import Finding
from gateway.handover import Outgoing
from gateway.journal.entry import read
from gateway.ledger import Row
from gateway.receipts import document
from gateway.stages.check import CheckInbound
from gateway.versions import Days
from schemas.catalogue import discover
from tests.gateway.rig import NOON, Rig
from tests.gateway.test_exchange_story import PHOTO, hit, why

FORMATS = discover()
OLD, NEW = "urn:x-spoc:sirene:0", "urn:x-spoc:sirene:1"
YESTERDAY = NOON.date() - timedelta(days=1)


def in_old_layout(document_: bytes) -> bytes:
    """A form of version 1 as a bureau with version 0 would write it."""
    root = safexml.parse(document_)
    spec = FORMATS.recognise(str(root.tag), root.get("version", ""))
    old, _ = FORMATS.convert(spec.decode(root), spec.id.replace("@1", "@0"))
    return document(FORMATS.get(old.format).encode(old))


def outbound_hit(sender: str = "sirene:XA", to: str = "sirene:XB") -> bytes:
    """The sample hit as one of our own."""
    text = hit().decode()
    return (
        text.replace(">sirene:XB</h:From>", f">{sender}</h:From>")
        .replace(">sirene:XA</h:To>", f">{to}</h:To>")
        .encode()
    )


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as made:
        yield made


def reads(rig: Rig, *majors: int) -> None:
    """XB is a partner that reads these versions of the SIRENE forms."""
    speaking = msgspec.structs.replace(rig.bureaux["sirene:XB"].partner, versions={"sirene": majors})
    rig.directory.replace([speaking, *(one for one in rig.directory if one.party != "sirene:XB")])


async def ordered(rig: Rig, content: bytes, files: tuple[parcel.File, ...] = (PHOTO,)) -> Row:
    """A national system orders a form to be sent to XB."""
    accepted = await rig.gateway.intake.submit(
        "api", parcel.pack(content, files), Claim(sender="case-system"), "sirene:XB"
    )
    await rig.gateway.engine.quiet()
    return await rig.row(accepted.envelope)


def form(out: Outgoing) -> str:
    """The XML that went out."""
    return parcel.open_parcel(out.payload).form.decode()


def forms_sent(rig: Rig) -> list[str]:
    """Namespace and root of the forms that went out, receipts left out."""
    tags = [str(safexml.parse(parcel.open_parcel(out.payload).form).tag) for out in rig.wire.sent]
    return [tag for tag in tags if "spoc:spoc" not in tag]


def said(row: Row) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in row.envelope.findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


async def test_a_hit_in_the_old_layout_is_understood_filed_and_answered_in_the_layout_that_the_partner_reads(
    rig: Rig,
) -> None:
    reads(rig, 0)
    signed = rig.bureaux["sirene:XB"].signed(in_old_layout(hit()), (PHOTO,))
    row = await rig.row(await rig.arrives(signed))

    assert (row.state, why(row)) == ("acknowledged", "exchange.answered")
    assert row.envelope.payload == signed, "the bytes that came are never altered"
    assert row.envelope.identification.format == "sirene/G@0", "what came"
    assert row.envelope.form.format == "sirene/G@1", "what everything after decode sees"
    assert row.envelope.form.value("AlertArticle") == "1862:38"
    assert len(rig.cases.opened) == 1
    assert forms_sent(rig) == [f"{{{OLD}}}FormP"]


async def test_the_same_partner_with_the_current_version_is_answered_in_that(rig: Rig) -> None:
    reads(rig, 0, 1)
    await rig.arrives(rig.bureaux["sirene:XB"].signed(in_old_layout(hit()), (PHOTO,)))

    assert forms_sent(rig) == [f"{{{NEW}}}FormP"]


async def test_what_a_partner_with_the_old_layout_cannot_read_is_reported_field_by_field(rig: Rig) -> None:
    reads(rig, 0)
    row = await ordered(rig, outbound_hit())

    assert row.state == "transmitted", why(row)
    assert forms_sent(rig) == [f"{{{OLD}}}FormG"]
    assert [finding.field for finding in said(row)["VER-04"]] == ["AlertReason (308)", "Keywords (327)"]
    assert all(finding.citation for finding in said(row)["VER-04"])
    assert [finding.field for finding in said(row)["VER-07"]] == ["399"], "an unknown number goes through untouched"
    assert 'no="399"' in form(rig.wire.sent[0])
    entries = [read(link.entry) for link in await rig.ledger.timeline(row.envelope.id)]
    details = next(dict(entry.details) for entry in entries if entry.event == "envelope.checked")
    assert details["converted"] == "sirene/G@1 to sirene/G@0"
    assert details["changed"] == "308:lost 327:lost"


async def test_what_is_sent_is_what_was_checked(rig: Rig) -> None:
    reads(rig, 0)
    row = await ordered(rig, outbound_hit())
    root = safexml.parse(parcel.open_parcel(rig.wire.sent[0].payload).form)
    sent = FORMATS.get("sirene/G@0").decode(root)

    assert FORMATS.convert(sent, "sirene/G@1")[0] == row.envelope.form
    assert FORMATS.get("sirene/G@0").validate(root) == []


async def test_a_condition_that_the_old_layout_cannot_carry_waits_for_an_officer(rig: Rig) -> None:
    reads(rig, 0)
    marked = outbound_hit().replace(b"</Keywords>", b'</Keywords><EuropolHandling no="345">H1</EuropolHandling>')
    assert b"EuropolHandling" in marked
    row = await ordered(rig, marked)

    assert (row.state, why(row)) == ("held", "rules.officer")
    (finding,) = [each for each in said(row)["VER-05"] if each.severity == "hold"]
    assert finding.field == "EuropolHandling (345)"
    assert rig.wire.sent == []
    await rig.gateway.desk.release(row.envelope.id, "officer-7", "Stated by telephone.")
    await rig.gateway.engine.quiet()

    assert (await rig.row(row.envelope.id)).state == "transmitted"
    assert "Europol handling code (345): H1" in form(rig.wire.sent[0]), (
        "it travels as words: a condition is never dropped"
    )


async def test_a_national_system_may_still_write_the_old_layout(rig: Rig) -> None:
    row = await ordered(rig, in_old_layout(outbound_hit()))

    assert row.state == "transmitted", why(row)
    assert forms_sent(rig) == [f"{{{NEW}}}FormG"], "the partner reads the current version"
    assert said(row)["VER-03"][0].text == "The form was converted from sirene/G@0 to sirene/G@1."


async def test_a_form_that_is_written_and_read_in_the_old_layout_goes_out_as_it_was_written(rig: Rig) -> None:
    reads(rig, 0)
    written = in_old_layout(outbound_hit())
    row = await ordered(rig, written)
    sent = safexml.parse(parcel.open_parcel(rig.wire.sent[0].payload).form)
    sent.remove(sent[-1])

    assert safexml.canonical(sent) == safexml.canonical(safexml.parse(written))
    assert "VER-03" not in said(row)


async def test_a_partner_that_reads_no_version_of_ours_is_told_to_the_submitter(rig: Rig) -> None:
    reads(rig, 7)
    row = await ordered(rig, outbound_hit())

    assert (row.state, why(row)) == ("rejected", "recipient.no-version")
    assert row.reason is not None
    assert "takes of sirene: 7" in row.reason.public
    assert "can send the form in: 1, 0" in row.reason.public


async def dated(rig: Rig, **days: object) -> None:
    """The office has agreed on other days for version 0 than those that are shipped."""
    formats = discover({"sirene": {"0": Days(**days)}})  # type: ignore[arg-type]  # dates and a number
    rig.knowledge = msgspec.structs.replace(rig.knowledge, formats=formats)
    await rig.gateway.stop()
    rig.gateway = rig.joined()
    await rig.gateway.start()


async def receives(rig: Rig) -> Row:
    return await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(in_old_layout(hit()), (PHOTO,))))


async def test_the_last_day_counts_in_full(rig: Rig) -> None:
    await dated(rig, accept_until=NOON.date(), grace_days=0)
    row = await receives(rig)

    assert row.state == "acknowledged"
    assert {"VER-01", "VER-02"} & said(row).keys() == set()


async def test_in_the_time_of_grace_a_form_is_taken_and_its_sender_warned(rig: Rig) -> None:
    await dated(rig, accept_until=YESTERDAY, grace_days=30)
    row = await receives(rig)

    assert row.state == "acknowledged"
    (warning,) = said(row)["VER-02"]
    assert warning.severity == "warning"
    assert "ended on 2026-11-20" in warning.text
    assert "refused from 2026-12-21 on" in warning.text
    assert warning.remedy == "Send version 1 (layout of 2021), namespace urn:x-spoc:sirene:1."
    assert any("VER-02" in form(out) for out in rig.wire.sent), "the receipt carries the warning"


async def test_after_the_time_of_grace_the_sender_is_told_which_version_to_send(rig: Rig) -> None:
    await dated(rig, accept_until=YESTERDAY, grace_days=0)
    row = await receives(rig)

    assert (row.state, why(row)) == ("rejected", "rules.refused")
    (refusal,) = said(row)["VER-01"]
    assert refusal.text == "Version 0 (layout of 2015) of the family sirene ended on 2026-11-20."
    assert rig.told() == ["Receipt RECEIVED", "Receipt INVALID"]
    assert "Send version 1 (layout of 2021)" in form(rig.wire.sent[-1])


async def test_a_version_that_has_not_begun_is_refused_with_its_day(rig: Rig) -> None:
    await dated(rig, accept_from=NOON.date() + timedelta(days=1))
    row = await receives(rig)

    assert row.state == "rejected"
    assert "is taken from 2026-11-22 on, not yet" in said(row)["VER-01"][0].text


async def test_it_is_the_day_of_arrival_that_counts_and_not_the_day_of_checking(rig: Rig) -> None:
    await dated(rig, accept_until=NOON.date(), grace_days=0)
    envelope = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(in_old_layout(hit()), (PHOTO,))))
    check = CheckInbound(rig.knowledge.formats, rig.directory, rig.office)
    later = check.judge(envelope.envelope, NOON + timedelta(days=400))

    assert "VER-01" not in {finding.rule for finding in later.envelope.findings}


async def test_a_partner_is_not_written_to_in_a_version_that_may_no_longer_go_out(rig: Rig) -> None:
    await dated(rig, send_until=YESTERDAY)
    reads(rig, 0)
    row = await ordered(rig, outbound_hit())

    assert (row.state, why(row)) == ("rejected", "recipient.no-version")


@pytest.mark.parametrize(
    ("change", "state", "code"),
    [
        ((b'version="0.0"', b'version="1.0"'), "held", "format.version-unknown"),
        ((b'version="0.0"', b'version=""'), "held", "format.version-unknown"),
        ((b"urn:x-spoc:sirene:0", b"urn:x-spoc:sirene:3"), "held", "format.version-unknown"),
        ((b"<Body>", b'<Body xmlns="urn:x-spoc:sirene:1">'), "rejected", "schema.invalid"),
        ((b">2007/533:38<", b">1862:38<"), "rejected", "schema.invalid"),
    ],
    ids=[
        "old root, new version attribute",
        "no version",
        "version 3",
        "old root, new body",
        "an article of the new law",
    ],
)
async def test_a_mixture_of_versions_is_told_as_one(
    rig: Rig, change: tuple[bytes, bytes], state: str, code: str
) -> None:
    written = in_old_layout(hit())
    assert change[0] in written
    row = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(written.replace(*change), (PHOTO,))))

    assert (row.state, why(row)) == (state, code)


async def test_a_form_that_the_old_layout_does_not_have_is_refused_in_words() -> None:
    form_ = FORMATS.get("sirene/G@1").decode(safexml.parse(hit()))
    pretended = msgspec.structs.replace(form_, format="sirene/Z@1")

    with pytest.raises(Refused, match="There is no format sirene/Z@0"):
        FORMATS.convert(pretended, "sirene/Z@0")
