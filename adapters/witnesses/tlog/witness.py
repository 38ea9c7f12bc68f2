"""One witness over HTTP. Whatever it does, a bounded answer comes back in bounded time, or `Unavailable`."""

from __future__ import annotations

import ipaddress
import ssl
from typing import Final

import aiohttp
from msgspec import Struct
from yarl import URL

from gateway.errors import Misconfigured, Unavailable
from gateway.journal.tree.notes import COSIGNATURE, VerifierKey, read_verifier

MAX_ANSWER_OCTETS: Final = 64 * 1024
PUBLIC: Final = "The witness does not answer."


class WitnessSettings(Struct, frozen=True, kw_only=True):
    """How a witness is reached and whose signature is expected."""

    url: str
    key: str
    ca_file: str = ""
    seconds: float = 10.0


class HttpWitness:
    """The way to one witness. Creating it does no I/O; raises `Misconfigured`."""

    def __init__(self, settings: WitnessSettings) -> None:
        self.key = _key(settings.key)
        self._settings = settings
        self._address = _address(settings.url)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Connections are made when they are needed; raises `Misconfigured` for an authority that cannot be read."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._settings.seconds)
            connector = aiohttp.TCPConnector(limit=2, ssl=self._tls())
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False,
            )  # fmt: skip

    async def stop(self) -> None:
        """Safe unstarted and twice."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body; raises `Unavailable`."""
        if self._session is None:
            raise Unavailable("log.witness-away", PUBLIC, operator="It was not started.")
        headers = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}
        try:
            async with self._session.post(
                self._address, data=request, headers=headers, allow_redirects=False
            ) as answer:
                body = await answer.content.read(MAX_ANSWER_OCTETS + 1)
                while len(body) <= MAX_ANSWER_OCTETS and (more := await answer.content.read(MAX_ANSWER_OCTETS)):
                    body += more
                if len(body) > MAX_ANSWER_OCTETS:
                    raise Unavailable("log.witness-away", PUBLIC, operator="Its answer is too long.")
                return answer.status, body
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise Unavailable(
                "log.witness-away", PUBLIC, operator=f"{type(error).__name__} from {self._address.host}."
            ) from error

    def _tls(self) -> ssl.SSLContext | bool:
        if not self._settings.ca_file:
            return True
        try:
            return ssl.create_default_context(cafile=self._settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured("log.witness", f"ca_file: {self._settings.ca_file} holds no certificates.") from error


def _key(text: str) -> VerifierKey:
    try:
        key = read_verifier(text)
    except ValueError as error:
        raise Misconfigured("log.witness", f"key: {error}.") from error
    if key.kind != COSIGNATURE:
        raise Misconfigured("log.witness", "key: it is the key of a log, not that of a witness.")
    return key


def _address(text: str) -> URL:
    try:
        url = URL(text.rstrip("/") + "/add-checkpoint")
        secure = url.scheme == "https" or (url.scheme == "http" and _loopback(url.host or ""))
    except ValueError:
        secure = False
    if not secure or not url.host:
        raise Misconfigured("log.witness", "url: write an https address; http is for loopback only.")
    return url


def _loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback
