"""Sending a form abroad through the running gateway, and waiting for what becomes of it.

The idempotency key follows from what is sent, so that the same command twice sends once.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import DONE, FINDINGS, NOT_YET, REFUSED, Ending
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.terminal import Terminal, cell, facts, plain
from gateway.identity import digest

if TYPE_CHECKING:
    from rich.console import Console

    from gateway.parcel import File

MESSAGES: Final = "/api/v1/messages"
FIRST_LOOK_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 4.0
"""Every look is journalled, so the pauses grow."""
WAITING: Final = "waiting"
WAITING_PURPOSE: Final = "waiting for what became of my own message (spoc send --wait)"
READING_PURPOSE: Final = "what became of my own message"


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `spoc send reply.xml --to sirene:XB --attach photo.jpg --wait`")(send)


def send(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The unsigned form, XML or JSON, or - for standard input.")],
    to: Annotated[str, typer.Option("--to", help="The office to send to, for example sirene:XB.")],
    attach: Annotated[list[Path] | None, typer.Option(help="A file that travels with it; may be repeated.")] = None,
    key: Annotated[str, typer.Option(help="Idempotency key; else it follows from what is sent.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is delivered, refused or held.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Longest wait in seconds; then exit code 75.")] = 60.0,
) -> None:
    """Send a form abroad. The gateway checks, signs and transmits it.

    With --wait, exit code 0: the other side has it; 1: refused or held; 75: still on its way.
    """
    from gateway.commands.checking import files_at, read_file

    terminal: Terminal = context.obj
    content, files = read_file(file), files_at(attach or [])
    body, headers = order(content, files, to)
    headers["Idempotency-Key"] = key or derived_key(content, files, to)

    async def work() -> tuple[dict[str, Any], dict[str, Any] | None, list[dict[str, Any]]]:
        async with LocalDoor(homes.read(terminal)) as door:
            taken = await door.ask("POST", MESSAGES, headers=headers, body=body)
            seen = await _waited(door, taken["id"], timeout, _teller(terminal)) if wait else None
            stands = seen is not None and seen["account"] not in ("delivered", WAITING)
            return taken, seen, await _findings(door, taken["id"]) if stands else []

    taken, seen, findings = run(work())
    following = f"spoc --home {homes.folder(terminal)} messages show {taken['id']} --purpose '{READING_PURPOSE}'"
    document = {
        **taken, "idempotency_key": headers["Idempotency-Key"], "message": seen, "findings": findings, "next": following,
    }  # fmt: skip
    known = "known before, nothing new was made" if taken["known_before"] else "accepted and durable"
    rows: list[tuple[str, object]] = [("id", taken["id"]), ("", known), ("SHA-256", taken["digest"])]
    if seen:
        rows += [("state", seen["state"]), ("reason", seen["reason_code"]), ("", seen["reason_public"])]

    def draw(out: Console) -> None:
        out.print(facts(rows))
        draw_findings(out, findings)
        if not seen or seen["account"] != "delivered":
            ends = seen and seen["account"] != WAITING
            out.print(f"{'Everything about it' if ends else 'What becomes of it'}: {following}", soft_wrap=True)
            if not wait:
                out.print("With --wait, this command waits for it.")

    terminal.answer(document, draw)
    if seen:
        raise typer.Exit({"delivered": DONE, WAITING: NOT_YET}.get(seen["account"], FINDINGS))


async def _findings(door: LocalDoor, id: str) -> list[dict[str, Any]]:
    """What was found in a message of ours that did not get through; nothing where only others may read it."""
    try:
        found: dict[str, Any] = await door.ask("GET", f"{MESSAGES}/{id}", query={"purpose": READING_PURPOSE})
    except Ending:
        return []
    return list(found["findings"])


def draw_findings(out: Console, findings: list[dict[str, Any]]) -> None:
    """Each finding by its rule and field, what is wrong, and what to do about it."""
    for one in findings:
        where = f" at {plain(one['field'])}" if one["field"] else ""
        out.print(cell(one["severity"]), f"{plain(one['rule'])}{where}:", plain(one["text"]), soft_wrap=True)
        if one["remedy"]:
            out.print(f"  {plain(one['remedy'])}", soft_wrap=True)


def derived_key(content: bytes, files: list[File], to: str) -> str:
    """The same form with the same files to the same office always has this key."""
    named = [
        to.encode(),
        digest(content).encode(),
        *(f"{one.file_name} {digest(one.content)}".encode() for one in files),
    ]
    return f"spoc-send-{digest(b'|'.join(named))[:40]}"


def order(content: bytes, files: list[File], to: str) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the order; raises `Ending` for what cannot be one."""
    from gateway import parcel

    if content.lstrip().startswith(b"{"):
        return _json_order(content, files, to), {"Content-Type": "application/json"}
    payload = parcel.pack(content, files)
    headers = {"X-SPOC-Counterpart": to, "Content-Type": payload.media_type}
    if not files:
        return payload.content, headers
    head, _, body = payload.content.partition(b"\r\n\r\n")
    headers["Content-Type"] = head.split(b"\r\n")[0].decode("ascii").partition(": ")[2]
    return body, headers


def _json_order(content: bytes, files: list[File], to: str) -> bytes:
    import orjson

    try:
        form = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Ending(REFUSED, "json.unreadable", f"The file is not JSON: {error}.") from error
    given = form if "form" in form else {"form": form}
    attached = [
        {
            "file_name": one.file_name,
            "media_type": one.media_type,
            "content_base64": base64.b64encode(one.content).decode(),
        }
        for one in files
    ]
    return orjson.dumps({**given, "counterpart": to, "attachments": [*given.get("attachments", []), *attached]})


def _teller(terminal: Terminal) -> Callable[[dict[str, Any]], None]:
    def tell(seen: dict[str, Any]) -> None:
        code = f" ({seen['reason_code']})" if seen["reason_code"] else ""
        terminal.err.print(plain(f"  {seen['state']}{code}"), style="dim", soft_wrap=True)

    return tell


async def _waited(door: LocalDoor, id: str, seconds: float, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The message once nothing more happens by itself, or when the time is over."""
    until = time.monotonic() + seconds
    pause, last = FIRST_LOOK_SECONDS, ""
    while True:
        found = await door.ask("GET", MESSAGES, query={"q": id, "purpose": WAITING_PURPOSE, "limit": 10})
        seen: dict[str, Any] = next(one for one in found["messages"] if one["id"] == id)
        if seen["state"] != last:
            last = seen["state"]
            tell(seen)
        left = until - time.monotonic()
        if seen["account"] != WAITING or left <= 0:
            return seen
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
