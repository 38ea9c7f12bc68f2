"""One call to a REST simulator, from arrival to answer.

The one idea: what arrived is recorded before anything is judged, and the answer is recorded before it leaves, so the
ledger is true even when the scenario drops the connection in between.
"""

import asyncio
import hmac
import json
import re
import sys
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aiohttp import web

from simulators.authority import Authority, server_context, swap_certificate_when
from simulators.declaration import AT_ONCE_SECONDS, LOOPBACK, Running, Station
from simulators.recorder import payload_facts
from simulators.rest.contract import CONTEXT_HEADER, MAX_ID, Context, Problem, read_context, read_json
from simulators.rest.misconduct import change_answer, hang_up, send, stay_silent
from simulators.rest.outcomes import Answer
from simulators.rest.seeds import Seeds
from simulators.scenario import Action, Incident

MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_REMEMBERED_CALLS = 50_000
MAX_INCIDENT_KEYS = 1_000
_WITH_BODY = ("POST", "PATCH")
_RECORDED_HEADERS = ("Content-Type", "Idempotency-Key", "If-Match", CONTEXT_HEADER, "User-Agent")  # never Authorization


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A checked call, as an operation sees it."""

    context: Context
    body: Mapping[str, Any]
    params: Mapping[str, str]
    idempotency_key: str
    now: datetime
    query: Mapping[str, str] = field(default_factory=dict)
    if_match: str = ""  # the version that a change was made on


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row of a contract."""

    name: str  # the name scenarios use
    method: str
    path: str  # with {placeholders}
    answer: Callable[[Call], Answer]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return found.groupdict() if found else None


UNKNOWN = Operation(name="unknown", method="", path="", answer=lambda _: Answer(outcome="NO_MATCH"))  # never asked
_Found = tuple[Operation, dict[str, str]]


@dataclass(slots=True)
class _Pending:
    polls_left: int
    answer: Answer


@dataclass(slots=True)
class RestServer:
    """Serves the operations of one register or case system."""

    station: Station
    register_id: str
    operations: Sequence[Operation]
    seeds: Seeds
    _calls: OrderedDict[str, tuple[bytes, int, bytes]] = field(default_factory=OrderedDict)
    _pending: dict[str, _Pending] = field(default_factory=dict)

    def __post_init__(self) -> None:
        status = Operation(name="pending-status", method="GET", path="/pending/{id}", answer=self._poll)
        self.operations = (*self.operations, status)

    def reset(self) -> None:
        self._calls.clear()
        self._pending.clear()

    async def start(self, reset: Callable[[], None]) -> Running:
        """Serve on loopback; `reset` puts the records back to what the seeds say."""
        station = self.station
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=AT_ONCE_SECONDS)
        await runner.setup()
        ready: dict[str, object] = {"register_id": self.register_id, "token": station.token}
        context = None
        if station.tls:
            authority = Authority(station.folder, station.name)
            hosts = (LOOPBACK, "localhost")
            context = server_context(authority.issue("localhost", hosts=hosts), station.client_ca)
            stranger = Authority(station.folder, f"{station.name}-stranger")
            wrong = server_context(stranger.issue("localhost", hosts=hosts), station.client_ca)
            swap_certificate_when(context, wrong, self._shows_wrong_certificate)
            ready["ca"] = str(authority.certificate)
        site = web.TCPSite(runner, LOOPBACK, station.port, ssl_context=context)
        await site.start()
        port = runner.addresses[0][1]
        ready |= {"port": port, "url": f"{'https' if station.tls else 'http'}://{LOOPBACK}:{port}"}

        def reset_all() -> None:
            self.reset()
            reset()

        return Running(ready=ready, stop=runner.cleanup, reset=reset_all)

    def _shows_wrong_certificate(self) -> bool:
        _, action = self.station.script.decide(Incident(operation="connect", phase="connect"))
        return action.name == "wrong-key"

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """1 record, 2 authenticate, 3 ask the script, 4 work, 5 record, 6 answer."""
        content, unreadable = await _read_body(request)
        found = self._find(request)
        operation = found[0].name
        number = self.station.recorder.record("arrived", _arrival(request, operation, content))
        if unreadable is not None:
            return await self._finish(request, number, _refused(unreadable, None), "", Action())
        try:
            self._authenticate(request)
        except Problem as problem:
            return await self._finish(request, number, _refused(problem, None), "", Action())
        incident = Incident(operation=operation, path=request.path, text=content.decode("utf-8", "replace"),
                            keys=_strings(content))  # fmt: skip
        rule, action = self.station.script.decide(incident)
        if action.wait_seconds:
            await asyncio.sleep(action.wait_seconds)
        if action.name == "silent" or (action.name == "drop" and action.at == "before-work"):
            self.station.recorder.record("not-answered", {"call": number, "rule": rule, "action": action.name})
            return await stay_silent(request) if action.name == "silent" else hang_up(request)
        result = self._work(request, content, found, action)
        return await self._finish(request, number, result, rule, action)

    def _find(self, request: web.Request) -> _Found:
        for each in self.operations:
            if (params := each.match(request.method, request.path)) is not None:
                return each, params
        return UNKNOWN, {}

    def _authenticate(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {self.station.token}".encode()):
            raise Problem("caller-unknown", "a valid bearer token is needed")

    def _work(self, request: web.Request, content: bytes, found: _Found, action: Action) -> tuple[int, bytes]:
        """The answer or the refusal; nothing else comes out of here."""
        try:
            call = self._read_call(request, content, found, action)
            return self._answer_once(found[0], call, request, action)
        except Problem as problem:
            return _refused(problem, _request_id(request, content))
        except Exception:  # noqa: BLE001 - a fault of the simulator must be seen by the tester, and must not end it
            traceback.print_exc(file=sys.stderr)
            fault = Problem("simulator-fault", "the simulator failed; see its error output")
            return _refused(fault, _request_id(request, content))

    def _read_call(self, request: web.Request, content: bytes, found: _Found, action: Action) -> Call:
        if action.name == "refuse":
            detail = action.detail or "refused by the scenario"
            raise Problem(action.problem, detail, status=action.status)
        if found[0] is UNKNOWN:
            raise Problem("path-unknown", "no operation has this method and path")
        has_body = request.method in _WITH_BODY
        body = read_json(content, "the body") if has_body else {}
        context = read_context(body.get("context") if has_body else _header_context(request))
        self.seeds.check_allowed(context)
        return Call(
            context=context,
            body=body,
            params=found[1],
            now=self.station.now(),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            query=dict(request.query),
            if_match=request.headers.get("If-Match", "").strip('"'),
        )

    def _answer_once(self, operation: Operation, call: Call, request: web.Request, action: Action) -> tuple[int, bytes]:
        """A repeated request id gets the same answer for the same body, and a conflict for another one."""
        fingerprint = _canonical([request.method, request.path, call.body])
        known = self._calls.get(call.context.request_id) if request.method in _WITH_BODY else None
        if known is not None:
            if known[0] != fingerprint:
                raise Problem("idempotency-conflict", "this requestId was used for another request")
            return known[1], known[2]
        answer = change_answer(operation.answer(call), action, call.now)
        if action.name == "pending":
            answer = self._put_off(answer, action.polls)
        result = answer.status, _encode(answer.document(self.register_id, call.context, call.now))
        if request.method in _WITH_BODY:
            self._calls[call.context.request_id] = (fingerprint, *result)
            if len(self._calls) > MAX_REMEMBERED_CALLS:
                self._calls.popitem(last=False)
        return result

    def _put_off(self, answer: Answer, polls: int) -> Answer:
        pending_id = f"p{len(self._pending) + 1:06d}"
        self._pending[pending_id] = _Pending(polls, answer)
        return Answer(outcome="PENDING", members={"statusUrl": f"/pending/{pending_id}"})

    def _poll(self, call: Call) -> Answer:
        waiting = self._pending.get(call.params["id"])
        if waiting is None:
            raise Problem("record-unknown", "no pending answer has this id")
        if waiting.polls_left == 0:
            return replace(waiting.answer, status=200)
        waiting.polls_left -= 1
        return Answer(outcome="PENDING", members={"statusUrl": f"/pending/{call.params['id']}"})

    async def _finish(
        self, request: web.Request, number: int, result: tuple[int, bytes], rule: str, action: Action
    ) -> web.StreamResponse:
        status, payload = result
        facts = {
            "call": number,
            "status": status,
            "rule": rule,
            "action": action.name,
            "payload": payload_facts(payload),
        }
        self.station.recorder.record("answered", facts)
        kind = "application/json" if status < 400 else "application/problem+json"
        headers = {"Content-Type": kind}
        if action.retry_after_seconds:
            headers["Retry-After"] = str(action.retry_after_seconds)
        return await send(request, status=status, headers=headers, payload=payload, action=action)


async def _read_body(request: web.Request) -> tuple[bytes, Problem | None]:
    """The body, or why there is none. What cannot be read is answered without the scenario."""
    try:
        return await request.read(), None
    except web.HTTPRequestEntityTooLarge:
        return b"", Problem("body-too-large", f"more than {MAX_BODY_BYTES} bytes")
    except (web.RequestPayloadError, ConnectionError):
        return b"", Problem("schema-invalid", "the body ended early or is not encoded as it says")


def _arrival(request: web.Request, operation: str, content: bytes) -> dict[str, Any]:
    certificate = request.transport.get_extra_info("peercert") if request.transport else None
    return {
        "operation": operation,
        "method": request.method,
        "path": request.path_qs,
        "headers": {name: request.headers[name] for name in _RECORDED_HEADERS if name in request.headers},
        "client_certificate": [list(pair) for part in certificate.get("subject", ()) for pair in part]
        if certificate
        else None,
        "payload": payload_facts(content),
    }


def _header_context(request: web.Request) -> object:
    text = request.headers.get(CONTEXT_HEADER)
    return read_json(text.encode("utf-8", "surrogateescape"), f"the header {CONTEXT_HEADER}") if text else None


def _request_id(request: web.Request, content: bytes) -> str | None:
    """The id a refusal gives back, as far as the call has one."""
    try:
        given = read_json(content or b"{}", "the body").get("context") or _header_context(request)
    except Problem:
        return None
    value = given.get("requestId") if isinstance(given, dict) else None
    return value[:MAX_ID] if isinstance(value, str) else None


def _strings(content: bytes) -> frozenset[str]:
    """All texts of a JSON payload, for the `key` condition of a scenario."""
    try:
        todo: list[Any] = [json.loads(content or b"{}")]
    except (ValueError, RecursionError):
        return frozenset()
    found: set[str] = set()
    while todo and len(found) < MAX_INCIDENT_KEYS:
        value = todo.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
    return frozenset(found)


def _refused(problem: Problem, request_id: str | None) -> tuple[int, bytes]:
    return problem.status, _encode(problem.document(request_id))


def _encode(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True).encode()
