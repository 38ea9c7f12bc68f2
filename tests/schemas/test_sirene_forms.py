"""What a SIRENE form says beside its fields: markers, subjects, withdrawn letters, and exact findings."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import safexml
from gateway.attachments.recognise import recognise
from gateway.errors import Refused
from gateway.findings import Occasion, Severity
from gateway.form import Field, Form
from gateway.subjects import Document, Thing, Vehicle, kind_of
from schemas.catalogue import discover
from schemas.sirene.markers import (
    Marker,
    MarkerKind,
    asks_more_than_forms,
    forms_asked_for,
    markers,
    missing_person_block,
)

CORPUS = Path(__file__).parents[1] / "corpus" / "sirene"
CATALOGUE = discover()
OCCASION = Occasion(
    now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    inbound=True,
    own_parties=frozenset({"sirene:XA", "ncb:XA", "enu:XA"}),
    known_parties=frozenset({"sirene:XB", "sirene:XC", "ncb:XB", "ncb:XC", "enu:XB", "europol:EUROPOL"}),
)


FOR_THE_RECORD = {"R37-LOSSY", "R50", "R55"}
"""Rules that only inform."""


def read(name: str) -> Form:
    """A form of the corpus."""
    root = safexml.parse((CORPUS / f"{name}.xml").read_bytes())
    return CATALOGUE.recognise(str(root.tag), "1.0").decode(root)


def with_text(form: Form, element: str, number: str, text: str) -> Form:
    """The form with another text in one field."""
    others = tuple(field for field in form.fields if field.name != element)
    return msgspec.structs.replace(form, fields=(*others, Field(name=element, number=number, value=text)))


def kinds(form: Form) -> list[MarkerKind]:
    return [marker.kind for marker in markers(form)]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/fails/*.xml")), ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_broken_form_raises_exactly_the_rule_in_its_name(path: Path) -> None:
    root = safexml.parse(path.read_bytes())
    spec = CATALOGUE.get(f"sirene/{path.parts[-3].removeprefix('Form')}@1")
    files = tuple(recognise(file.read_bytes()) for file in path.with_suffix("").glob("*"))
    found = spec.validate(root) or spec.check(spec.decode(root), msgspec.structs.replace(OCCASION, attachments=files))
    rule = path.stem.partition("--")[0]

    acting = {finding.rule for finding in found if finding.severity is not Severity.INFO}

    assert acting == ({rule} - FOR_THE_RECORD)
    assert rule in {finding.rule for finding in found}


@pytest.mark.parametrize("letter", "BCD")
def test_a_withdrawn_letter_is_refused_with_its_source(letter: str) -> None:
    with pytest.raises(Refused) as refusal:
        CATALOGUE.recognise(f"{{urn:x-spoc:sirene:1}}Form{letter}", "1.0")

    assert refusal.value.code == "format.withdrawn"
    assert "2011/406/EU" in refusal.value.public
    (told,) = refusal.value.findings
    assert (told.rule, told.field, told.severity) == ("R01", f"Form{letter}", "error")
    assert told.label and told.text
    assert "form M" in told.remedy
    assert "2011/406/EU" in told.citation


def test_an_unknown_letter_is_no_withdrawn_one() -> None:
    with pytest.raises(Refused) as refusal:
        CATALOGUE.recognise("{urn:x-spoc:sirene:1}FormR", "1.0")

    assert refusal.value.code == "format.unknown"


def test_field_numbers_are_kept_on_the_wire() -> None:
    spec = CATALOGUE.get("sirene/G@1")
    form = with_text(read("FormG/passes/sample"), "ActionTaken", "", "Seized.")

    root = spec.encode(form)

    action = root.find(".//{urn:x-spoc:sirene:1}ActionTaken")
    assert action is not None
    assert action.get("no") == "088"
    assert spec.validate(root) == []


def test_an_unmapped_number_is_kept() -> None:
    form = read("FormG/passes/sample")

    assert form.number("399") == "A field of a later manual, kept as it came."
    assert CATALOGUE.get(form.format).encode(form).findall(".//{urn:x-spoc:sirene:1}OtherField[@no='399']")


def test_the_article_is_what_field_090_says() -> None:
    assert read("FormG/passes/sample").number("090") == "1862:38"


def test_a_vehicle_is_told_in_neutral_words() -> None:
    assert read("FormG/passes/sample").subjects == (
        Vehicle(
            registration_number="QQ00001", registration_country="XA", vin="ZZZTESTV1N0000001", make="Eksempla",
            model="Kombi 2", colour="blue", kind="MOTOR_VEHICLE",
        ),
    )  # fmt: skip


def test_every_kind_of_object_is_told_in_neutral_words() -> None:
    subjects = read("FormG/passes/every-kind-of-object").subjects

    assert [kind_of(subject) for subject in subjects] == ["vehicle", "thing", "document", "thing", "thing", "thing"]
    assert Document(kind="PASSPORT", number="XA0000000", issuing_country="XA") in subjects
    things = {subject.kind: subject for subject in subjects if isinstance(subject, Thing)}
    assert set(things) == {"AIRCRAFT", "FIREARM", "BANKNOTE", "BOAT"}
    assert things["FIREARM"].serial_number == "T-000"
    assert ("IcaoRegistration", "XA-TST") in things["AIRCRAFT"].details


def test_the_missing_child_is_a_minor_and_the_description_is_read_by_letter() -> None:
    form = read("FormM/passes/sample")

    assert getattr(form.subjects[0], "minor", False)
    block = missing_person_block(form)
    assert [letter for letter, _ in block] == list("abcdfgjklmp")
    assert dict(block)["d"] == "150 cm"


def test_a_line_without_a_letter_belongs_to_the_one_before() -> None:
    text = "(a) Examplestad\non the bridge\nb. fog\nC: 12"

    block = missing_person_block(with_text(read("FormM/passes/sample"), "SupplementaryInformation", "083", text))

    assert block == (("a", "Examplestad\non the bridge"), ("b", "fog"), ("c", "12"))


def test_prose_is_no_description_by_letters() -> None:
    form = with_text(
        read("FormM/passes/sample"), "SupplementaryInformation", "083", "a man was seen\nb) perhaps\nno more"
    )

    assert missing_person_block(form) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SURRENDER agreed", MarkerKind.SURRENDER),
        ("extradition: refused", MarkerKind.EXTRADITION),
        ("  Transit through XC", MarkerKind.TRANSIT),
        ("ARTICLE 36(2) alert, immediate action", MarkerKind.CHECK_IMMEDIATE),
        ("Article 36 (3): immediate action because armed", MarkerKind.CHECK_IMMEDIATE),
        ("ARTICLE 36(3)", MarkerKind.SECURITY_CHECK),
        ("Original Manufactured Vehicle of the twin", MarkerKind.ORIGINAL_VEHICLE),
        ("CONSULTATION PROCEDURE", MarkerKind.CONSULTATION),
    ],
)
def test_a_keyword_at_the_start_of_083_is_a_marker(text: str, kind: MarkerKind) -> None:
    form = with_text(read("FormM/passes/surrender-on-an-arrest-alert"), "SupplementaryInformation", "083", text)

    assert kinds(form) == [kind]


@pytest.mark.parametrize("text", ["They surrender", "SURRENDERED", "ANPR hit", "no TRANSIT"])
def test_the_same_word_elsewhere_is_no_marker(text: str) -> None:
    form = with_text(read("FormM/passes/surrender-on-an-arrest-alert"), "SupplementaryInformation", "083", text)

    assert kinds(form) == []


def test_a_marker_keeps_what_follows() -> None:
    found = markers(read("FormG/passes/camera-hit-on-an-object"))

    assert Marker(kind=MarkerKind.ANPR, number="086", text="camera on the ring road") in found
    assert Marker(kind=MarkerKind.URGENT, number="311", text="The vehicle can be held until 18:00 only.") in found


def test_a_geographical_search_names_its_countries() -> None:
    assert Marker(kind=MarkerKind.GEOGRAPHICAL_SEARCH, number="311", text="XA XC") in markers(
        read("FormA/passes/sample")
    )


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Please send P form.", ("P",)),
        ("send P-form and L form", ("P", "L")),
        ("please send form P", ("P",)),
        ("kindly fill in the form a second time", ()),
        ("When was it stolen?", ()),
        ("", ()),
    ],
)
def test_field_089_asks_for_forms(text: str, asked: tuple[str, ...]) -> None:
    assert forms_asked_for(with_text(read("FormG/passes/sample"), "RequestForInformation", "089", text)) == asked


@pytest.mark.parametrize(("text", "more"), [("Please send P form and L form.", False), ("P form. Who pays?", True)])
def test_field_089_may_ask_more_than_forms(text: str, more: bool) -> None:
    form = with_text(read("FormG/passes/sample"), "RequestForInformation", "089", text)

    assert asks_more_than_forms(form) is more


@pytest.mark.parametrize(
    "text",
    [
        "this form replaces " + "referring to issued on " * 2700,
        "ARTICLE 36(2) " + "immediate " * 6000,
        "a) x\nb) y\nc) z\n" + "more\n" * 12000,
        " " * 63000 + "SURRENDER",
        "form " * 12000,
    ],
    ids=["replaces", "article", "block", "spaces", "forms"],
)
@pytest.mark.timeout(10)
def test_a_long_text_costs_little(text: str) -> None:
    arrest = with_text(read("FormA/passes/new-alert"), "OffenceCircumstances", "044", text)
    message = with_text(read("FormM/passes/sample"), "SupplementaryInformation", "083", text)
    hit = with_text(read("FormG/passes/sample"), "RequestForInformation", "089", text)

    for form in (arrest, message, hit):
        CATALOGUE.get(form.format).check(form, OCCASION)
    assert forms_asked_for(hit) == ()


@given(st.from_regex(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", fullmatch=True), st.text(max_size=50))
def test_no_date_or_text_that_the_schema_allows_breaks_a_rule(born: str, text: str) -> None:
    form = read("FormG/passes/the-driver")
    person = Field(
        name="Person", children=(Field(name="DateOfBirth", number="009", value=born), Field(name="Surname", value=text))
    )
    form = msgspec.structs.replace(form, fields=(*form.fields, person))

    found = CATALOGUE.get(form.format).check(form, OCCASION)

    assert {finding.rule for finding in found} <= {"R37", "R37-LOSSY", "R37-MIXED", "R50", "R53"}


def outbound(form: Form, *to: str, sender: str = "sirene:XA") -> set[str]:
    """The rules that speak when we send the form."""
    header = msgspec.structs.replace(form.header, sender=sender, to=to)
    occasion = msgspec.structs.replace(OCCASION, inbound=False)
    sent = msgspec.structs.replace(form, header=header)
    found = CATALOGUE.get(form.format).check(sent, occasion)
    return {finding.rule for finding in found if finding.severity is not Severity.INFO}


def test_what_we_send_goes_to_known_bureaux_only() -> None:
    form = read("FormG/passes/sample")

    assert outbound(form, "sirene:XB") == set()
    assert outbound(form, "sirene:XQ") == {"R04"}
    assert outbound(form, "ncb:XB") == {"R42"}
    assert outbound(form, "sirene:XC", sender="sirene:XB") == {"R04"}
