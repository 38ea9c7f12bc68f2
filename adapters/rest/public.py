"""Fetching what anybody may read: a revocation list, an OCSP answer, from an address or a file.

The one idea: a bounded answer or our error. No redirects, no cookies, no proxy of the environment, nothing of ours sent.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import aiohttp

from gateway.errors import Unavailable

CALL_SECONDS: Final = 20.0
OCSP_QUESTION: Final = "application/ocsp-request"
_CHUNK: Final = 65_536


class PublicFetch:
    """Gets addresses, and files below a folder."""

    def __init__(self, folder: Path, seconds: float = CALL_SECONDS) -> None:
        self._folder, self._seconds = folder, seconds

    async def __call__(self, source: str, body: bytes = b"", *, most: int) -> bytes:
        """The whole content; raises `Unavailable`."""
        try:
            if not source.startswith(("http://", "https://")):
                return await asyncio.to_thread(self._read, source, most)
            async with asyncio.timeout(self._seconds):
                return await self._over_http(source, body, most)
        except TimeoutError as error:
            raise _away("revocation.too-slow", source, f"no answer within {self._seconds:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _away("revocation.away", source, type(error).__name__) from error

    def _read(self, source: str, most: int) -> bytes:
        with (self._folder / source).open("rb") as file:
            content = file.read(most + 1)
        _check_length(len(content), most, source)
        return content

    async def _over_http(self, source: str, body: bytes, most: int) -> bytes:
        method, headers = ("POST", {"Content-Type": OCSP_QUESTION}) if body else ("GET", {})
        headers["Accept-Encoding"] = "identity"
        # A session for each call: there are few, hours apart, to hosts that have nothing to do with each other.
        async with (
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
            ) as session,
            session.request(method, source, data=body or None, headers=headers, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise _away("revocation.away", source, f"status {response.status}")
            found = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                found += chunk
                _check_length(len(found), most, source)
            return bytes(found)


def _check_length(octets: int, most: int, source: str) -> None:
    if octets > most:
        raise _away("revocation.too-long", source, f"more than {most} octets")


def _away(code: str, source: str, words: str) -> Unavailable:
    return Unavailable(code, "The authority's answer cannot be had now.", operator=f"{source}: {words}.")
