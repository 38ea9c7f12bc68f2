"""What an officer sees of a name: the original with script and language, its form, and what was lost."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import msgspec
from rich.console import Console

from gateway.commands.portrait import draw
from gateway.questions import Answer, Question
from gateway.subjects import Person
from tests.api.desk_side import Doors

ARREST = Path("tests/corpus/sirene/FormA/passes/original-by-the-table-of-its-language.xml").read_bytes()
REQUEST = Path("schemas/europol/samples/Request.xml").read_bytes()


async def test_the_original_of_a_name_is_shown_with_its_language_and_form(doors: Doors) -> None:
    envelope = await doors.rig.arrives(doors.rig.bureaux["sirene:XB"].signed(ARREST))

    detail = (await doors.ask("GET", f"/api/v1/messages/{envelope}", "reader")).json

    person = next(subject for subject in detail["subjects"] if subject["type"] == "person")
    assert person["written_names"] == [
        {
            "text": "Щан Нободиен", "script": "Cyrl", "language": "bg", "converted": "SHTAN NOBODIEN",
            "tables": ["cyrillic-bg 1"], "confidence": "unverified", "remarks": ["letters-fall-together"],
        }
    ]  # fmt: skip
    fields = [each for field in detail["fields"] for each in field["fields"] if each["name"] == "OriginalScriptName"]
    assert [each["attributes"] for each in fields] == [{"script": "Cyrl", "language": "bg"}]

    paper = io.StringIO()
    draw(Console(file=paper, width=200), detail)
    line = next(line for line in paper.getvalue().splitlines() if "cyrillic-bg 1" in line)
    assert all(word in line for word in ("Щан Нободиен", "Cyrl", "bg", "SHTAN NOBODIEN", "letters-fall-together"))


async def test_the_rule_that_joins_a_record_to_the_name_asked_about_is_shown(doors: Doors) -> None:
    asked: list[Question] = []
    shelf = doors.rig.shelves["cpr"]
    found = shelf.ask

    async def knows_the_rule(question: Question, asked_at: datetime) -> Answer:
        asked.append(question)
        answer = await found(question, asked_at)
        matches = (
            msgspec.structs.replace(match, name_rule="variant (latin-plain / ascii)") for match in answer.matches
        )
        return msgspec.structs.replace(answer, matches=tuple(matches))

    shelf.ask = knows_the_rule  # type: ignore[method-assign]  # a register that has learnt something
    envelope = await doors.rig.arrives(doors.rig.bureaux["enu:XB"].signed(REQUEST), sender="europol@xb.police.example")

    detail = (await doors.ask("GET", f"/api/v1/messages/{envelope}", "reader")).json

    rules = {match["name_rule"] for answer in detail["answers"] for match in answer["matches"]}
    assert "variant (latin-plain / ascii)" in rules
    assert [question.spellings[:2] for question in asked if isinstance(question.subject, Person)] == [
        ("TESTINE PROEVESEN", "TESTINE PROVESEN")
    ]
