"""One HTTP conversation with a national system.

The one idea: whatever the other side does, out of here comes either a whole answer within its limits or one of our
errors with the cause chained. Bodies never stand in an error; keys never stand in an address.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
import msgspec
from yarl import URL

from adapters.rest.problems import as_error, read_problem
from adapters.rest.settings import RestSettings, check, plain_token
from gateway.errors import Misconfigured, Refused, RegisterUnavailable

CONTEXT_HEADER: Final = "X-Request-Context"
"""A GET has no body, so the mandatory context travels in this header, as JSON."""
MAX_ADDRESS: Final = 500
T = TypeVar("T")
_CHUNK: Final = 65_536
_DROPPED: Final = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)
_TRIES: Final = 2
"""A call is repeated once, at once, when the connection broke: every call is idempotent by its request id."""


class Wire:
    """A pool of connections to one system. Creating it does no I/O."""

    def __init__(self, system: str, settings: RestSettings) -> None:
        check(settings, system)
        self.system = system
        self._settings = settings
        self._base = URL(settings.base_url.rstrip("/") + "/")
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Load keys; connections are made when they are needed. Raises `Misconfigured`."""
        if self._session is not None:
            return
        token, context = self._token(), self._tls()
        headers = {"Accept": "application/json, application/problem+json", "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._settings.connections, ssl=context),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._settings.call_seconds),
            auto_decompress=False,
            trust_env=False,
        )

    async def stop(self) -> None:
        """Close the connections; safe unstarted and twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def probe(self) -> None:
        """Ask for the root: any answer but a refusal of us or a fault of theirs shows that it is there."""
        status, body = await self._call("GET", self._base, {}, None)
        if status == 401 or status >= 500:
            problem = read_problem(status, body)
            raise as_error(problem, self.system) from problem

    async def post(self, path: str, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> bytes:
        """The answer to a POST; raises our errors, from a `Problem` where the system refused."""
        return await self._written("POST", path, document, headers)

    async def patch(self, path: str, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> bytes:
        """The answer to a PATCH; raises like `post`."""
        return await self._written("PATCH", path, document, headers)

    async def _written(
        self, method: str, path: str, document: Mapping[str, Any], headers: Mapping[str, str] | None
    ) -> bytes:
        try:
            body = msgspec.json.encode(document)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            public = f"The national system {self.system} cannot be asked this."
            words = f"{self.system}: the question holds characters that JSON cannot carry."
            raise Refused("register.unsendable", public, operator=words) from error
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._accepted(await self._call(method, self.address(path), sent, body))

    async def get(self, url: URL, context: Mapping[str, Any]) -> bytes:
        """The answer to a GET of an `address` or a `link`, with its context; raises like `post`."""
        text = json.dumps(context)  # pure ASCII, which a header can carry
        return self._accepted(await self._call("GET", url, {CONTEXT_HEADER: text}, None))

    def address(self, path: str) -> URL:
        """The address of one of our own paths."""
        return self._base.join(URL(path.lstrip("/")))

    def link(self, text: str) -> URL:
        """The address of a link that they gave us (RFC 3986, section 5); none to another origin is followed."""
        try:
            found = self._base.join(URL(text))
            is_theirs = bool(text) and found.origin() == self._base.origin() and found.user is None
        except ValueError as error:
            raise self._unusable("register.link", "It gave a link that cannot be read.") from error
        if not is_theirs or len(str(found)) > MAX_ADDRESS:
            raise self._unusable("register.link", "It gave a link that leads elsewhere; it was not followed.")
        return found

    def _accepted(self, answer: tuple[int, bytes]) -> bytes:
        status, body = answer
        if 200 <= status < 300:
            return body
        problem = read_problem(status, body)
        raise as_error(problem, self.system) from problem

    async def _call(self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        for number in range(1, _TRIES + 1):
            try:
                return await self._once(method, url, headers, body)
            except aiohttp.ClientConnectorError as error:  # before _DROPPED, whose kind it is
                raise self._unusable("register.unreachable", "No connection can be made.") from error
            except _DROPPED as error:
                if number == _TRIES:
                    raise self._unusable("register.dropped", "It ended the connection without an answer.") from error
            except TimeoutError as error:
                raise self._unusable("register.too-slow", "It did not answer in time.") from error
            except (aiohttp.ClientError, ValueError, OSError) as error:
                raise self._unusable("register.unreadable", "It did not answer in HTTP.") from error
        raise AssertionError("the last try returns or raises")

    async def _once(self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        if self._session is None:
            raise self._unusable("register.not-started", "The adapter is not started.")
        async with self._session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise self._unusable("register.unreadable", "It answered compressed, which was not offered.")
            return response.status, await self._whole(response)

    async def _whole(self, response: aiohttp.ClientResponse) -> bytes:
        limit, found = self._settings.answer_octets, bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            found += chunk
            if len(found) > limit:
                response.close()
                raise self._unusable("register.too-long", f"Its answer is longer than {limit} octets.")
        return bytes(found)

    def _unusable(self, code: str, words: str) -> RegisterUnavailable:
        public = f"The national system {self.system} does not answer now."
        return RegisterUnavailable(code, public, operator=f"{self.system}: {words}")

    def _token(self) -> str:
        if not self._settings.token_file:
            return self._settings.token
        try:
            token = Path(self._settings.token_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise self._misconfigured("token_file: the file cannot be read") from error
        if not token or not plain_token(token):
            raise self._misconfigured("token_file: it must hold one line of printable ASCII")
        return token

    def _tls(self) -> ssl.SSLContext | bool:
        if self._base.scheme != "https":
            return True
        settings = self._settings
        try:
            context = ssl.create_default_context(cafile=settings.ca_file or None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if settings.client_certificate:
                context.load_cert_chain(settings.client_certificate, settings.client_key)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise self._misconfigured("ca_file, client_certificate, client_key: a file cannot be read") from error
        return context

    def _misconfigured(self, words: str) -> Misconfigured:
        return Misconfigured("rest.settings", f"The adapter {self.system} is not configured.", operator=words)


async def within(seconds: float, call: Awaitable[T], system: str) -> T:
    """What the call gives, or `RegisterUnavailable` when it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError as error:
        public = f"The national system {system} does not answer now."
        words = f"{system}: no answer within {seconds:g} s."
        raise RegisterUnavailable("register.too-slow", public, operator=words) from error
