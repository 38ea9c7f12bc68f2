"""The way to the running gateway: HTTP over the Unix socket in its data folder, where the kernel says who calls.

Every refusal becomes an `Ending` with the gateway's own sentence; a socket that nobody listens on becomes the sentence how to start it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypedDict, TypeVar, Unpack

import aiohttp
import orjson

from config.load import Home
from gateway.commands import homes
from gateway.commands.endings import NOT_ALLOWED, NOT_FOUND, NOT_RUNNING, OUR_FAULT, REFUSED, USAGE, Ending
from gateway.commands.terminal import STATED_CASE, Terminal

SOCKET: Final = "api.sock"
RUN: Final = "run"
TOTAL_SECONDS: Final = 300.0
CONNECT_SECONDS: Final = 5.0
PURPOSE_HELP: Final = "Why you look; mandatory and journalled, for example 'vehicle hit XB-G-2026-0000001'."
_ENDINGS: Final = {401: NOT_ALLOWED, 403: NOT_ALLOWED, 404: NOT_FOUND, 500: OUR_FAULT, 503: NOT_RUNNING}
T = TypeVar("T")


class Asking(TypedDict, total=False):
    """What may go with a question."""

    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any
    accept: tuple[int, ...]
    """Statuses of 400 and above that are an answer all the same."""


class LocalDoor:
    """One connection to the gateway of a home folder."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._session: aiohttp.ClientSession | None = None

    @property
    def socket(self) -> Path:
        """Where the gateway listens while it runs."""
        return self._home.data / RUN / SOCKET

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS)
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=str(self.socket)), timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def content(self, method: str, path: str, **asking: Unpack[Asking]) -> bytes:
        """The bytes of an answer; raises `Ending`. A mapping as body is sent as JSON."""
        assert self._session is not None
        headers, body = dict(asking.get("headers", {})), asking.get("body")
        if isinstance(body, Mapping):
            body, headers["Content-Type"] = orjson.dumps(body), "application/json"
        asked = {"case": stated_case(), **asking.get("query", {})}
        query = {name: value for name, value in asked.items() if value not in (None, "", ())}
        try:
            async with self._session.request(
                method, f"http://spoc{path}", params=query, headers=headers, data=body
            ) as answer:
                found = await answer.read()
                if answer.status >= 400 and answer.status not in asking.get("accept", ()):
                    raise _refused(answer.status, found)
                return found
        except (aiohttp.ClientConnectorError, FileNotFoundError) as error:
            raise self.not_running() from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Ending(
                NOT_RUNNING, "gateway.broke-off", "The gateway ended the conversation.", "See its log, and try again."
            ) from error

    async def ask(self, method: str, path: str, **asking: Unpack[Asking]) -> Any:
        """The JSON of an answer; raises `Ending`."""
        return orjson.loads(await self.content(method, path, **asking))

    async def runs(self) -> bool:
        """Whether a gateway answers."""
        try:
            await self.content("GET", "/healthz")
        except Ending as ending:
            return ending.code not in ("gateway.not-running", "gateway.broke-off")
        return True

    def not_running(self) -> Ending:
        """The ending for a gateway that does not answer."""
        folder = self._home.folder
        return Ending(
            NOT_RUNNING,
            "gateway.not-running",
            f"The gateway of {folder} does not run.",
            f"Start it with: spoc --home {folder} serve",
        )


def _refused(status: int, content: bytes) -> Ending:
    try:
        problem = orjson.loads(content)
        if "error_description" in problem:  # RFC 6749
            return Ending(REFUSED, f"token.{problem['error']}", str(problem["error_description"]))
        text, code = str(problem["detail"]), str(problem["code"])
        errors = [f"{each['where']}: {each['text']}" for each in problem.get("errors", [])]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Ending(OUR_FAULT, f"http.{status}", f"The gateway answered {status} without saying why.", "See its log.")
    return Ending(_ENDINGS.get(status, REFUSED), code, " ".join([text, *errors]))


def stated_case() -> str:
    """The case that was stated with `--case`, anywhere on the line."""
    return STATED_CASE.get()


def stated(purpose: str) -> dict[str, str]:
    """The purpose as a parameter; raises `Ending` when none was stated."""
    words = " ".join(purpose.split())
    if not words:
        raise Ending(
            USAGE, "purpose.missing", "Messages are read and searched for a stated purpose only, and the purpose is journalled with your name.",
            "Add for example: --purpose 'vehicle hit XB-G-2026-0000001'",
        )  # fmt: skip
    return {"purpose": words}


def asked(terminal: Terminal, method: str, path: str, **asking: Unpack[Asking]) -> Any:
    """One question to the gateway of the terminal's home folder, and its answer."""

    async def question() -> Any:
        async with LocalDoor(homes.read(terminal)) as door:
            return await door.ask(method, path, **asking)

    return run(question())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Asynchronous work from a command."""
    return asyncio.run(work)
