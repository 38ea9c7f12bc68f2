"""The address book from the command line: signed, looked at, found by the doctor; taken in only by a gateway that runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.setup import make_home
from tests.addressbook.books import book_xml, bureau_xml
from tests.cli.conftest import Spoc

NOW = datetime.now(UTC)


def publisher_of(folder: Path) -> Path:
    """A home whose key signs address books."""
    make_home(folder, ("book:EU",), "book.example", NOW)
    return folder


def believe(home: Path, publisher: Path) -> None:
    """The settings name this publisher."""
    anchors = publisher / "keys" / "authority.cert.pem"
    with (home / "spoc.toml").open("a") as file:
        file.write(f'\n[address_book]\nanchors_file = "{anchors}"\nsigners = ["BOOK EU signing"]\n')


def signed(quick: Spoc, publisher: Path, folder: Path, *bureaus: str, age: timedelta = timedelta(days=1)) -> Path:
    draft, file = folder / "draft.xml", folder / "issue.xml"
    draft.write_bytes(book_xml(*bureaus, valid_from=(NOW - age).replace(microsecond=0)))
    done = quick("--home", publisher, "address-book", "sign", draft, "--party", "book:EU")
    assert done.code == 0, done.err
    file.write_bytes(done.out)
    return file


def test_an_issue_is_signed_looked_at_and_found_by_the_doctor(quick: Spoc, home: Path, tmp_path: Path) -> None:
    publisher = publisher_of(tmp_path / "publisher")
    believe(home, publisher)
    doctor = quick("--home", home, "doctor", "--offline", "--json")
    assert any(each["what"] == "address book" and each["state"] == "warning" for each in doctor.told["points"])
    issue = signed(quick, publisher, tmp_path, bureau_xml("XB"))
    done = quick("--home", home, "address-book", "check", issue, "--json")
    assert done.code == 0, done.err
    assert (done.told["issue"], done.told["in_force"], done.told["changes"]) == (1, 0, ["sirene:XB: added"])
    (home / "address-book.xml").write_bytes(issue.read_bytes())
    again = quick("--home", home, "address-book", "check", issue, "--json")
    assert (again.told["in_force"], again.told["changes"]) == (1, [])
    doctor = quick("--home", home, "doctor", "--offline", "--json")
    assert any(each["what"] == "address book" and each["state"] == "ok" for each in doctor.told["points"])


def test_a_stale_book_is_told_to_the_operator(quick: Spoc, home: Path, tmp_path: Path) -> None:
    publisher = publisher_of(tmp_path / "publisher")
    believe(home, publisher)
    issue = signed(quick, publisher, tmp_path, bureau_xml("XB"), age=timedelta(days=300))
    (home / "address-book.xml").write_bytes(issue.read_bytes())
    doctor = quick("--home", home, "doctor", "--offline", "--json")
    (point,) = [each for each in doctor.told["points"] if each["what"] == "address book"]
    assert point["state"] == "warning"
    assert "newer" in point["text"]


def test_a_book_that_somebody_changed_on_the_disk_keeps_the_gateway_from_starting(
    quick: Spoc, home: Path, tmp_path: Path
) -> None:
    publisher = publisher_of(tmp_path / "publisher")
    believe(home, publisher)
    issue = signed(quick, publisher, tmp_path, bureau_xml("XB"))
    (home / "address-book.xml").write_bytes(issue.read_bytes().replace(b"oper@xb", b"oper@xc"))
    doctor = quick("--home", home, "doctor", "--offline", "--json")
    assert doctor.code != 0
    assert any("address-book take" in each["text"] + each["remedy"] for each in doctor.told["points"])


def test_what_cannot_be_done_says_why(quick: Spoc, home: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.xml"
    draft.write_bytes(book_xml(bureau_xml("XB", mailbox='<Mailbox kind="tech">t@x.example</Mailbox>')))
    no_publisher = quick("--home", home, "address-book", "check", draft, "--json")
    assert no_publisher.trouble["code"] == "address-book.none"
    assert "[address_book]" in no_publisher.trouble["remedy"]
    senseless = quick("--home", home, "address-book", "sign", draft, "--party", "sirene:XA", "--json")
    assert "operational mailbox" in senseless.trouble["text"]
    not_ours = quick("--home", home, "address-book", "sign", draft, "--party", "sirene:XB", "--json")
    assert not_ours.trouble["code"] == "party.not-ours"
    not_running = quick("--home", home, "address-book", "show", "--json")
    assert not_running.code == 69
