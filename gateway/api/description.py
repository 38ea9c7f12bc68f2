"""The API description (OpenAPI) and its page, both from this process alone: no address outside is ever loaded.

Every operation's security is read from the roles that its code demands, so that the description cannot say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute

from gateway.api import shown
from gateway.api.callers import Allowed, Here, Standing
from gateway.api.problems import Problem
from gateway.setup import ROLES

router = APIRouter(include_in_schema=False)
ASSETS: Final = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript", "start.js": "text/javascript"}
ASKED_BY_US: Final = frozenset({"Idempotency-Key"})
"""Mandatory, but refused in our own words instead of FastAPI's."""
PAGE_POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
SCOPES: Final = {
    "submitter": "Send messages and see its own.", "reader": "Read messages.", "officer": "Read, release and reject messages.",
    "auditor": "Read messages and the journal.", "operator": "Everything, replaying included.",
}  # fmt: skip
SCHEMES: Final[dict[str, Any]] = {
    "oauth2": {
        "type": "oauth2", "description": "Client credentials; roles are scopes. Any one of the listed roles is enough.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": SCOPES}},
    },
    "mutualTLS": {"type": "mutualTLS", "description": "A client certificate whose SHA-256 is configured for a client."},
    "basic": {"type": "http", "scheme": "basic", "description": "Client id and secret, for /oauth2/token only."},
}  # fmt: skip
WORDS: Final = """\
Send forms abroad, read what came, decide on what is held, and check the proof.

A message is one form with its files. Sending answers 202 when the order is durable; what becomes of it is read at its address.
Reading and searching need a stated purpose (`X-SPOC-Purpose`), which is journalled. With every operation a case can be stated
(`X-SPOC-Case`, or `case` in the query); it stands in the journal beside your name, your role and the purpose. Refusals are problem documents (RFC 9457) with
a stable `code`. Examples show fictitious people, numbers and offices.
"""


def describe(app: FastAPI, standing: Here) -> dict[str, Any]:
    """The whole description."""
    made = get_openapi(
        title=f"SPOC Gateway of {standing.door.office_name}",
        version=standing.door.version,
        description=WORDS,
        routes=app.routes,
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    definitions = dict(shown.PROBLEM_SCHEMA)
    schemas.update(definitions.pop("$defs", {}))
    schemas["ProblemView"] = definitions
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = SCHEMES
    _examples_as_written(app, made)
    for path, method, roles in secured(app):
        made["paths"][path][method]["security"] = [*({"oauth2": [role]} for role in roles), {"mutualTLS": []}]
    for operations in made["paths"].values():
        for operation in operations.values():
            operation.setdefault("security", [])
            for parameter in operation.get("parameters", []):
                _as_asked(parameter)
    return made


def _as_asked(parameter: dict[str, Any]) -> None:
    """What our own code asks for is mandatory; an empty default says nothing."""
    if parameter["name"] in ASKED_BY_US:
        parameter["required"] = True
    if parameter["schema"].get("default") == "":
        del parameter["schema"]["default"]


def _examples_as_written(app: FastAPI, made: dict[str, Any]) -> None:
    """FastAPI leaves members out that are null; an answer has them."""
    for route in described_routes(app):
        for method in route.methods or ():
            answers = made["paths"][route.path_format][method.lower()]["responses"]
            for status, told in route.responses.items():
                for kind, content in told.get("content", {}).items():
                    answers[str(status)]["content"][kind]["example"] = content["example"]


def secured(app: FastAPI) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Path, method and roles of every operation that asks for any."""
    for route in described_routes(app):
        for allowed in _allowed(route.dependant):
            for method in route.methods or ():
                yield route.path_format, method.lower(), allowed.roles or ROLES


def described_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every operation that stands in the description."""
    parts: tuple[APIRouter, ...] = app.state.parts
    for part in parts:
        for route in part.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                yield route


def _allowed(dependant: Dependant) -> Iterator[Allowed]:
    for each in dependant.dependencies:
        if isinstance(each.call, Allowed):
            yield each.call
        yield from _allowed(each)


async def _may_see(request: Request, standing: Here) -> None:
    """The description is open where only this machine can reach the listener; else to every proven caller."""
    if not (standing.door.docs_open or standing.local):
        await Allowed()(request)


@router.get("/openapi.json")
async def openapi(request: Request, standing: Standing) -> JSONResponse:
    await _may_see(request, standing)
    app: FastAPI = request.app
    if app.openapi_schema is None:
        app.openapi_schema = describe(app, standing)
    return JSONResponse(app.openapi_schema)


@router.get("/docs")
async def page(request: Request, standing: Standing) -> HTMLResponse:
    await _may_see(request, standing)
    content = (files("gateway.api") / "static" / "index.html").read_text("utf-8")
    return HTMLResponse(content, headers={"Content-Security-Policy": PAGE_POLICY})


@router.get("/docs/{name}")
async def asset(name: str, request: Request, standing: Standing) -> Response:
    await _may_see(request, standing)
    if name not in ASSETS:
        raise Problem(404, "http.404", "There is nothing here.")
    content = (files("gateway.api") / "static" / name).read_bytes()
    return Response(
        content, headers={"Content-Type": f"{ASSETS[name]}; charset=utf-8", "Cache-Control": "max-age=3600"}
    )
