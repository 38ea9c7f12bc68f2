"""Messages in files: checked, explained, and samples that pass."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.settings import Partner
from gateway import safexml
from gateway.commands.examination import Examiner, Surroundings, payload_of
from gateway.commands.partner_file import block
from gateway.commands.samples import addressed, freshened, shipped
from gateway.parcel import File, pack
from gateway.setup import make_home
from gateway.signing.keys import KeyRing
from gateway.signing.sign import XadesSigner
from schemas.catalogue import discover
from tests.cli.conftest import PARTIES, Done, Spoc

CORPUS = Path(__file__).parents[1] / "corpus"
NOON = "2026-11-21T12:00:00Z"
KNOWN = ("sirene:XB", "sirene:XC", "ncb:XB", "ncb:XC", "enu:XB", "europol:EUROPOL")
FORMATS = list(discover())
ID = "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001"


@pytest.fixture(scope="module")
def acquainted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose partners are the offices that the corpus writes from."""
    folder = tmp_path_factory.mktemp("acquainted") / "home"
    make_home(folder, PARTIES, "xa.spoc.example", datetime.now(UTC))
    anchor = (folder / "keys" / "authority.cert.pem").read_text()
    rows = [Partner(party=party, name=party, anchors_pem=(anchor,), signers=("someone",)) for party in KNOWN]
    (folder / "partners.toml").write_text(
        "".join(block(one.model_dump(exclude_none=True, exclude_defaults=True)) for one in rows)
    )
    return folder


def checked(spoc: Spoc, home: Path, kind: str) -> tuple[Done, dict[str, dict[str, Any]]]:
    files = sorted(CORPUS.glob(f"*/*/{kind}/*.xml"))
    extra = ["--outbound"] if kind.endswith("-outbound") else []
    done = spoc("--home", home, "check", "--json", "--at", NOON, *extra, *files)
    return done, {str(Path(one["file"]).relative_to(CORPUS)): one for one in done.told["files"]}


@pytest.mark.parametrize("kind", ["passes", "passes-outbound"])
def test_corpus_files_that_pass_are_valid(spoc: Spoc, acquainted: Path, kind: str) -> None:
    done, seen = checked(spoc, acquainted, kind)

    assert {name: one["findings"] for name, one in seen.items() if one["verdict"] == "refused"} == {}
    assert done.code == 0


@pytest.mark.parametrize("kind", ["fails", "fails-outbound"])
def test_corpus_files_that_fail_are_found_out_by_their_rule(spoc: Spoc, acquainted: Path, kind: str) -> None:
    done, seen = checked(spoc, acquainted, kind)

    silent = [
        name for name, one in seen.items()
        if not (CORPUS / name).with_suffix("").is_dir()  # found out by its files, which are not given here
        and not {Path(name).name.partition("--")[0], "CHK-01", "format.version-unknown"} & {finding["rule"] for finding in one["findings"]}
    ]  # fmt: skip
    assert silent == []
    assert done.code == 1


def test_files_are_judged_by_their_own_headers(spoc: Spoc, acquainted: Path) -> None:
    form = CORPUS / "sirene/FormL/fails/R34--prints-in-300-ppi.xml"
    files = [word for file in sorted(form.with_suffix("").glob("*")) for word in ("--attach", file)]
    done = spoc("--home", acquainted, "check", "--json", "--at", NOON, *files, form)

    (seen,) = done.told["files"]
    assert [(one["rule"], one["field"], one["label"]) for one in seen["findings"]] == [
        ("R34", "Header/Attachment[2]", "Attached file")
    ]


@pytest.mark.parametrize("spec", FORMATS, ids=lambda spec: spec.id)
def test_the_sample_of_every_format_passes_its_check(quick: Spoc, spec: Any) -> None:
    sample = quick("sample", spec.id)
    done = quick("check", "--json", "-", given=sample.out)

    (seen,) = done.told["files"]
    assert (done.code, seen["format"], seen["signature"]["state"]) == (0, spec.id, "unsigned"), seen["findings"]
    assert safexml.parse(sample.out).findtext(".//{urn:x-spoc:header:1}MessageId") != safexml.parse(
        shipped(spec)
    ).findtext(".//{urn:x-spoc:header:1}MessageId")


@pytest.mark.parametrize("now", ["2027-03-01T23:59:59", "2028-02-29T00:00:00", "2031-12-31T12:00:00"])
@pytest.mark.parametrize("spec", FORMATS, ids=lambda spec: spec.id)
def test_fresh_samples_are_valid_whenever_they_are_asked_for(spec: Any, now: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    seen = Examiner(Surroundings.of(None), moment).examine(payload_of(freshened(shipped(spec), moment, ID)))

    assert seen.message_id == ID
    assert [one for one in seen.findings if one.severity == "error"] == []


def test_a_sample_is_found_by_every_name_that_people_use(quick: Spoc) -> None:
    told = [quick("sample", name, "--as-shipped").out for name in ("G", "FormG", "sirene/G", "sirene/G@1", "SIRENE/g")]

    assert len(set(told)) == 1


def test_an_unknown_format_is_answered_with_those_there_are(quick: Spoc) -> None:
    done = quick("sample", "Z")

    assert done.code == 66
    assert "sirene/G@1" in done.err


def test_a_sample_for_several_can_be_for_one_alone(quick: Spoc) -> None:
    root = safexml.parse(quick("sample", "M", "--to", "sirene:XD").out)

    assert [each.text for each in root.iter("{urn:x-spoc:header:1}To", "{urn:x-spoc:header:1}Info")] == ["sirene:XD"]


def test_a_sample_can_be_from_and_to_others(quick: Spoc) -> None:
    root = safexml.parse(quick("sample", "G", "--from", "sirene:XC", "--to", "sirene:XD").out)

    assert root.findtext(".//{urn:x-spoc:header:1}From") == "sirene:XC"
    assert root.findtext(".//{urn:x-spoc:header:1}To") == "sirene:XD"
    assert quick("sample", "G", "--from", "nobody").code == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "mail.no-form"), (b"<unclosed>", "xml.not-well-formed"), (b"<!DOCTYPE a><a/>", "xml.dtd"),
        (b"{}", "json.unreadable"), (b"\x00\xff\xfe", "mail.no-form"), (b"From: x@y.example\r\n\r\nhello", "mail.no-form"),
        (b"\xff\xfe<\x00a\x00/\x00>\x00", "xml.encoding"), (b"{" * 100_000, "json.unreadable"),
        (b"<a>" * 5000 + b"</a>" * 5000, "xml.not-well-formed"),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_what_is_no_message_is_refused_with_a_reason(quick: Spoc, tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "odd"
    file.write_bytes(content)
    done = quick("check", "--json", file)

    (seen,) = done.told["files"]
    assert (done.code, seen["verdict"]) == (1, "refused")
    assert seen["findings"][0]["rule"] == code


def test_a_withdrawn_form_is_told_by_its_rule_with_remedy_and_source(quick: Spoc) -> None:
    done = quick("check", "--json", "-", given=quick("sample", "M").out.replace(b"FormM", b"FormB"))

    (seen,) = done.told["files"]
    (told,) = seen["findings"]
    assert (done.code, seen["verdict"], told["rule"], told["field"]) == (1, "refused", "R01", "FormB")
    assert told["label"] and "form M" in told["remedy"] and "2011/406/EU" in told["citation"]


@pytest.mark.parametrize("change", [(b"FormM", b"FormR"), (b"sirene:1", b"sirene:9")], ids=["letter", "version"])
def test_a_form_that_we_do_not_know_would_wait_for_an_officer(quick: Spoc, change: tuple[bytes, bytes]) -> None:
    form = quick("sample", "M").out.replace(*change)
    done, ours = quick("check", "--json", "-", given=form), quick("check", "--json", "--outbound", "-", given=form)
    strict = quick("check", "--strict", "-", given=form)

    assert (done.code, done.told["files"][0]["verdict"], strict.code) == (0, "held", 1)
    assert (ours.code, ours.told["files"][0]["verdict"]) == (1, "refused")


def test_a_file_that_is_not_there_is_said(quick: Spoc, tmp_path: Path) -> None:
    assert quick("check", tmp_path / "nothing.xml").code == 66


def test_files_beside_the_form_are_compared_with_its_list(quick: Spoc, tmp_path: Path) -> None:
    form = tmp_path / "g.xml"
    form.write_bytes(quick("sample", "G").out)
    photo = tmp_path / "vehicle-front.jpg"
    photo.write_bytes(b"not the photo that was announced")
    done = quick("check", "--json", form, "--attach", photo)

    assert done.code == 1
    assert {"ATT-01", "ATT-02"} <= {finding["rule"] for finding in done.told["files"][0]["findings"]}


def test_a_whole_mail_is_opened() -> None:
    form = addressed(shipped(next(spec for spec in FORMATS if spec.element == "FormP")), "sirene:XB", "sirene:XA")
    mail = (
        b"From: oper@xb.sirene.example\r\n"
        + pack(form, [File(file_name="a.txt", media_type="text/plain", content=b"a")]).content
    )
    seen = Examiner(Surroundings.of(None), datetime(2026, 11, 21, 12, tzinfo=UTC)).examine(payload_of(mail))

    assert seen.format == "sirene/P@1"
    assert "ATT-01" in {one.rule for one in seen.findings}


@pytest.fixture
def ours(home: Path) -> bytes:
    """A form that one of our own offices signed."""
    from config.load import load
    from gateway.assembly import key_files

    now = datetime.now(UTC)
    form = freshened(
        addressed(shipped(next(spec for spec in FORMATS if spec.element == "FormP")), "sirene:XA", "sirene:XB"), now, ID
    )
    return XadesSigner(KeyRing.load(key_files(load(home)), now)).sign(safexml.parse(form), "sirene:XA", now)


def test_what_we_signed_ourselves_is_verified(quick: Spoc, home: Path, ours: bytes) -> None:
    signature = quick("--home", home, "check", "--json", "-", given=ours).told["files"][0]["signature"]

    assert (signature["state"], signature["party"], signature["profile"]) == ("verified", "sirene:XA", "xades-b")


def test_a_changed_letter_breaks_the_signature(quick: Spoc, home: Path, ours: bytes) -> None:
    done = quick("--home", home, "check", "--json", "-", given=ours.replace(b">sirene:XB<", b">sirene:XC<"))

    (seen,) = done.told["files"]
    assert (done.code, seen["verdict"], seen["findings"][0]["rule"]) == (1, "refused", "signature.digest")


def test_without_a_home_nobody_knows_whose_signature_it_is(quick: Spoc, ours: bytes) -> None:
    done = quick("check", "--json", "-", given=ours)

    assert done.code == 0
    assert done.told["files"][0]["signature"]["state"] == "unverified"


def test_nothing_in_a_message_drives_the_terminal(quick: Spoc, tmp_path: Path) -> None:
    file = tmp_path / "\x1b]0;owned\x07.xml"
    file.write_bytes(quick("sample", "P").out)
    done = quick("check", file)

    assert b"\x1b" not in done.out
    assert "<001B>" in done.text


def test_explaining_names_the_row_and_the_reason(quick: Spoc) -> None:
    sample = quick("sample", "G").out
    words = quick("explain", "-", given=sample).text
    told = quick("explain", "-", "--json", given=sample).told

    assert told["row"] in words
    assert told["registers"]
    assert told["line"] > 0
    assert told["explanation"]


def test_what_cannot_be_read_cannot_be_explained(quick: Spoc) -> None:
    done = quick("explain", "-", "--json", given=b"<a/>")

    assert done.code == 1
    assert done.trouble["code"] == "explain.no-form"
    assert json.dumps(done.trouble["findings"])


def test_a_holding_row_of_ones_own_table_is_quoted(quick: Spoc, home: Path) -> None:
    table = '[[route]]\nname = "look-first"\nbecause = "We look at everything."\nwhen.family = "sirene"\n'
    table += 'do.hold = "route.look-first"\ndo.hold_text = "Look at it."\n'
    (home / "routes.toml").write_text(table)
    told = quick("--home", home, "explain", "-", "--json", given=quick("sample", "G").out).told

    assert (told["row"], told["hold"], told["table"]) == ("look-first", "route.look-first", str(home / "routes.toml"))
