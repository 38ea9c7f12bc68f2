"""CA-02, the case system of the police (POLSAS).

The one idea: whatever is repeated is done once. A case is opened once per `Idempotency-Key`, which equals the body's
`sourceMessage`; a document is written once per message and digest; and a search by `sourceMessage` proves it.
"""

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from simulators.casesystems.filings import new_document, new_person, read_source
from simulators.declaration import Running, Simulator, Station
from simulators.rest.contract import Problem
from simulators.rest.keys import journal_number, read_keys
from simulators.rest.names import how_names_match
from simulators.rest.outcomes import Answer, Match, answer_with, read_persona
from simulators.rest.seeds import SEEDS_SETTING, read_seeds
from simulators.rest.server import Call, Operation, RestServer
from simulators.scenario import REST

SYSTEM_ID = "CA-02"
COMBINATIONS = (("journalNumber",), ("sourceMessage",), ("cpr",), ("enr",), ("name", "birthDate"), ("plate",))
DISTRICT = "9999"
OFFENCE = "99999"
FIRST_SERIAL = 101  # below it are the seeded cases
MAX_SERIAL = 99_999
_FIELDS = (
    "journalNumber", "district", "offenceCode", "status", "title", "openedAt", "sourceMessage", "linkedMessages",
    "persons", "documents", "plates", "charges", "decisions", "archiveState",
)  # fmt: skip


class CaseSystem:
    """The cases. Serials of journal numbers and of substitute numbers are never reused, not even after a reset."""

    def __init__(self, station: Station) -> None:
        self.seeds = read_seeds("simulators.casesystems", "polsas", station.extra.get("seeds"))
        self._file = station.folder / "polsas.cases.json" if station.extra.get("keep") == "yes" else None
        self._serial = FIRST_SERIAL - 1
        self._substitutes = 0
        self.reset()
        if self._file is not None and self._file.exists():
            self._load(json.loads(self._file.read_text(encoding="utf-8")))

    def reset(self) -> None:
        self.cases = {record["journalNumber"]: copy.deepcopy(record) for record in self.seeds.records}
        self.openings: dict[str, tuple[str, str]] = {}  # idempotency key -> digest of the request, journal number

    def _load(self, kept: Mapping[str, Any]) -> None:
        self._serial, self._substitutes = kept["serial"], kept["substitutes"]
        self.cases = kept["cases"]
        self.openings = {source: (known, number) for source, (known, number) in kept["openings"].items()}

    def forget(self) -> None:
        """The seeded cases again, also in what is kept; serials go on."""
        self.reset()
        self._save()

    def _keep(self, answer: Answer) -> Answer:
        self._save()  # before anybody is told of it
        return answer

    def _save(self) -> None:
        """With `--set keep=yes`, what was written outlives the process."""
        if self._file is not None:
            kept = {
                "serial": self._serial,
                "substitutes": self._substitutes,
                "cases": self.cases,
                "openings": self.openings,
            }
            partial = self._file.with_suffix(".partial")
            partial.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
            partial.replace(self._file)

    def operations(self) -> tuple[Operation, ...]:
        case = "/cases/{journalNumber}"
        return (
            Operation(name="case-search", method="POST", path="/cases/searches", answer=self.search),
            Operation(name="case-open", method="POST", path="/cases", answer=self.open),
            Operation(name="case-read", method="GET", path=case, answer=self.read),
            Operation(name="document-write", method="POST", path=f"{case}/documents", answer=self.write_document),
            Operation(name="person-write", method="POST", path=f"{case}/persons", answer=self.write_person),
        )

    def open(self, call: Call) -> Answer:
        """Create a case, or link the message to the one whose `journalNumber` is given."""
        source = read_source(call.body)
        if not call.idempotency_key or call.idempotency_key != source:
            raise Problem("schema-invalid", "the header Idempotency-Key must be given and equal sourceMessage",
                          fields=["Idempotency-Key", "sourceMessage"])  # fmt: skip
        digest = _digest(call.body)
        if source in self.openings:
            known, number = self.openings[source]
            if known != digest:
                raise Problem("idempotency-conflict", "this sourceMessage opened a case with other content")
            return _written(self.cases[number], "REPEATED", 200)
        given = call.body.get("journalNumber")
        if given is None:
            case, effect = self._create(call, source), "CREATED"
        else:
            case, effect = self._writable(str(given)), "LINKED"
            case["linkedMessages"].append(source)
        self.openings[source] = digest, case["journalNumber"]
        return self._keep(_written(case, effect, 201 if effect == "CREATED" else 200))

    def _create(self, call: Call, source: str) -> dict[str, Any]:
        body = call.body
        persons, plates = body.get("persons", []), body.get("plates", [])
        if not isinstance(persons, list) or not isinstance(plates, list):
            raise Problem("schema-invalid", "persons and plates must be lists", fields=["persons", "plates"])
        listed = [new_person(each, f"p{index + 1}", self._next_substitute) for index, each in enumerate(persons)]
        if self._serial >= MAX_SERIAL:
            raise Problem("source-unavailable", "the year has no more journal numbers")
        self._serial += 1
        number = f"{DISTRICT}-{OFFENCE}-{self._serial:05d}-{call.now:%y}"
        case = {
            "ref": f"ca02-{self._serial:05d}",
            "journalNumber": number,
            "district": body.get("district") or DISTRICT,
            "offenceCode": body.get("offenceCode") or OFFENCE,
            "status": "OPEN",
            "title": body.get("title"),
            "openedAt": call.now.isoformat(),
            "sourceMessage": source,
            "linkedMessages": [],
            "persons": listed,
            "documents": [],
            "plates": [str(each).replace(" ", "").upper() for each in plates],
            "charges": [],
            "decisions": [],
            "archiveState": "LIVE",
        }
        self.cases[number] = case
        return case

    def write_document(self, call: Call) -> Answer:
        case = self._writable(call.params["journalNumber"])
        document = new_document(call.body, f"d{len(case['documents']) + 1}", call.now)
        same = ("sourceMessage", "sha256")
        repeated = next((each for each in case["documents"] if all(each[key] == document[key] for key in same)), None)
        if repeated is None:
            case["documents"].append(document)
        effect, status = ("CREATED", 201) if repeated is None else ("REPEATED", 200)
        return self._keep(_written(case, effect, status, documentRef=(repeated or document)["ref"]))

    def write_person(self, call: Call) -> Answer:
        """Add a person; the same identifier in the same role is there once."""
        case = self._writable(call.params["journalNumber"])
        person = new_person(dict(call.body), f"p{len(case['persons']) + 1}", self._next_substitute)
        same = (each for each in case["persons"] if all(each[key] == person[key] for key in ("identifier", "role")))
        repeated = next(same, None)  # a substitute number drawn just now equals no other
        if repeated is not None:
            return _written(case, "REPEATED", 200, personRef=repeated["ref"])
        case["persons"].append(person)
        return self._keep(_written(case, "CREATED", 201, personRef=person["ref"]))

    def read(self, call: Call) -> Answer:
        number = journal_number(call.params["journalNumber"])
        case = self.cases.get(number)
        self.seeds.check_known(number, case is not None)
        assert case is not None
        return answer_with(
            [(_match(case, "EXACT_KEY"), read_persona(case))], context=call.context, limit=1, now=call.now
        )

    def search(self, call: Call) -> Answer:
        keys = read_keys(call.body, COMBINATIONS)
        found = [(_match(case, how), read_persona(case)) for case, how in self._find(keys)]
        return answer_with(found, context=call.context, limit=self.seeds.too_many_over, now=call.now)

    def _find(self, keys: dict[str, str]) -> Iterator[tuple[dict[str, Any], str]]:
        for case in self.cases.values():
            if "name" in keys:
                if how := _names_someone(case, keys):
                    yield case, how
            elif _bears(case, keys):
                yield case, "EXACT_KEY"

    def _writable(self, number: str) -> dict[str, Any]:
        case = self.cases.get(journal_number(number))
        self.seeds.check_known(number, case is not None)
        assert case is not None
        if case["archiveState"] != "LIVE":
            raise Problem("case-closed-archived", "the case is closed and archived; open another one")
        if read_persona(case).merge_in_progress:
            raise Problem("identity-merge-in-progress", "an identity of the case is being merged; ask again later")
        return case

    def _next_substitute(self) -> str:
        """The next substitute number: a day with 60 added, and letters counted up."""
        value, letters = self._substitutes, ""
        self._substitutes += 1
        for _ in range(4):
            value, rest = divmod(value, 26)
            letters = chr(ord("A") + rest) + letters
        return f"610126{letters}"


def _bears(case: Mapping[str, Any], keys: Mapping[str, str]) -> bool:
    numbers = {(each["identifier"]["kind"], each["identifier"]["value"]) for each in case["persons"]}
    return (
        keys.get("journalNumber") == case["journalNumber"]
        or ("sourceMessage" in keys and keys["sourceMessage"] in (case.get("sourceMessage"), *case["linkedMessages"]))
        or keys.get("plate") in case["plates"]
        or ("CPR", keys.get("cpr")) in numbers
        or ("ENR", keys.get("enr")) in numbers
    )


def _names_someone(case: Mapping[str, Any], keys: Mapping[str, str]) -> str:
    born = [each for each in case["persons"] if each.get("birthDate") == keys["birthDate"]]
    return next((how for each in born if (how := how_names_match(keys["name"], each["names"]))), "")


def _digest(body: Mapping[str, Any]) -> str:
    content = {key: value for key, value in body.items() if key != "context"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _match(case: Mapping[str, Any], how: str) -> Match:
    return Match(
        ref=case["ref"],
        type=how,
        score=0.9 if how == "TRANSLITERATED_NAME" else 1.0,
        content=copy.deepcopy({name: case.get(name) for name in _FIELDS}),
        categories=("CASE",),
    )


def _written(case: Mapping[str, Any], effect: str, status: int, **members: str) -> Answer:
    match = _match(case, "REFERENCE")
    known = {"effect": effect, "journalNumber": case["journalNumber"], **members}
    return Answer(outcome="MATCHES", matches=(match,), status=status, members=known)


async def start(station: Station) -> Running:
    system = CaseSystem(station)
    return await RestServer(station, SYSTEM_ID, system.operations(), system.seeds).start(system.forget)


SIMULATOR = Simulator(
    name="polsas",
    kind="case system",
    summary="CA-02 POLSAS: cases, documents, persons",
    start=start,
    abilities=REST,
    settings={**SEEDS_SETTING, "keep": "yes: cases outlive the process"},
)
