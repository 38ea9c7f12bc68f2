"""Health is open and honest; the description is complete, its examples are true, and its page loads nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from pydantic import TypeAdapter

from gateway.api import samples
from gateway.api.app import create_app
from gateway.api.description import ASSETS, described_routes
from gateway.api.problems import PROBLEM_TYPE, ProblemView
from gateway.api.submission import _Order
from gateway.errors import Unavailable
from gateway.form import Form
from tests.api.desk_side import Doors


async def test_health_is_open_and_says_when_it_is_ready(doors: Doors) -> None:
    alive, ready = await doors.ask("GET", "/healthz"), await doors.ask("GET", "/readyz")
    assert (alive.status, alive.json) == (200, {"status": "alive"})
    assert (ready.status, ready.json["ready"], ready.json["reasons"]) == (200, True, [])


async def test_not_ready_tells_the_reasons_and_probes_only_now_and_then(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    probes = []

    async def away() -> None:
        probes.append(1)
        raise Unavailable("register.down", "The register does not answer.", operator="internals")

    monkeypatch.setattr(doors.rig.shelves["crm"], "probe", away)
    for _ in range(5):
        answer = await doors.ask("GET", "/readyz")
        assert (answer.status, answer.json["reasons"]) == (503, ["register crm: The register does not answer."])
    assert len(probes) == 1
    monkeypatch.undo()
    doors.rig.clock.turn(timedelta(seconds=3))
    assert (await doors.ask("GET", "/readyz")).status == 200


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


async def test_every_operation_is_described_to_the_end(doors: Doors) -> None:
    description = (await doors.ask("GET", "/openapi.json")).json
    schemes = description["components"]["securitySchemes"]
    assert len(list(operations(description))) > 20
    for name, operation in operations(description):
        assert operation["summary"], name
        assert operation["description"], name
        assert "security" in operation, name
        assert all(scheme in schemes for choice in operation["security"] for scheme in choice), name
        assert bool(operation["security"]) is not name.endswith("z"), name
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or parameter["name"] == "limit", f"{name} {parameter['name']}"
        for status, answer in operation["responses"].items():
            assert answer["description"], f"{name} {status}"
            for kind, content in answer["content"].items():
                assert "example" in content, f"{name} {status} {kind}"
                assert "schema" in content, f"{name} {status} {kind}"
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert "example" in content, name


async def test_what_is_mandatory_is_described_so(doors: Doors) -> None:
    operation = (await doors.ask("GET", "/openapi.json")).json["paths"]["/api/v1/messages"]["post"]
    asked = {parameter["name"]: parameter["required"] for parameter in operation["parameters"]}
    assert asked == {"Idempotency-Key": True, "X-SPOC-Counterpart": False, "counterpart": False}
    assert operation["requestBody"]["required"] is True


async def test_every_reference_in_the_description_leads_somewhere(doors: Doors) -> None:
    answer = await doors.ask("GET", "/openapi.json")
    there = {f"#/components/schemas/{name}" for name in answer.json["components"]["schemas"]}
    assert set(re.findall(r'"\$ref":\s*"([^"]+)"', answer.content.decode())) <= there
    assert "://" not in re.sub(r"http://www\.w3\.org/\S+", "", answer.content.decode())


async def test_every_example_is_what_the_operation_answers(doors: Doors) -> None:
    app = create_app(doors.rig.gateway, doors.door)
    description = (await doors.ask("GET", "/openapi.json")).json
    seen = 0
    for route in described_routes(app):
        for method in route.methods or ():
            for status, answer in description["paths"][route.path_format][method.lower()]["responses"].items():
                for kind, content in answer["content"].items():
                    if kind == PROBLEM_TYPE:
                        problem = ProblemView.model_validate(content["example"])
                        assert problem.status == int(status)
                    elif kind == "application/json" and status in ("200", "202", "503") and route.response_model:
                        TypeAdapter(route.response_model).validate_json(json.dumps(content["example"]))
                        seen += 1
    assert seen > 15


async def test_the_example_orders_can_be_sent_as_they_stand(doors: Doors) -> None:
    description = (await doors.ask("GET", "/openapi.json")).json
    bodies = description["paths"]["/api/v1/messages"]["post"]["requestBody"]["content"]
    assert bodies["application/json"]["example"] == samples.FORM_JSON
    msgspec.convert(samples.FORM_JSON, _Order)
    answer = await doors.ask(
        "POST", "/api/v1/messages", "submitter", json=samples.FORM_JSON, headers={"Idempotency-Key": "json"}
    )
    headers = {"Idempotency-Key": "xml", "X-SPOC-Counterpart": "sirene:XB", "Content-Type": "application/xml"}
    xml = await doors.ask(
        "POST", "/api/v1/messages", "submitter", data=bodies["application/xml"]["example"].encode(), headers=headers
    )
    headers |= {"Idempotency-Key": "mime", "Content-Type": "multipart/mixed; boundary=b"}
    mixed = bodies["multipart/mixed"]["example"].replace("5e0f9a1c0011", "5e0f9a1c0012").encode()
    mime = await doors.ask("POST", "/api/v1/messages", "submitter", data=mixed, headers=headers)
    await doors.rig.gateway.engine.quiet()
    for accepted in (answer, xml, mime):
        assert accepted.status == 202, accepted.json
        row = await doors.rig.row(accepted.json["id"])
        assert row.state == "transmitted", row.envelope.learned.findings
        assert isinstance(row.envelope.form, Form)


async def test_the_page_and_its_parts_come_from_here_alone(doors: Doors) -> None:
    page = await doors.ask("GET", "/docs")
    assert page.status == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert {f"/docs/{name}" for name in ASSETS} == set(loaded) - {"data:,"}
    for address in (f"/docs/{name}" for name in ASSETS):
        part = await doors.ask("GET", address)
        assert (part.status, len(part.content) > 100) == (200, True)
    assert (await doors.ask("GET", "/docs/LICENSE")).status == 404


async def test_beyond_this_machine_the_description_is_for_callers_only(doors: Doors) -> None:
    app = create_app(doors.rig.gateway, replace(doors.door, docs_open=False))
    from gateway.api.server import Listener

    listener = Listener(app)
    port = await listener.open_tcp("127.0.0.1", 0, None)
    doors.server.url = f"http://127.0.0.1:{port}"
    try:
        for path in ("/openapi.json", "/docs", "/docs/start.js"):
            assert (await doors.ask("GET", path)).status == 401
            assert (await doors.ask("GET", path, "submitter")).status == 200
    finally:
        await listener.close()
