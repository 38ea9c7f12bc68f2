"""The way to one time-stamp authority over HTTP. Whatever it does, a bounded answer comes back in bounded time, or our error."""

from __future__ import annotations

import ssl
from typing import Final

import aiohttp
from msgspec import Struct
from yarl import URL

from gateway.errors import Misconfigured, Refused, Unavailable

QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"
MAX_REPLY_OCTETS: Final = 64 * 1024
PUBLIC: Final = "The time-stamp authority does not answer."
NO_REPLY: Final = "The time-stamp authority gave no usable answer."
_CHUNK: Final = 16 * 1024


class AuthoritySettings(Struct, frozen=True, kw_only=True):
    """How an authority is reached."""

    url: str
    ca_file: str = ""
    seconds: float = 10.0


class HttpAuthority:
    """Asks one authority. Creating it does no I/O; raises `Misconfigured`."""

    def __init__(self, settings: AuthoritySettings) -> None:
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

    async def ask(self, question: bytes) -> bytes:
        """The reply; raises `Unavailable`, and `Refused` for what cannot be one."""
        if self._session is None:
            raise Unavailable("stamp.away", PUBLIC, operator="It was not started.")
        headers = {"Content-Type": QUERY, "Accept": REPLY, "Accept-Encoding": "identity"}
        try:
            async with self._session.post(
                self._address, data=question, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise Unavailable(
                        "stamp.away", PUBLIC, operator=f"Status {answer.status} from {self._address.host}."
                    )
                if answer.content_type != REPLY:
                    raise Refused("stamp.media-type", NO_REPLY, operator=f"Its answer is {answer.content_type[:80]}.")
                return await _bounded(answer.content)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            words = f"{type(error).__name__} from {self._address.host}."
            raise Unavailable("stamp.away", PUBLIC, operator=words) from error

    def _tls(self) -> ssl.SSLContext | bool:
        if not self._settings.ca_file:
            return True
        try:
            return ssl.create_default_context(cafile=self._settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                "stamp.settings", f"ca_file: {self._settings.ca_file} holds no certificates."
            ) from error


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    found = bytearray()
    async for chunk in content.iter_chunked(_CHUNK):
        found += chunk
        if len(found) > MAX_REPLY_OCTETS:
            raise Refused("stamp.too-long", NO_REPLY, operator=f"Its answer has more than {MAX_REPLY_OCTETS} octets.")
    return bytes(found)


def _address(text: str) -> URL:
    try:
        url = URL(text)
        usable = url.scheme in ("http", "https") and bool(url.host) and not url.user and not url.password
    except ValueError:
        usable = False
    if not usable:
        raise Misconfigured("stamp.settings", "url: write an http or https address without a user.")
    return url
