"""Who gets a form, and at which mailbox: what the address book and the specialities of the states say."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from gateway import safexml
from gateway.addressbook.book import Book, Bureau, Mailbox, MailboxKind, Speciality
from gateway.findings import Finding, Occasion
from gateway.form import Form
from schemas.catalogue import discover
from schemas.sirene.states import all_states, kept_from

CORPUS = Path(__file__).parents[1] / "corpus" / "sirene"
CATALOGUE = discover()
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OPER, MESSAGE = "oper@xa.sirene.example", "message@xa.sirene.example"
BOOK = Book(
    issue=1, issued=NOW, valid_from=NOW, publisher="Book", digest="0" * 64,
    bureaus=(
        Bureau(
            party="sirene:XA", state="XA", name="XA",
            mailboxes=(
                Mailbox(kind=MailboxKind.OPERATIONAL, address=OPER), Mailbox(kind=MailboxKind.FREE_TEXT, address=MESSAGE),
            ),
        ),
        Bureau(
            party="sirene:XC", state="XC", name="XC", mailboxes=(Mailbox(kind=MailboxKind.OPERATIONAL, address="oper@xc.sirene.example"),),
            takes_no_part=(Speciality(article="1862:26", citation="Agreement of XC", confidence="proposal"),),
        ),
    ),
)  # fmt: skip


def read(name: str, **header: object) -> Form:
    root = safexml.parse((CORPUS / f"{name}.xml").read_bytes())
    form = CATALOGUE.recognise(str(root.tag), "1.0").decode(root)
    return msgspec.structs.replace(form, header=msgspec.structs.replace(form.header, **header))


def findings(form: Form, rule: str, *addresses: str, book: Book | None = BOOK) -> list[Finding]:
    occasion = Occasion(
        now=NOW, inbound=True, own_parties=frozenset({"sirene:XA"}), known_parties=frozenset({"sirene:XB", "sirene:XC"}),
        book=book, addresses=addresses,
    )  # fmt: skip
    return [each for each in CATALOGUE.get(form.format).check(form, occasion) if each.rule == rule]


URGENT = read("FormG/passes/sample", urgency="URGENT")


def test_an_urgent_form_at_another_mailbox_is_refused() -> None:
    (found,) = findings(URGENT, "R21", MESSAGE)
    assert found.field == "311"
    assert "message" in found.text
    assert "operational mailbox" in found.remedy


@pytest.mark.parametrize(
    ("form", "addresses", "book"),
    [
        (URGENT, (OPER,), BOOK),
        (URGENT, (MESSAGE, OPER.upper()), BOOK),  # it came to the operational mailbox as well
        (URGENT, ("somebody@xa.sirene.example",), BOOK),  # the book does not say what this one is read for
        (URGENT, (), BOOK),  # it came by a queue
        (URGENT, (MESSAGE,), None),
        (read("FormE/passes/sample"), (MESSAGE,), BOOK),
    ],
)
def test_nothing_is_said_where_the_mailbox_is_right_or_not_known(
    form: Form, addresses: tuple[str, ...], book: Book | None
) -> None:
    assert findings(form, "R21", *addresses, book=book) == []


def test_a_speciality_of_the_address_book_counts_like_one_of_the_law() -> None:
    arrest = read("FormA/passes/sample", to=("sirene:XA", "sirene:XC"))
    (found,) = findings(arrest, "R41")
    assert "sirene:XC takes no part in alerts under 1862:26 (Agreement of XC)." in found.text
    assert findings(arrest, "R41", book=None) == []
    assert kept_from("sirene:XC", "1862:26(1)", BOOK)
    assert kept_from("sirene:XC", "1862:260", BOOK) is None
    assert kept_from("sirene:XC", "1862:26", None) is None


def test_thirty_one_states_use_sis_and_each_fact_has_a_source() -> None:
    states = all_states()
    assert len({state.code for state in states}) == len(states) == 31
    assert all(state.source and state.confidence for state in states)
    assert [state.code for state in states if state.takes_no_part] == ["IE"]


@pytest.mark.parametrize("article", ["1861:24", "1861:25(1)", "1860:3", "1860"])
def test_ireland_takes_no_part_in_refusal_of_entry_and_return(article: str) -> None:
    found = kept_from("sirene:IE", article, None)
    assert found is not None
    assert found.confidence == "verified"
    assert kept_from("ncb:IE", article, None) is None
