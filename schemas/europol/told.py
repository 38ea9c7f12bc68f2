"""What registers said, as fields of a reply: one result per record, an entity where the record has a place for it.

Three limits hold for every record: only fields that this table names, only items that the request asked for, and
nothing that cannot be assigned to one entity of the request with certainty. What falls through is named as not checked,
never left out in silence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final

from gateway import questions
from gateway.form import Field, Form
from gateway.questions import Answer, Match
from gateway.reply import ReplyContext
from schemas.europol import reading
from schemas.europol import vocabulary as words
from schemas.europol.sentences import SENTENCES
from schemas.header import utc_text

SOURCES: Final = {
    "cpr": "POPULATION",
    "crm": "VEHICLES",
    "wanted_vehicles": "WANTED_VEHICLES",
    "passports": "PASSPORTS",
}
_KINDS: Final = {"cpr": "person", "crm": "vehicle", "wanted_vehicles": "vehicle", "passports": "document"}
_ENTITY_KINDS: Final = {"Person": "person", "Vehicle": "vehicle", "Document": "document", "Object": "thing"}
_ITEMS: Final = {
    "cpr": frozenset({"IDENTITY", "RESIDENCE"}),
    "crm": frozenset({"VEHICLE"}),
    "wanted_vehicles": frozenset({"WANTED_VEHICLE"}),
    "passports": frozenset({"DOCUMENT"}),
}
ITEMS_WHEN_NOT_SAID: Final = frozenset({"IDENTITY", "VEHICLE", "WANTED_VEHICLE", "DOCUMENT"})
"""A residence is given only where it is asked for by code."""
_DISCLOSABLE: Final = frozenset({"", "YES", "ASK_CONTROLLER"})
"""`ASK_CONTROLLER` goes into a draft because an officer releases it; every other word keeps the record back."""
_UNCHECKED: Final = {
    questions.UNANSWERED: "UNANSWERED",
    questions.PENDING: "PENDING",
    questions.TOO_MANY: "TOO_MANY",
    questions.WITHHELD: "OWNER_CONSENT",
}
MAX_RECORDS_PER_ANSWER: Final = 8
"""More similar records than this are not an answer but a reason to ask for particulars."""
MAX_RESULTS: Final = 60
"""Below every limit of `reply.xsd`."""
ADULT_YEARS: Final = 18

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOTHING: Final = frozenset({"null", "none"})
"""How an empty value looks once it has become text."""
_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_DETAILS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "cpr": {"IDENTITY": ("registrationStatus", "deathDate"), "RESIDENCE": ("registrationStatus",)},
    "crm": {"VEHICLE": ("firstRegistration", "plateKind")},
    "wanted_vehicles": {"WANTED_VEHICLE": ("object", "reason", "since", "status", "foundOn")},
    "passports": {"DOCUMENT": ("type", "status", "issuedOn", "expiresOn", "wantedSince", "foundOn")},
}


def fit(text: str, limit: int) -> str:
    """The text as XML can carry it; what is cut ends in an ellipsis, so that the cut is seen."""
    clean = " ".join(_NOT_XML.sub(" ", text).split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def values(text: str) -> tuple[str, ...]:
    """The values of a register field: a JSON list, or the one text."""
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else [text]
    except (ValueError, RecursionError):
        found = [text]
    texts = [str(value) for value in found if value is not None and not isinstance(value, (dict, list))]
    return tuple(text for text in texts if text.strip() and text.strip().lower() not in _NOTHING)


class Told:
    """Collects the fields of one reply. `done()` gives them; `final` is whether nothing was left open."""

    def __init__(self, request: Form, reply: ReplyContext, language: str, carried: frozenset[str]) -> None:
        self._request = request
        self._own_state = reading.state_of(reply.own_party)
        self._now = reply.now
        self._carried = carried
        self._sentences = SENTENCES[language]
        asked = {item.value.strip() for item in request.named("RequestedItem")}
        self._wanted = frozenset(asked)
        self._items = self._wanted or ITEMS_WHEN_NOT_SAID
        self._results: list[Field] = []
        self._entities: list[Field] = []
        self._unchecked: list[Field] = []
        self._texts: list[str] = []

    @property
    def final(self) -> bool:
        """Whether every question has its answer."""
        return not self._unchecked

    @property
    def texts(self) -> tuple[str, ...]:
        """What is told, in words, each sentence once."""
        return tuple(dict.fromkeys(self._texts))

    def done(self) -> tuple[Field, ...]:
        """Results, what was not checked, and entities."""
        return (*self._results, *self._unchecked, *self._entities)

    def take(self, answers: Sequence[Answer]) -> None:
        """Tell every answer, then name what nobody was asked about."""
        for answer in answers:
            self._take(answer)
        kinds = {_kind(answer) for answer in answers}
        for entity in reading.entities(self._request):
            if _ENTITY_KINDS[entity.name] not in kinds:
                self._open("OTHER", "NOT_ASKED", entity)
        asked_registers = {answer.register for answer in answers}
        for register, items in _ITEMS.items():
            if register not in asked_registers and items & self._wanted:
                self._open(SOURCES[register], "NOT_ASKED", None)
        if not self._results and not self._unchecked:
            self._open("OTHER", "NOT_ASKED", None)

    def _take(self, answer: Answer) -> None:
        source = SOURCES.get(answer.register, "OTHER")
        if source != "OTHER" and not _ITEMS[answer.register] & self._items:
            return
        reason = _UNCHECKED.get(answer.outcome, "")
        asked = self._asked(answer, None)
        if reason:
            self._open(source, reason, asked)
            return
        if answer.partial:
            self._open(source, "PARTIAL", asked)
        if answer.outcome == questions.STALE:
            self._say("stale", source)
        if answer.outcome in (questions.MATCHES, questions.STALE) and answer.matches:
            self._records(answer, source)
        elif answer.outcome in (questions.NO_MATCH, questions.STALE):
            self._result(answer, source, "NOT_FOUND", asked)
        elif answer.outcome == questions.NOT_DISCLOSABLE:
            self._result(answer, source, "NO_INFORMATION", asked)
        else:
            self._open(source, "UNATTRIBUTED", asked)

    def _records(self, answer: Answer, source: str) -> None:
        if len(answer.matches) > MAX_RECORDS_PER_ANSWER or len(self._results) > MAX_RESULTS - MAX_RECORDS_PER_ANSWER:
            self._open(source, "TOO_MANY", self._asked(answer, None))
            return
        for match in answer.matches:
            asked = self._asked(answer, match)
            if match.disclosable not in _DISCLOSABLE:
                self._result(answer, source, "NO_INFORMATION", asked)
            elif asked is None or source == "OTHER" or not self._may_be_told(asked):
                self._open(source, "UNATTRIBUTED", asked)
            else:
                self._record(answer, match, source, asked)

    def _record(self, answer: Answer, match: Match, source: str, asked: Field) -> None:
        # a number that a vehicle once bore, or a name that fits, is no identity until a person says so
        exact = match.score >= 1 and match.kind.startswith("EXACT")
        details = dict.fromkeys(
            name for item, names in _DETAILS[answer.register].items() if item in self._items for name in names
        )
        children = [
            Field(name="Detail", value=_told(match, name, 500), attributes=(("name", name),))
            for name in details
            if _told(match, name, 500)
        ]
        entity = self._entity(answer.register, match, asked)
        if entity is not None:
            self._entities.append(entity)
        self._result(answer, source, "FOUND" if exact else "CANDIDATE", asked, children, entity)

    def _result(
        self,
        answer: Answer,
        source: str,
        outcome: str,
        asked: Field | None,
        details: Sequence[Field] = (),
        entity: Field | None = None,
    ) -> None:
        if len(self._results) >= MAX_RESULTS:
            self._open(source, "TOO_MANY", asked)
            return
        attributes = [("source", source), ("outcome", outcome)]
        if asked is not None:
            attributes.append(("asked", asked.attribute("id").strip()))
        if entity is not None:
            attributes.append(("found", entity.attribute("id")))
        attributes += [
            ("evaluation", words.DEFAULT_EVALUATION),
            ("asOf", utc_text(answer.as_of or answer.answered_at)),
        ]
        if outcome == "CANDIDATE":
            attributes.append(("confirmed", "false"))
        text = self._say(outcome, source)
        self._results.append(
            Field(
                name="Result", attributes=tuple(attributes), children=(*details, Field(name="ResultText", value=text))
            )
        )

    def _open(self, source: str, reason: str, asked: Field | None) -> None:
        attributes = [("source", source), ("reason", reason)]
        if asked is not None:
            attributes.append(("asked", asked.attribute("id").strip()))
        found = Field(name="NotChecked", value=self._say(reason, source), attributes=tuple(attributes))
        if found in self._unchecked:
            return
        if len(self._unchecked) >= MAX_RESULTS:
            found = Field(
                name="NotChecked",
                value=self._say("PARTIAL", "OTHER"),
                attributes=(("source", "OTHER"), ("reason", "PARTIAL")),
            )
            if self._unchecked[-1] == found:
                return
        self._unchecked.append(found)

    def _say(self, sentence: str, source: str = "OTHER") -> str:
        text = self._sentences[sentence].format(source=self._sentences[source])
        self._texts.append(text)
        return text

    # --- who is meant ----------------------------------------------------------------------------------------------

    def _asked(self, answer: Answer, match: Match | None) -> Field | None:
        """The entity of the request that an answer is about, where there is no doubt."""
        kind = _kind(answer)
        candidates = [entity for entity in reading.entities(self._request) if _ENTITY_KINDS[entity.name] == kind]
        if match is not None and len(candidates) > 1:
            keys = {_key(match.value(name)) for name in ("cpr", "plate", "vin", "passportNumber")} - {""}
            candidates = [entity for entity in candidates if keys & set(_keys(entity))]
        return candidates[0] if len(candidates) == 1 else None

    def _may_be_told(self, asked: Field) -> bool:
        """A person needs a category of data subject that fits the purposes (rule EUR-35); nobody makes one up."""
        if asked.name != "Person":
            return True
        category = asked.attribute("subjectCategory")
        if words.CROSS_CHECKING in self._request.header.purposes:
            return category in words.OFFENDER_CATEGORIES
        return category in words.SUBJECT_CATEGORIES

    # --- entities --------------------------------------------------------------------------------------------------

    def _entity(self, register: str, match: Match, asked: Field) -> Field | None:
        if register == "cpr" and asked.name == "Person":
            return self._person(match, asked)
        if register == "crm" and asked.name == "Vehicle":
            return self._vehicle(match, asked)
        if register == "passports" and asked.name == "Document":
            return self._document(match, asked)
        return None

    def _marked(self, asked: Field, children: Iterable[Field], extra: Iterable[tuple[str, str]] = ()) -> Field:
        """An entity of the reply with the marks of the one that was asked about; none of them is weakened."""
        name = asked.name
        number = sum(entity.name == name for entity in self._entities) + 1
        attributes = [("id", f"{name[0]}{number}"), ("evaluation", words.DEFAULT_EVALUATION), ("dataBasis", "FACT")]
        codes = dict.fromkeys(code if code in self._carried else "H3" for code in asked.attribute("handling").split())
        attributes += [("handling", " ".join(codes))] if codes else []
        attributes += (
            [("classification", asked.attribute("classification"))] if asked.attribute("classification") else []
        )
        return Field(name=name, attributes=(*attributes, *extra), children=tuple(children))

    def _person(self, match: Match, asked: Field) -> Field:
        children: list[Field] = []
        if "IDENTITY" in self._items:
            if _DATE.fullmatch(match.value("birthDate")):
                children.append(_neutral("DateOfBirth", match.value("birthDate")))
            states = [state for state in values(match.value("citizenship")) if _COUNTRY.fullmatch(state)]
            children += [_neutral("Nationality", state) for state in states[:8]]
            children += self._known_number(match, asked)
        if "RESIDENCE" in self._items:
            children += self._address(match)
        if "IDENTITY" in self._items:
            names = [fit(name, 200) for name in values(match.value("names"))]
            children += [Field(name="FullName", value=name) for name in names[:4] if name]
        minor = reading.true(asked, "minor") or self._is_minor(match.value("birthDate"))
        marks = [("subjectCategory", asked.attribute("subjectCategory"))] + ([("minor", "true")] if minor else [])
        return self._marked(asked, children, marks)

    def _known_number(self, match: Match, asked: Field) -> list[Field]:
        """The national number, only where the request already has it."""
        given = [found for found in asked.all("Identifier") if found.attribute("kind") == "CPR"]
        return [found for found in given if _key(found.value) == _key(match.value("cpr"))][:1]

    def _address(self, match: Match) -> list[Field]:
        """The address only where the register says in so many words that it is not protected."""
        address = fit(", ".join(values(match.value("address"))), 200)
        if match.value("addressProtected").strip().lower() == "false" and address and not address.startswith("{"):
            return [_neutral("Address", address)]
        self._say("no_address")
        return []

    def _is_minor(self, birth: str) -> bool:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", birth):
            return False
        today = self._now.date().isoformat()
        return f"{int(birth[:4]) + ADULT_YEARS:04}{birth[4:]}" > today

    def _vehicle(self, match: Match, asked: Field) -> Field:
        names = {
            "RegistrationNumber": "plate",
            "Vin": "vin",
            "Make": "make",
            "Model": "model",
            "Colour": "colour",
            "Status": "status",
        }
        children: list[Field] = []
        for name, key in names.items():
            text = _told(match, key, 120)
            if text:
                children.append(_neutral(name, text))
            if text and name == "RegistrationNumber" and _COUNTRY.fullmatch(self._own_state):
                children.append(_neutral("RegistrationCountry", self._own_state))
        return self._marked(asked, children)

    def _document(self, match: Match, asked: Field) -> Field | None:
        number = _told(match, "passportNumber", 120)
        if not number or not _COUNTRY.fullmatch(self._own_state):
            return None
        children = [
            _neutral("Kind", asked.text("Kind")),
            _neutral("Number", number),
            _neutral("IssuingCountry", self._own_state),
        ]
        return self._marked(asked, children)


def _told(match: Match, name: str, limit: int) -> str:
    return fit(", ".join(values(match.value(name))), limit)


def _neutral(name: str, value: str) -> Field:
    return Field(name=name, value=value, namespace="t")


def _kind(answer: Answer) -> str:
    return answer.subject_kind or _KINDS.get(answer.register, "")


def _key(text: str) -> str:
    return re.sub(r"[\W_]", "", text).upper()


def _keys(entity: Field) -> set[str]:
    texts = [
        child.value for child in entity.children if child.name in ("Identifier", "RegistrationNumber", "Vin", "Number")
    ]
    return {_key(text) for text in texts} - {""}
