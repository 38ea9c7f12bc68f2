"""The answer to a travel-document query says what the passport register said, and nothing about a person."""

from datetime import UTC, date, datetime
from importlib.resources import files

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway import safexml
from gateway.findings import Occasion, Severity
from gateway.form import Condition, Form
from gateway.questions import Answer, Match
from gateway.reply import ReplyContext
from gateway.subjects import Document
from schemas.interpol.forms.travel_document_answer import FORM as ANSWER
from schemas.interpol.forms.travel_document_query import FORM as QUERY

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REPLY = ReplyContext(
    own_party="ncb:XA", now=NOW, message_id="0193a5c0-7d10-7a01-8b3c-000000000001", our_reference="XA-NCB-2026-1"
)
OUTBOUND = Occasion(
    now=NOW, inbound=False, own_parties=frozenset({"ncb:XA"}), known_parties=frozenset({"ncb:XB", "ncb:XC"})
)
STOLEN = {
    "passportNumber": "000000001", "type": "ORDINARY", "issuedOn": "2021-06-01", "expiresOn": "2031-06-01",
    "status": "STOLEN", "wantedSince": "2025-06-01", "foundOn": "", "retentionHold": "true",
    "holderRef": "nr01-rec-0001",
}  # fmt: skip


def query(*edits: tuple[str, str]) -> Form:
    text = (files("schemas.interpol") / "samples" / "TravelDocumentQuery.xml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return QUERY.decode(safexml.parse(text.encode()))


def answer(*records: dict[str, str], outcome: str = "", register: str = "passports", **more: object) -> Answer:
    matches = tuple(
        Match(record=f"nr09-rec-{n:04}", kind="document", score=1.0, data=tuple(data.items()))
        for n, data in enumerate(records, 1)
    )
    given = {"outcome": outcome or ("MATCHES" if records else "NO_MATCH"), "matches": matches, **more}
    return Answer(register=register, request_id="r-1", asked_at=NOW, answered_at=NOW, **given)  # type: ignore[arg-type]


def drafted(form: Form, *answers: Answer) -> Form:
    """The draft as the other side reads it; it passes the schema and every rule on its way out."""
    draft = QUERY.draft(form, answers, REPLY)
    assert draft is not None
    root = safexml.parse(etree.tostring(ANSWER.encode(draft), encoding="utf-8"))
    assert ANSWER.validate(root) == []
    assert ANSWER.check(draft, OUTBOUND) == ()
    read = ANSWER.decode(root)
    assert read == draft
    return read


def gaps(form: Form) -> list[str]:
    return [gap.text("Code") for gap in form.named("NotAnswered")]


def test_a_stolen_passport_is_a_hit_with_its_dates() -> None:
    found = drafted(query(), answer(STOLEN))

    record = found.named("Record")[0]
    assert found.value("ResultCode") == "HIT"
    assert found.value("QueryId") == "XB-Q-2026-000917"
    assert found.value("Source") == "NATIONAL"
    assert record.text("KindOfLoss") == "STOLEN"
    assert record.text("EventDate") == "2025-06-01"
    assert record.text("Document", "ExpiresOn") == "2031-06-01"
    assert found.subjects == (Document(kind="PASSPORT", number="000000001", issuing_country="XA", status="STOLEN"),)
    assert not gaps(found)


def test_the_answer_goes_back_to_the_asker_under_the_conditions_of_the_question() -> None:
    form = query()
    header = drafted(form, answer(STOLEN)).header

    assert (header.sender, header.to, header.in_reply_to) == ("ncb:XA", ("ncb:XB",), form.header.message_id)
    assert header.your_references == (form.header.our_reference,)
    assert header.handling == form.header.handling
    assert header.purposes == form.header.purposes
    assert (header.urgency, header.case_reference, header.test) == ("URGENT", "XB-2026-10458", False)


def test_a_question_without_a_level_is_answered_for_official_use_only() -> None:
    form = query(('<h:Handling code="IP-OFFICIAL"/>', ""))

    assert Condition(code="IP-OFFICIAL") in drafted(form, answer()).header.handling


def test_a_short_query_gets_no_dates_of_issue() -> None:
    record = drafted(query(("<WantFull>true", "<WantFull>false")), answer(STOLEN)).named("Record")[0]

    assert record.text("Document", "ExpiresOn") == ""
    assert record.text("EventDate") == "2025-06-01"


def test_a_valid_passport_is_no_hit_and_its_status_is_told() -> None:
    found = drafted(query(), answer({**STOLEN, "status": "valid", "wantedSince": ""}))

    assert found.value("ResultCode") == "NO_HIT"
    assert found.named("Record")[0].text("Document", "Status") == "VALID"
    assert found.named("Record")[0].child("KindOfLoss") is None


def test_an_expired_passport_that_is_still_sought_is_a_hit() -> None:
    found = drafted(query(), answer({**STOLEN, "status": "EXPIRED"}))

    assert found.value("ResultCode") == "HIT"
    assert found.named("Record")[0].text("KindOfLoss") == "NOT_STATED"


def test_a_status_that_nobody_knows_is_left_to_an_officer() -> None:
    found = drafted(query(), answer({**STOLEN, "status": "see the file of Testine", "wantedSince": ""}))

    assert found.value("ResultCode") == "CANDIDATES"
    assert found.named("Record")[0].text("Document", "Status") == "OTHER"


def test_silence_of_the_register_is_told_and_is_no_no_hit() -> None:
    late = drafted(query(), answer(outcome="UNANSWERED", failure="register.too-slow", partial=True))
    down = drafted(query(), answer(outcome="UNANSWERED", failure="source-unavailable"))
    nobody = drafted(query())

    assert (late.value("ResultCode"), gaps(late), late.value("Truncated")) == ("TIMEOUT", ["TIMEOUT"], "false")
    assert (down.value("ResultCode"), gaps(down)) == ("ERROR", ["UNAVAILABLE"])
    assert (nobody.value("ResultCode"), gaps(nobody)) == ("ERROR", ["NOT_ASKED"])


def test_a_refusal_looks_the_same_whatever_its_reason() -> None:
    kinds = [
        answer(outcome="NOT_DISCLOSABLE"),
        answer(outcome="WITHHELD_OWNER_CONSENT"),
        answer(outcome="UNANSWERED", failure="disclosure-prohibited"),
    ]
    answers = [drafted(query(), kind) for kind in kinds]

    assert {found.value("ResultCode") for found in answers} == {"DENIED"}
    assert len({found.fields for found in answers}) == 1


def test_a_copy_that_holds_nothing_proves_nothing() -> None:
    found = drafted(query(), answer(outcome="STALE", as_of=datetime(2026, 11, 18, tzinfo=UTC)))

    assert found.value("ResultCode") == "STALE_SNAPSHOT"
    assert found.value("SnapshotTime") == "2026-11-18T00:00:00Z"


def test_a_hit_in_a_copy_is_a_hit_that_says_so() -> None:
    found = drafted(query(), answer(STOLEN, outcome="STALE"))

    assert (found.value("ResultCode"), gaps(found)) == ("HIT", ["STALE"])


def test_part_of_an_answer_says_that_it_is_part() -> None:
    found = drafted(query(), answer(partial=True))

    assert (found.value("ResultCode"), gaps(found), found.value("Truncated")) == ("ERROR", ["PARTIAL"], "true")


def test_a_document_of_another_state_is_never_answered_from_our_register() -> None:
    # our register holds a stolen passport with the same number
    form = query(("<t:IssuingCountry>XA", "<t:IssuingCountry>XC"), ("XAA", "XCC"))
    found = drafted(form, answer(STOLEN))

    assert (found.value("ResultCode"), gaps(found)) == ("ERROR", ["NOT_ISSUING_COUNTRY"])
    assert not found.named("Record")


def test_a_card_with_the_number_of_a_passport_is_not_that_passport() -> None:
    found = drafted(query(("<t:Kind>PASSPORT", "<t:Kind>IDENTITY CARD")), answer(STOLEN))

    assert (found.value("ResultCode"), gaps(found)) == ("ERROR", ["NOT_ASKED"])


def test_a_record_with_another_number_is_not_passed_on() -> None:
    found = drafted(query(), answer({**STOLEN, "passportNumber": "000000002"}))

    assert (found.value("ResultCode"), gaps(found)) == ("ERROR", ["UNREADABLE"])


def test_what_the_population_register_says_has_no_place_in_the_answer() -> None:
    person = answer({"names": "Testine Prøvesen", "cpr": "7101700008"}, register="cpr")

    assert drafted(query(), answer(STOLEN), person) == drafted(query(), answer(STOLEN))


def test_markings_of_the_register_travel_with_the_answer() -> None:
    marked = answer(STOLEN)
    marked = msgspec.structs.replace(
        marked, matches=(msgspec.structs.replace(marked.matches[0], handling=("NO-COURT",)),)
    )

    assert (
        Condition(code="C0-TEXT", text="Marking of the register: NO-COURT") in drafted(query(), marked).header.handling
    )


def test_conditions_that_do_not_fit_leave_the_answer_to_an_officer() -> None:
    form = query()
    many = tuple(Condition(code="C0-TEXT", text=f"{n} " + "x" * 1990) for n in range(16))
    crowded = msgspec.structs.replace(form, header=msgspec.structs.replace(form.header, handling=many))

    assert QUERY.draft(crowded, [answer(STOLEN)], REPLY) is None


NAMES = ["Testine Prøvesen", "nr01-rec-0001", "7101700008"]
values = st.one_of(
    st.sampled_from(
        ["000000001", "000 000 001", "STOLEN", "lost", "WANTED", "2025-06-01", "", "true", "ORDINARY", *NAMES]
    ),
    st.dates().map(date.isoformat),
    st.text(max_size=20),
)
fields = st.sampled_from([*STOLEN, "holderName", "names", "remarks"])
records = st.one_of(st.dictionaries(fields, values), st.dictionaries(fields, values).map(lambda odd: {**STOLEN, **odd}))
outcomes = st.sampled_from(
    [
        "MATCHES",
        "NO_MATCH",
        "TOO_MANY",
        "NOT_DISCLOSABLE",
        "PENDING",
        "WITHHELD_OWNER_CONSENT",
        "STALE",
        "UNANSWERED",
        "NEW",
    ]
)
answers = st.builds(
    lambda found, outcome, partial, failure, register, handling: msgspec.structs.replace(
        base := answer(*found, outcome=outcome, partial=partial, failure=failure, register=register),
        matches=tuple(msgspec.structs.replace(match, handling=handling) for match in base.matches),
    ),
    st.lists(records, max_size=4), outcomes, st.booleans(), st.sampled_from(["", "timeout", "register.down"]),
    st.sampled_from(["passports", "cpr", "crm"]), st.lists(st.text(max_size=8), max_size=3).map(tuple),
)  # fmt: skip


@given(st.lists(answers, max_size=3), st.booleans())
def test_whatever_registers_say_the_draft_is_in_order_and_names_nobody(said: list[Answer], full: bool) -> None:
    form = query() if full else query(("<WantFull>true", "<WantFull>false"))
    found = drafted(form, *said)

    text = etree.tostring(ANSWER.encode(found), encoding="unicode")
    assert not any(name in text for name in NAMES)
    assert {*form.header.handling} <= {*found.header.handling}
    worst = {finding.severity for finding in ANSWER.check(found, OUTBOUND)}
    assert not worst & {Severity.ERROR, Severity.HOLD}
    silent = all(one.outcome == "UNANSWERED" for one in said if one.register == "passports")
    assert not (silent and found.value("ResultCode") == "NO_HIT")
