"""A request, answers of registers, and what a drafted reply must be: shared by the stories of the Europol family."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import msgspec
from lxml import etree

from gateway import safexml
from gateway.findings import Occasion, Severity
from gateway.form import Condition, Field, Form
from gateway.questions import Answer, Match
from gateway.reply import ReplyContext
from schemas.europol.forms import reply, request

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OUTGOING = Occasion(
    now=NOW + timedelta(seconds=1),
    inbound=False,
    own_parties=frozenset({"sirene:XA", "ncb:XA", "enu:XA"}),
    known_parties=frozenset({"enu:XB"}),
)
CONTEXT = ReplyContext(
    own_party="enu:XA", now=NOW, message_id="9b2f6c1e-0000-7000-8000-00000000000a", our_reference="XA-ENU-2026-0000099"
)
HELD_FOR_AN_OFFICER = {"EUR-12", "EUR-36", "EUR-55"}
"""What may hold a drafted reply: a restriction in free text, a person who needs special care, a candidate."""
PERSON = {
    "cpr": "7101700008",
    "names": '["Testine Prøvesen"]',
    "birthDate": "1970-01-11",
    "citizenship": "XA",
    "registrationStatus": "RESIDENT",
    "address": "Eksempelvej 1, 0000 Prøveby",
    "addressProtected": "false",
}
VEHICLE = {
    "plate": "QQ00001",
    "vin": "ZZZTESTV1N0000001",
    "make": "Fabula",
    "colour": "blue",
    "ownerRef": "nr01-rec-0001",
    "firstRegistration": "2021-03-04",
}


def sample() -> Form:
    content = (Path(str(files("schemas"))) / "europol" / "samples" / "Request.xml").read_bytes()
    return request.FORM.decode(safexml.parse(content))


def match(data: dict[str, str], **more: object) -> Match:
    return msgspec.structs.replace(Match(record="rec-1", kind="EXACT_KEY", score=1.0, data=tuple(data.items())), **more)


def answer(register: str, *matches: Match, outcome: str = "", **more: object) -> Answer:
    plain = Answer(
        register=register,
        request_id="req-1",
        outcome=outcome or ("MATCHES" if matches else "NO_MATCH"),
        asked_at=NOW,
        answered_at=NOW,
        as_of=NOW - timedelta(hours=1),
        matches=matches,
    )
    return msgspec.structs.replace(plain, **more)


def drafted(form: Form, *answers: Answer) -> Form:
    found = request.FORM.draft(form, answers, CONTEXT)
    assert found is not None
    return found


def wire(form: Form) -> str:
    return etree.tostring(reply.FORM.encode(form), encoding="unicode")


def results(form: Form) -> list[tuple[str, str, str]]:
    return [
        (found.attribute("source"), found.attribute("outcome"), found.attribute("asked"))
        for found in form.named("Result")
    ]


def asking(form: Form, *items: str) -> Form:
    fields = [field for field in form.fields if field.name != "RequestedItem"]
    return msgspec.structs.replace(form, fields=(*fields, *(Field(name="RequestedItem", value=item) for item in items)))


def with_handling(form: Form, *conditions: Condition) -> Form:
    return msgspec.structs.replace(form, header=msgspec.structs.replace(form.header, handling=conditions))


def assert_sendable(form: Form) -> None:
    tree = reply.FORM.encode(form)
    assert reply.FORM.validate(tree) == []
    read = reply.FORM.decode(safexml.parse(etree.tostring(tree, encoding="UTF-8", xml_declaration=True)))
    found = reply.FORM.check(read, OUTGOING)
    assert [one for one in found if one.severity is Severity.ERROR] == []
    assert {one.rule for one in found if one.severity is Severity.HOLD} <= HELD_FOR_AN_OFFICER
