"""Strict reading of SMTP lines: a line ends with CRLF, and nothing else ever ends one.

Servers that also take a bare LF or CR for a line end can be made to see the end of a mail where the server before them
saw content, and so to take a second, forged mail (SMTP smuggling). Here the first bare CR or LF ends the conversation.

`StrictReader` stands before the stream of an aiosmtpd connection. It reads content in large pieces, where aiosmtpd
reads a line at a time; counting CR, LF and CRLF is what makes the check cheap.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

from adapters.channels.smtp import replies
from adapters.channels.smtp.replies import Reply

COMMAND_OCTETS: Final = 1024
"""Longest command line with CRLF: 512 (RFC 5321 section 4.5.3.1.4) and room for parameters and UTF-8 addresses."""
LINE_OCTETS: Final = 1000
"""Longest line of content with CRLF, without the transparent dot (RFC 5321 section 4.5.3.1.6)."""
PIECE_OCTETS: Final = 65_536
_END: Final = b"\r\n.\r\n"
_BARE_IN_COMMAND: Final = re.compile(rb"\r(?=[^\n])|(?<!\r)\n|\x00")


class NotReadable(Exception):
    """The other side broke the rules of lines; `reply` says how."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.reason)
        self.reply = reply


class StrictReader:
    """Gives aiosmtpd its command lines and us the content of a mail."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self._pending = bytearray()
        self._closed = False

    # aiosmtpd sets and clears these two when TLS begins.
    @property
    def _transport(self) -> Any:
        return self._stream._transport  # type: ignore[attr-defined]  # not in the type stubs

    @_transport.setter
    def _transport(self, transport: Any) -> None:
        self._stream._transport = transport  # type: ignore[attr-defined]  # not in the type stubs

    @property
    def _buffer(self) -> bytearray:
        buffer: bytearray = self._stream._buffer  # type: ignore[attr-defined]  # not in the type stubs
        return buffer

    @property
    def waiting(self) -> bool:
        """Whether the other side has sent more than was read."""
        return bool(self._pending or self._buffer)

    def close(self) -> None:
        """Read nothing more, not even what has arrived: it may have been smuggled in."""
        self._closed = True
        self._pending.clear()

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """The next command line with its CRLF."""
        del separator  # aiosmtpd asks for lines that end with LF; we know better
        while True:
            if self._closed:
                raise asyncio.CancelledError  # ends the conversation, as aiosmtpd does when the other side leaves
            if bare := _BARE_IN_COMMAND.search(self._pending):
                self._refuse_bare(bare.start())
            end = self._pending.find(b"\n")
            if (end + 1 if end >= 0 else len(self._pending)) > COMMAND_OCTETS:
                raise NotReadable(replies.COMMAND_TOO_LONG)
            if end >= 0:
                return self._cut(end + 1)
            self._pending += await self._piece()

    def _refuse_bare(self, place: int) -> None:
        """Refuse, unless good lines come first: those were sent before and are answered before."""
        if self._pending.find(b"\n", 0, place) < 0:
            raise NotReadable(replies.BARE_COMMAND)

    async def read_content(self, limit: int, has_room: Callable[[int], bool] = lambda _: True) -> bytes:
        """The content of a mail up to the line with a single dot, without transparent dots; raises `NotReadable`.

        Content that is too long, or for which there is no room, is read to its end but not kept, so that the sender reads
        our answer. `has_room` is told of all octets that are kept, as they come.
        """
        content = bytearray(b"\r\n")  # the line end of the DATA command: a dot may come at once
        checked = 0
        refusal: Reply | None = None
        while True:
            fresh = bytes(self._pending) or await self._piece()
            self._pending.clear()
            searched = max(0, len(content) - len(_END) + 1)
            content += fresh
            end = content.find(_END, searched)
            if end >= 0:
                self._pending += content[end + len(_END) :]
                del content[end + 2 :]
            checked = _check(content, checked, final=end >= 0)
            if len(content) - 2 > limit:
                refusal = refusal or replies.too_large(limit)
            elif refusal is None and not has_room(len(fresh)):
                refusal = replies.NO_ROOM
            if refusal:
                superfluous = max(0, len(content) - len(_END))
                del content[:superfluous]
                checked -= superfluous
            if end >= 0:
                break
        if refusal:
            raise NotReadable(refusal)
        return _without_dots(content)

    async def _piece(self) -> bytes:
        piece = await self._stream.read(PIECE_OCTETS)
        if not piece:
            raise asyncio.CancelledError  # the other side has left
        return piece

    def _cut(self, length: int) -> bytes:
        line = bytes(self._pending[:length])
        del self._pending[:length]
        return line


def _check(content: bytearray, start: int, *, final: bool) -> int:
    """Refuse bare line ends and NUL from `start` on; returns where to go on (before a CR whose LF has not come yet)."""
    stop = len(content)
    if not final and content.endswith(b"\r"):
        stop -= 1
    pairs = content.count(b"\r\n", start, stop)
    if content.count(b"\r", start, stop) != pairs or content.count(b"\n", start, stop) != pairs:
        raise NotReadable(replies.BARE_CONTENT)
    if content.count(b"\x00", start, stop):
        raise NotReadable(replies.NUL_CONTENT)
    return stop


def _without_dots(content: bytearray) -> bytes:
    """Take out transparent dots (RFC 5321 section 4.5.2) and the line end before the first line."""
    plain = bytes(content.replace(b"\r\n.", b"\r\n"))[2:]
    if max(map(len, plain.split(b"\r\n"))) > LINE_OCTETS - 2:
        raise NotReadable(replies.LINE_TOO_LONG)
    return plain
