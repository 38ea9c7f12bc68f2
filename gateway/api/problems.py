"""Every refusal as a problem document (RFC 9457), with the stable code of its reason. No answer ever shows internals or repeats input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from gateway.errors import GatewayError, Unavailable
from gateway.flow.doors import CODES, COME_AGAIN_MINUTES
from gateway.ledger import StaleMove

PROBLEM_TYPE: Final = "application/problem+json"
TITLES: Final = {
    400: "The request lacks something", 401: "Not authenticated", 403: "Not allowed", 404: "Not found", 405: "Method not allowed",
    408: "Too slow", 409: "Conflict", 410: "Gone", 413: "Too large", 415: "Unknown media type", 422: "Cannot be read", 429: "Too many requests",
    431: "Head too large", 500: "Our own fault", 503: "Not available now",
}  # fmt: skip
STATUS_OF_CODE: Final = {
    "purpose.missing": 400, "reason.missing": 400, "idempotency.missing": 400, "counterpart.missing": 400,
    "envelope.unknown": 404, "evidence.unknown": 404, "evidence.too-large": 413, "exchange.unknown": 404, "exchange.full": 409,
    "draft.not-now": 409, "draft.receiver": 400,
    "family.unknown": 404, "family.no-duties": 404, "envelope.not-held": 409, "idempotency.conflict": 409,
    "alert.unknown": 404, "alert.version": 409, "alert.owner": 409, "alert.conflict": 409, "alert.incompatible": 409,
    "alert.flagged": 409, "alert.deleted": 409, "alert.own": 409, "alert.held": 409,
    "retention.unknown": 404, "retention.held": 409, "retention.not-held": 409, "retention.destroyed": 409, "retention.ordered": 409,
    "retention.not-ordered": 409, "retention.same-person": 409, "retention.at-work": 409, "content.destroyed": 410,
    "intake.too-large": 413, "xml.too-large": 413, "mail.media-type": 415,
}  # fmt: skip
"""Refusals of the core that are not 422."""
RETRY_AFTER_SECONDS: Final = "5"


class Problem(Exception):
    """A refusal on the level of HTTP."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})


class FaultView(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="Parameter or field.", examples=["query.limit"])
    text: str = Field(examples=["Input should be less than or equal to 200"])


class ProblemView(BaseModel):
    """A problem document after RFC 9457."""

    type: str = Field(
        description="`urn:x-spoc:problem:` and the code.", examples=["urn:x-spoc:problem:idempotency.conflict"]
    )
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(
        description="What is wrong and what to do.",
        examples=["This idempotency key was used before for another message. Use a new key."],
    )
    code: str = Field(description="Stable reason code.", examples=["idempotency.conflict"])
    errors: list[FaultView] = Field(default_factory=list, description="Single faults, where there are several.")


def document(status: int, code: str, detail: str, errors: list[FaultView] | None = None) -> dict[str, Any]:
    """The members of a problem document."""
    view = ProblemView(
        type=f"urn:x-spoc:problem:{code}", title=TITLES.get(status, "Refused"), status=status, detail=detail, code=code,
        errors=errors or [],
    )  # fmt: skip
    return view.model_dump(exclude_defaults=True)


def answer(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, errors: list[FaultView] | None = None
) -> JSONResponse:
    """The problem document as a response."""
    return JSONResponse(document(status, code, detail, errors), status, dict(headers or {}), PROBLEM_TYPE)


def from_core(error: GatewayError) -> JSONResponse:
    """A refusal of the core; only its public sentence is told."""
    if isinstance(error, Unavailable):
        seconds = str(60 * COME_AGAIN_MINUTES) if error.code in CODES else RETRY_AFTER_SECONDS
        return answer(503, error.code, error.public, {"Retry-After": seconds})
    return answer(STATUS_OF_CODE.get(error.code, 422), error.code, error.public)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return answer(error.status, error.code, error.detail, error.headers)


async def _core(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GatewayError)
    return from_core(error)


async def _stale(_: Request, __: Exception) -> JSONResponse:
    return answer(
        409, "envelope.moved", "The message was moved by somebody else meanwhile. Read it again and decide again."
    )


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        FaultView(where=".".join(str(part) for part in fault["loc"]), text=str(fault["msg"]))
        for fault in error.errors()
    ]
    return answer(
        422, "request.invalid", "Parameters of the request are not as described; see `errors`.", errors=faults
    )


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    words = {
        404: "There is nothing here. /openapi.json lists what there is.",
        405: "This address does not know this method.",
    }
    return answer(
        error.status_code, f"http.{error.status_code}", words.get(error.status_code, "Refused."), error.headers
    )


def speak_in_problems(app: FastAPI) -> None:
    """Every refusal of this application is a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(GatewayError, _core)
    app.add_exception_handler(StaleMove, _stale)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
