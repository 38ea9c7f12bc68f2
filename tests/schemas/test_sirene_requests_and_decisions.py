"""Forms by which one state asks or tells another about its alert: E, F, H to L, N, O, Q, and more time asked for by M."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import safexml
from gateway.findings import Occasion, Severity
from gateway.form import Field, Form, ManifestEntry
from gateway.subjects import Person
from schemas.catalogue import discover

CORPUS = Path(__file__).parents[1] / "corpus" / "sirene"
CATALOGUE = discover()
OCCASION = Occasion(
    now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    inbound=True,
    own_parties=frozenset({"sirene:XA"}),
    known_parties=frozenset({"sirene:XB", "sirene:XC", "sirene:IE"}),
)


def read(name: str) -> Form:
    """A form of the corpus."""
    root = safexml.parse((CORPUS / f"{name}.xml").read_bytes())
    return CATALOGUE.recognise(str(root.tag), "1.0").decode(root)


def spoken(form: Form) -> set[str]:
    """The rules that have something against the form."""
    found = CATALOGUE.get(form.format).check(form, OCCASION)
    return {finding.rule for finding in found if finding.severity is not Severity.INFO}


def with_part(form: Form, path: tuple[str, str], value: str) -> Form:
    """The form with another text in one part of one field."""
    outer, inner = path
    fields = []
    for field in form.fields:
        parts = tuple(
            msgspec.structs.replace(part, value=value) if part.name == inner else part for part in field.children
        )
        fields.append(msgspec.structs.replace(field, children=parts) if field.name == outer else field)
    return msgspec.structs.replace(form, fields=tuple(fields))


def with_issuer(form: Form, issuer: str) -> Form:
    """The form with another issuing state beside the Schengen ID."""
    fields = tuple(
        msgspec.structs.replace(field, attributes=(("issuer", issuer),)) if field.name == "SchengenId" else field
        for field in form.fields
    )
    return msgspec.structs.replace(form, fields=fields)


def headed(form: Form, **changes: object) -> Form:
    """The form with another header."""
    return msgspec.structs.replace(form, header=msgspec.structs.replace(form.header, **changes))


def test_the_numbers_of_the_flag_are_on_the_wire() -> None:
    form = read("FormF/passes/sample")

    assert form.number("071") == "Please add a flag for our territory."
    assert form.number("075") == ""
    assert form.number("080").startswith("The person is a national of XB")


def test_the_identifier_of_an_alert_is_never_read_for_its_state() -> None:
    # The text begins with XA; only the attribute says who issued the alert.
    unknown = with_issuer(read("FormE/passes/sample"), "")

    assert spoken(headed(unknown, to=("sirene:XC",), info=("sirene:XA",))) == set()


@pytest.mark.parametrize("letter", "EFHIJKQ")
def test_a_first_message_goes_to_the_issuing_state_and_an_answer_may_go_elsewhere(letter: str) -> None:
    asked = with_issuer(read(f"Form{letter}/passes/sample"), "XC")

    assert "R07" in spoken(asked)
    assert "R07" not in spoken(headed(asked, info=("sirene:XC",)))
    assert "R07" not in spoken(headed(asked, your_references=("XC-M-2026-0000001",)))


@pytest.mark.parametrize(
    ("discovered", "sent", "late"),
    [
        ("2026-11-20T23:30:00Z", "2026-11-24T23:00:00Z", False),
        ("2026-11-20T23:30:00Z", "2026-11-25T00:30:00Z", True),
        ("2026-11-21T10:00:00Z", "2026-11-24T10:00:00Z", False),
        ("2026-11-22T10:00:00Z", "2026-11-25T10:00:00Z", True),
        ("2026-11-18T10:00:00Z", "2026-11-20T10:00:00Z", False),
    ],
)
def test_saturdays_and_sundays_are_no_working_days(discovered: str, sent: str, late: bool) -> None:
    form = with_part(read("FormJ/passes/sample"), ("Objection", "DiscoveredAt"), discovered)
    at = datetime.fromisoformat(sent)

    found = CATALOGUE.get(form.format).check(headed(form, sent=at), msgspec.structs.replace(OCCASION, now=at))

    assert any("weekdays" in finding.text for finding in found) is late


@pytest.mark.parametrize(
    "moment", ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-20T24:00:00Z", "0001-01-01T00:00:00.999999Z"]
)
def test_an_odd_time_of_discovery_breaks_no_rule(moment: str) -> None:
    form = with_part(read("FormJ/passes/sample"), ("Objection", "DiscoveredAt"), moment)

    assert spoken(form) <= {"R25"}


@given(st.from_regex(r"-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}(Z|[+-]14:00)?", fullmatch=True), st.integers(1, 10**30))
def test_no_day_and_no_number_of_days_breaks_a_rule(day: str, days: int) -> None:
    form = read("FormM/passes/more-time-for-a-consultation")
    form = with_part(form, ("ConsultationExtension", "ConsultationReceivedOn"), day)
    form = with_part(form, ("ConsultationExtension", "ExtraDays"), str(days))

    assert ("R45" in spoken(form)) is (days > 12)


@pytest.mark.parametrize(("received", "late"), [("2026-11-07", False), ("2026-11-06", True)])
def test_more_time_is_asked_for_within_fourteen_days(received: str, late: bool) -> None:
    form = read("FormM/passes/more-time-for-a-consultation")

    found = spoken(with_part(form, ("ConsultationExtension", "ConsultationReceivedOn"), received))

    assert found == ({"R45-LATE"} if late else set())


@pytest.mark.parametrize("letter", "NO")
def test_a_permit_decision_never_goes_to_ireland(letter: str) -> None:
    form = read(f"Form{letter}/passes/no-article-given")

    assert spoken(headed(form, info=("sirene:IE",))) == {"R41"}


def test_who_is_a_victim_is_told_apart_from_the_subject() -> None:
    people = [subject for subject in read("FormQ/passes/sample").subjects if isinstance(subject, Person)]

    assert [person.role for person in people] == ["SUBJECT", "VICTIM"]


PARTS = {
    "Surname": "NAMES", "NameAtBirth": "BIRTH_NAMES", "PreviousName": "PREVIOUS_NAMES", "PlaceOfBirth": "PLACE_OF_BIRTH",
    "IdentityDescription": "PHYSICAL_CHARACTERISTICS", "DateOfBirth": "DATE_OF_BIRTH", "Sex": "GENDER",
    "Nationality": "NATIONALITIES", "Address": "ADDRESS", "ParentName": "PARENTS", "NationalNumber": "IDENTITY_DOCUMENTS",
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_the_victim_needs_its_own_consent(part: str) -> None:
    form = read("FormQ/passes/only-the-identity-of-the-alert")
    victim = Field(name="Person", attributes=(("role", "VICTIM"),), children=(Field(name=part, value="F"),))
    told = msgspec.structs.replace(form, fields=(*form.fields, victim))
    category = Field(name="ConsentCategory", value=PARTS[part])

    def agreed(status: str) -> Form:
        consent = Field(name="Consent", children=(category, Field(name="ConsentStatus", value=status)))
        return msgspec.structs.replace(told, fields=(*told.fields, consent))

    assert spoken(told) == {"R54"}
    assert spoken(agreed("GIVEN")) == set()
    assert spoken(agreed("ASKED")) == set()
    assert spoken(agreed("REFUSED")) == {"R54"}
    assert spoken(agreed("WITHDRAWN")) == {"R54"}


@pytest.mark.parametrize("name", sorted(path.name for path in CORPUS.iterdir() if path.name.startswith("Form")))
def test_a_dna_profile_goes_with_one_kind_of_alert_on_every_form(name: str) -> None:
    form = read(f"{name}/passes/sample")
    profile = ManifestEntry(
        file_name="profile.nist", media_type="application/x-nist", size=9, sha256="0" * 64, role="DNA"
    )
    with_profile = headed(form, attachments=(profile,))
    missing = Field(name="AlertArticle", number="090", value="1862:32(1)(a)")
    others = tuple(field for field in with_profile.fields if field.name != "AlertArticle")

    on_missing = msgspec.structs.replace(with_profile, fields=(*others, missing))

    assert ("R36" in spoken(with_profile)) is not form.number("090").startswith("1862:32(1)(a)")
    assert "R36" not in spoken(on_missing)


@pytest.mark.parametrize(
    ("text", "attached", "refused"),
    [
        ("Prints and pictures sent to complete the alert.", False, True),
        ("Pictures sent to complete the alert.", True, False),
        ("Please send prints and pictures.", False, False),
        ("Se vedlagte billede.", True, False),
        ("prints " * 9000, False, False),
    ],
)
@pytest.mark.timeout(10)
def test_prints_that_are_announced_are_attached(text: str, attached: bool, refused: bool) -> None:
    form = read("FormL/passes/a-question-without-prints")
    kept = tuple(field for field in form.fields if field.name != "SupplementaryInformation")
    said = Field(name="SupplementaryInformation", number="083", value=text)
    photo = ManifestEntry(file_name="face.jpg", media_type="image/jpeg", size=9, sha256="0" * 64, role="PHOTO")
    form = headed(form, attachments=(photo,) if attached else ())

    assert ("R29" in spoken(msgspec.structs.replace(form, fields=(*kept, said)))) is refused
