"""Rules about the conditions that travel with information: handling, evaluation, classification, origin and consent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.findings import Occasion, Problem, Rule
from gateway.form import Form
from schemas.europol import reading
from schemas.europol import vocabulary as words
from schemas.europol.rules.declare import BOTH, ERROR, HOLD, IN, OUT, WARNING, refused_out_held_in, rule

COUNCIL_PAPERS: Final = "Council papers 6243/18 and 6261/18"


def _no_handling(form: Form, _: Occasion) -> Iterator[Problem]:
    if not form.header.handling:
        yield "Header/Handling", "No handling code came; the message is treated as H1 and H2 until an officer decides."


def _handling_missing(form: Form, _: Occasion) -> Iterator[Problem]:
    if not form.header.handling:
        yield "Header/Handling", "The handling code is missing."


def _handling_contradicts(form: Form, _: Occasion) -> Iterator[Problem]:
    table = words.handling_codes()
    codes = reading.handling_codes(form)
    if codes - set(table):
        yield "Header/Handling", "A handling code is not one of H0, H1, H2, H3."
    for code in sorted(codes & set(table)):
        if codes & set(table[code]["excludes"]) and code == "H0":
            yield "Header/Handling", "H0 cannot stand beside H1 or H2."
    for condition in form.header.handling:
        row = table.get(condition.code)
        if row and row["text_required"] and not condition.text.strip():
            yield "Header/Handling", f"{condition.code} without its text."


def _officer_reads(form: Form, _: Occasion) -> Iterator[Problem]:
    table = words.handling_codes()
    if any(table[code]["officer"] for code in reading.handling_codes(form) & set(table)):
        yield "Header/Handling", "A restriction in free text: an officer reads and confirms it before anything goes on."


def _header_carries_all(form: Form, _: Occasion) -> Iterator[Problem]:
    codes = reading.handling_codes(form)
    for entity in reading.entities(form):
        if set(entity.attribute("handling").split()) - codes:
            yield reading.where(entity), "A handling code of the entity is not among those of the message."


def _rank(code: str) -> int:
    return words.CLASSIFICATIONS.index(code) if code in words.CLASSIFICATIONS else -1


def _classification_is_highest(form: Form, _: Occasion) -> Iterator[Problem]:
    whole = _rank(form.value("Classification"))
    for entity in reading.entities(form):
        if _rank(entity.attribute("classification")) > whole:
            yield reading.where(entity), "The entity is classified higher than the message."


def _marks(form: Form) -> set[str]:
    return {form.value("Classification"), *(entity.attribute("classification") for entity in reading.entities(form))}


def _tier(form: Form, _: Occasion) -> Iterator[Problem]:
    above = {mark for mark in _marks(form) if _rank(mark) > _rank(words.OUR_TIER)}
    if above - words.NEVER_CARRIED:
        yield "Classification", f"This channel carries {words.OUR_TIER} at most."


def _never_carried(form: Form, _: Occasion) -> Iterator[Problem]:
    if _marks(form) & words.NEVER_CARRIED:
        yield "Classification", "Information of this classification is never carried here."


def _unknown_evaluation(form: Form, _: Occasion) -> Iterator[Problem]:
    for place, mark in reading.evaluations(form):
        if not reading.evaluation_is_known(mark):
            yield place, "The evaluation is not a letter A, B, C or X and a digit 1 to 4."


def _sets_without_evaluation(form: Form) -> Iterator[str]:
    if reading.evaluation(form):
        return
    for entity in reading.entities(form):
        if not entity.attribute("evaluation"):
            yield reading.where(entity)
    yield from ("Result" for result in form.named("Result") if not result.attribute("evaluation"))
    if reading.form_name(form) == "Information":
        yield "Evaluation"


def _evaluation_missing_out(form: Form, _: Occasion) -> Iterator[Problem]:
    for place in _sets_without_evaluation(form):
        yield place, "The data set has no evaluation."
    if reading.goes_to_europol(form) and not reading.evaluation(form):
        yield "Evaluation", "What goes to Europol needs an evaluation."


def _evaluation_missing_in(form: Form, _: Occasion) -> Iterator[Problem]:
    for place in _sets_without_evaluation(form):
        yield place, f"No evaluation came; the data set is treated as {words.DEFAULT_EVALUATION}."


def _weak_information(form: Form, _: Occasion) -> Iterator[Problem]:
    if reading.form_name(form) == "Request":
        return
    marks = [mark for _, mark in reading.evaluations(form)]
    if any(True for _ in _sets_without_evaluation(form)):
        marks.append(words.DEFAULT_EVALUATION)
    if any(mark[:1] in words.WEAK_SOURCES and mark[1:] in words.WEAK_INFORMATION for mark in marks):
        yield (
            "Evaluation",
            "Weak source and uncorroborated information: an officer decides before any register is changed.",
        )


def _owner(form: Form, occasion: Occasion) -> str:
    """The foreign state or organisation that owns the information; empty when it is ours."""
    origin = form.first("Origin")
    if origin is None:
        return ""
    own = {reading.state_of(party) for party in occasion.own_parties}
    if origin.text("OriginOrganisation"):
        return origin.text("OriginOrganisation").strip()
    state = origin.text("OriginState").strip()
    return "" if state in own else state


def _restricted_onward(form: Form, occasion: Occasion) -> Iterator[Problem]:
    owner = _owner(form, occasion)
    table = words.handling_codes()
    codes = reading.handling_codes(form) & set(table)
    if not owner or not any(table[code]["onward"] == "consent" for code in codes):
        return
    allowed = reading.consented(form, "DISSEMINATE", owner)
    for party in reading.recipients(form):
        if reading.state_of(party) != owner and party not in allowed:
            yield "Header/Handling", "H2: an addressee is named by no consent of the provider."


def _foreign_origin(form: Form, occasion: Occasion) -> Iterator[Problem]:
    owner = _owner(form, occasion)
    origin = form.first("Origin")
    foreign = bool(owner) or reading.true(origin, "thirdParty")
    if not foreign:
        return
    allowed = reading.consented(form, "DISSEMINATE", owner)
    # a consent that names nobody is a general one
    general = any(not consent.children for consent in reading.consents(form, "DISSEMINATE", owner))
    for party in reading.recipients(form):
        if reading.state_of(party) != owner and party not in allowed and not general:
            yield "Origin", "Information of another state or organisation goes on without a recorded consent."


def _interpol_origin(form: Form, _: Occasion) -> Iterator[Problem]:
    origin = form.first("Origin")
    if origin is not None and origin.text("OriginOrganisation").strip().upper() == "INTERPOL":
        yield "Origin", "Information from INTERPOL: an officer confirms that the rules of its originator are met."


RULES: Final[tuple[Rule, ...]] = (
    # what a person must see before anything else
    rule(
        "EUR-17",
        BOTH,
        ERROR,
        _never_carried,
        sure="proposal",
        cite="Dossier rule R-17",
        text="EU SECRET and above is never carried.",
        remedy="Use the classified channel of your office.",
    ),
    rule(
        "EUR-16",
        BOTH,
        ERROR,
        _tier,
        sure="unverified",
        cite="Dossier rule R-16",
        text="The classification is within the tier of the channel.",
        remedy="Use the channel that is accredited for the classification.",
    ),
    rule(
        "EUR-16-sum",
        BOTH,
        ERROR,
        _classification_is_highest,
        sure="proposal",
        cite="Dossier rule R-16 and section 3.4",
        text="The message is classified as high as its highest part.",
        remedy="Raise the classification of the message.",
    ),
    rule(
        "EUR-09-in",
        IN,
        WARNING,
        _no_handling,
        sure="verified",
        cite=f"{COUNCIL_PAPERS}; dossier rule R-09",
        text="A message carries a handling code; without one it is treated as H1 and H2.",
        remedy="Send Handling with H0, H1, H2 or H3.",
    ),
    rule(
        "EUR-09-out",
        OUT,
        ERROR,
        _handling_missing,
        sure="verified",
        cite=f"{COUNCIL_PAPERS}; dossier rule R-09",
        text="A message carries a handling code.",
        remedy="Choose H0, H1, H2 or H3.",
    ),
    *refused_out_held_in(
        "EUR-09-sense",
        _handling_contradicts,
        sure="verified",
        cite=f"{COUNCIL_PAPERS}; dossier rule R-09",
        text="Handling codes are known and do not contradict each other; H3 has a text.",
        remedy="Send H0 alone or with H3; H1 and H2 without H0; H3 with its text.",
    ),
    rule(
        "EUR-12",
        BOTH,
        HOLD,
        _officer_reads,
        sure="verified",
        cite=f"{COUNCIL_PAPERS}; dossier rule R-12",
        text="A restriction in free text is read by an officer.",
        remedy="Nothing to mend: an officer confirms the text.",
    ),
    *refused_out_held_in(
        "EUR-13",
        _header_carries_all,
        sure="proposal",
        cite="Directive (EU) 2016/680 Art. 9(3); dossier rules R-13 and R-56",
        text="The header carries every handling code of its entities.",
        remedy="Repeat the codes of the entities in the header.",
    ),
    rule(
        "EUR-14-out",
        OUT,
        ERROR,
        _evaluation_missing_out,
        sure="verified",
        cite="Regulation (EU) 2016/794 Art. 29; dossier rule R-14",
        text="Every data set is evaluated.",
        remedy="Send Evaluation with source A, B, C or X and information 1 to 4.",
    ),
    rule(
        "EUR-14-in",
        IN,
        WARNING,
        _evaluation_missing_in,
        sure="verified",
        cite="Regulation (EU) 2016/794 Art. 29; dossier rule R-14",
        text="Every data set is evaluated; without a mark it is treated as X4.",
        remedy="Send Evaluation with source A, B, C or X and information 1 to 4.",
    ),
    *refused_out_held_in(
        "EUR-14-mark",
        _unknown_evaluation,
        sure="verified",
        cite="Regulation (EU) 2016/794 Art. 29; dossier rule R-14",
        text="Evaluations are a letter A, B, C or X and a digit 1 to 4.",
        remedy="Translate other schemes before sending.",
    ),
    rule(
        "EUR-15",
        IN,
        HOLD,
        _weak_information,
        sure="proposal",
        cite="Regulation (EU) 2016/794 Art. 29; dossier rule R-15",
        text="Information of a weak source that is not known to it (C or X with 3 or 4) changes no register by itself.",
        remedy="Nothing to mend: an officer decides.",
    ),
    rule(
        "EUR-10",
        OUT,
        ERROR,
        _restricted_onward,
        sure="verified",
        cite=f"{COUNCIL_PAPERS}; dossier rule R-10",
        text="H2: nobody but the original addressees gets it without the provider's consent.",
        remedy="Ask the provider and record Consent with scope DISSEMINATE and the recipient.",
    ),
    rule(
        "EUR-18",
        OUT,
        ERROR,
        _foreign_origin,
        sure="verified",
        cite="Directive (EU) 2023/977 Art. 6(1)(h); Directive (EU) 2016/680 Art. 35; dossier rule R-18",
        text="Information of another state travels on with its consent only.",
        remedy="Record Consent with scope DISSEMINATE.",
    ),
    rule(
        "EUR-53",
        OUT,
        HOLD,
        _interpol_origin,
        sure="unverified",
        cite="INTERPOL's Rules on the Processing of Data; dossier rule R-53",
        text="Information from INTERPOL keeps its restrictions and originator.",
        remedy="Nothing to mend: an officer confirms.",
    ),
)
