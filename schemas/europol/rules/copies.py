"""Rules about copies: to Europol, decided case by case, and to the national contact points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.findings import Occasion, Problem, Rule
from gateway.form import Form
from schemas.europol import reading
from schemas.europol import vocabulary as words
from schemas.europol.rules.declare import ERROR, OUT, rule


def _decided(form: Form, _: Occasion) -> Iterator[Problem]:
    if form.value("LegalBasis") == words.DIR977 and form.first("CopyToEuropol") is None:
        yield "CopyToEuropol", "It is not said whether Europol gets a copy."


def _copy_allowed(form: Form, _: Occasion) -> Iterator[Problem]:
    copy = form.first("CopyToEuropol")
    if copy is None or copy.attribute("decision") != "YES":
        return
    if not any(words.crime_areas().get(area.value.strip()) == "mandate" for area in form.named("CrimeArea")):
        yield "CopyToEuropol", "No crime area of the message is within Europol's mandate."
    purposes = {purpose.value.strip() for purpose in copy.all("CopyPurpose")}
    if not purposes or purposes - words.EUROPOL_PURPOSES:
        yield "CopyToEuropol", "The purposes of the copy are missing or not purposes of Europol."
    if not reading.evaluation(form):
        yield "CopyToEuropol", "The message is not evaluated."
    yield from _copy_blocked(form)


def _copy_blocked(form: Form) -> Iterator[Problem]:
    allowed = any(reading.role_of(party) == words.EUROPOL_ROLE for party in reading.consented(form, "DISSEMINATE"))
    if "H2" in reading.handling_codes(form) and not allowed:
        yield "CopyToEuropol", "H2: the provider has not consented to a copy."
    if reading.true(form.first("Origin"), "thirdParty") and not allowed:
        yield "CopyToEuropol", "The information came from a third party that has not consented to a copy."


def _contact_point_copy(form: Form, occasion: Occasion) -> Iterator[Problem]:
    if form.value("LegalBasis") != words.DIR977 or reading.form_name(form) == "Reply":
        return
    exception = form.first("SpocCopyException")
    excused = exception is not None and exception.attribute("code") in words.SPOC_COPY_EXCEPTIONS
    parties = reading.recipients(form)
    covered = {reading.state_of(party) for party in parties if reading.role_of(party) in words.CONTACT_POINT_ROLES}
    own = {reading.state_of(party) for party in occasion.own_parties}
    for party in parties:
        state = reading.state_of(party)
        if reading.role_of(party) == words.AUTHORITY_ROLE and state not in covered | own and not excused:
            yield "Header/Info", "An authority abroad is addressed without a copy to the contact point of its state."


RULES: Final[tuple[Rule, ...]] = (
    rule(
        "EUR-28",
        OUT,
        ERROR,
        _decided,
        sure="secondary",
        cite="Directive (EU) 2023/977 Art. 12; dossier rule R-28",
        text="It is decided whether Europol gets a copy.",
        remedy="Send CopyToEuropol with decision YES or NO.",
    ),
    rule(
        "EUR-29",
        OUT,
        ERROR,
        _copy_allowed,
        sure="secondary",
        cite="Regulation (EU) 2016/794 Art. 19; Directive (EU) 2023/977 Art. 12; dossier rule R-29",
        text="A copy to Europol is within its mandate, has purposes and evaluation, and breaks nobody's condition.",
        remedy="Decide NO, or mend what the finding names.",
    ),
    rule(
        "EUR-32",
        OUT,
        ERROR,
        _contact_point_copy,
        sure="verified",
        cite="Directive (EU) 2023/977 Arts. 4 and 8; dossier rule R-32",
        text="The contact point of the state gets a copy.",
        remedy="Add it to Info, or record SpocCopyException with X1, X2 or X3.",
    ),
)
