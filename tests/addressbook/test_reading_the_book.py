"""The address book as a file: signature first, then schema, then sense; an older issue never takes the place of a newer one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.addressbook.book import MailboxKind
from gateway.addressbook.shelf import STALE_DAYS, Shelf, differences, stale
from gateway.errors import Misconfigured, Refused
from gateway.signing.verify import StrictVerifier
from schemas.address_book.reading import MAX_BOOK_OCTETS, read
from tests.addressbook.books import NOW, Publisher, book_xml, bureau_xml

WHOLE = bureau_xml(
    "XB",
    "<Telephone>+999 555 0100</Telephone><Zone>Europe/Vienna</Zone><Language>en</Language>",
    '<Alternative channel="amqp" routingKey="sirene.xb"/><Alternative channel="smtp" host="relay.xb.example" port="2525"/>',
    '<Downtime from="2026-12-01T00:00:00Z" until="2026-12-01T06:00:00Z">New cable</Downtime>',
    '<TakesNoPart article="1861:24" confidence="proposal">Agreement</TakesNoPart>',
)


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return Publisher(tmp_path_factory.mktemp("publisher"))


@pytest.fixture
def shelf(tmp_path: Path, publisher: Publisher) -> Shelf:
    verifier = StrictVerifier()
    return Shelf(tmp_path / "address-book.xml", lambda document, now: read(document, publisher.partner, verifier, now))


def test_everything_in_the_file_is_in_the_book(publisher: Publisher) -> None:
    book = read(publisher.signed(book_xml(WHOLE, bureau_xml("XC"), issue=7)), publisher.partner, StrictVerifier(), NOW)
    assert (book.issue, len(book.bureaus)) == (7, 2)
    assert publisher.signer in book.publisher
    found = book.bureau("sirene:XB")
    assert found is not None
    assert found.mailbox(MailboxKind.OPERATIONAL) == "oper@xb.sirene.example"
    assert (found.telephone, found.zone, found.languages) == ("+999 555 0100", "Europe/Vienna", ("en",))
    assert [(each.channel, each.routing_key, each.host, each.port) for each in found.alternatives] == [
        ("amqp", "sirene.xb", "", 25), ("smtp", "", "relay.xb.example", 2525),
    ]  # fmt: skip
    assert found.down_at(NOW) is None
    assert found.down_at(found.downtimes[0].begins) == found.downtimes[0]
    assert found.down_at(found.downtimes[0].ends) is None
    assert [each.covers("1861:24(1)(a)") for each in found.takes_no_part] == [True]
    assert [each.covers("1861:25") for each in found.takes_no_part] == [False]
    assert book.mailbox_kind("sirene:XB", "OPER@xb.sirene.example") is MailboxKind.OPERATIONAL
    assert book.mailbox_kind("sirene:XC", "oper@xb.sirene.example") is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (book_xml(bureau_xml("XB", mailbox='<Mailbox kind="tech">t@xb.example</Mailbox>')), "no operational mailbox"),
        (book_xml(bureau_xml("XB"), bureau_xml("XB")), "Bureau[2]"),
        (book_xml(bureau_xml("XB", mailbox='<Mailbox kind="oper">a@x.example</Mailbox><Mailbox kind="oper">b@x.example</Mailbox>')), "two mailboxes"),
        (book_xml(bureau_xml("XB"), bureau_xml("XC", mailbox='<Mailbox kind="oper">OPER@xb.sirene.example</Mailbox>')), "belongs to sirene:XB as well"),
        (book_xml(bureau_xml("XB", "<Zone>Mars/Olympus</Zone>")), "time zone"),
        (book_xml(bureau_xml("XB", '<Downtime from="2026-12-02T00:00:00Z" until="2026-12-01T00:00:00Z"/>')), "before it begins"),
        (book_xml(bureau_xml("XB", '<Alternative channel="smtp"/>')), "neither a mail address nor a host"),
        (book_xml(), "Bureau"),
        (b"<AddressBook/>", "root element"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(publisher: Publisher, document: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read(publisher.signed(document), publisher.partner, StrictVerifier(), NOW)
    assert refused.value.code == "address-book.invalid"
    assert said in refused.value.public


def test_only_the_publisher_is_believed(publisher: Publisher, shelf: Shelf, tmp_path: Path) -> None:
    good = publisher.signed(book_xml(bureau_xml("XB")))
    other = Publisher(tmp_path / "other").signed(book_xml(bureau_xml("XB")))
    for document in (
        book_xml(bureau_xml("XB")), other, good.replace(b"oper@xb", b"oper@xc"), b"not XML", b" " * (MAX_BOOK_OCTETS + 1),
    ):  # fmt: skip
        with pytest.raises(Refused):
            shelf.examine(document, NOW, None)
    assert shelf.examine(good, NOW, None).issue == 1


def test_only_a_newer_issue_that_is_valid_already_takes_the_place(publisher: Publisher, shelf: Shelf) -> None:
    second = shelf.examine(publisher.signed(book_xml(bureau_xml("XB"), issue=2)), NOW, None)
    for issue in (1, 2):
        with pytest.raises(Refused) as refused:
            shelf.examine(publisher.signed(book_xml(bureau_xml("XC"), issue=issue)), NOW, second)
        assert refused.value.code == "address-book.older"
    later = publisher.signed(book_xml(bureau_xml("XB"), issue=3, valid_from=NOW + timedelta(days=1)))
    with pytest.raises(Refused) as early:
        shelf.examine(later, NOW, second)
    assert early.value.code == "address-book.not-yet"
    third = shelf.examine(later, NOW + timedelta(days=2), second)
    assert differences(second, third) == ()


def test_what_is_kept_is_verified_again_when_it_is_read(publisher: Publisher, shelf: Shelf) -> None:
    assert shelf.in_force(NOW) is None
    document = publisher.signed(book_xml(bureau_xml("XB")))
    shelf.keep(document)
    assert shelf.file.read_bytes() == document
    assert shelf.file.stat().st_mode & 0o077 == 0
    found = shelf.in_force(NOW)
    assert found is not None
    assert found.issue == 1
    shelf.file.write_bytes(document.replace(b"oper@xb", b"oper@xc"))
    with pytest.raises(Misconfigured) as refused:
        shelf.in_force(NOW)
    assert "spoc address-book take" in refused.value.operator


def test_the_changes_of_an_issue_are_told_party_by_party(publisher: Publisher, shelf: Shelf) -> None:
    first = shelf.examine(publisher.signed(book_xml(bureau_xml("XB"), bureau_xml("XC"))), NOW, None)
    second = shelf.examine(
        publisher.signed(book_xml(bureau_xml("XB", name="New name"), bureau_xml("XD"), issue=2)), NOW, first
    )
    assert differences(first, second) == ("sirene:XD: added", "sirene:XC: removed", "sirene:XB: name changed")
    assert differences(None, first) == ("sirene:XB: added", "sirene:XC: added")


def test_a_book_that_should_have_had_a_successor_is_stale(publisher: Publisher, shelf: Shelf) -> None:
    book = shelf.examine(publisher.signed(book_xml(bureau_xml("XB"), valid_from=NOW)), NOW, None)
    assert not stale(book, NOW + timedelta(days=STALE_DAYS))
    assert stale(book, NOW + timedelta(days=STALE_DAYS + 1))
