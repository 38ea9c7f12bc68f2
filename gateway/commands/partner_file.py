"""Writing `partners.toml`: one `[[partner]]` more, or another in its place, with everything else in the file left as it stands.

What was written is read again before it takes the place of the old file: if comments and layout cannot be kept, the content is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from config.settings import Partner

FILE: Final = "partners.toml"
OURS_TO_SAY: Final = frozenset({
    "weak_rsa_until", "revocation", "crl", "ocsp", "smime_inbound", "receipts", "receipt_hours", "urgent_receipt_hours",
    "max_message_octets", "retry_hours", "test_only",
})  # fmt: skip
"""What no card says: a new card of the office leaves it as it stands."""
OURS_TO_SAY_OF_MAIL: Final = frozenset({"client_certificates", "max_connections", "messages_per_hour"})
_HEADING: Final = re.compile(r"^\[\[\s*partner\s*\]\]\s*(#.*)?$")
_TRIPLE: Final = re.compile(r'"""|\'\'\'')
_PLAIN_LINES: Final = re.compile(r"[\n -!#-\[\]-~]*")
"""What may stand in a multi-line string as it is: printable ASCII without quotes and backslashes."""
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class PartnerExists(Exception):
    """The party has a place in the file already."""


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One writer at a time."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def put(text: str, partner: Partner, *, replace: bool) -> str:
    """The text of the file with this partner in it; raises `PartnerExists`, `tomllib.TOMLDecodeError`."""
    rows = tomllib.loads(text).get("partner", [])
    index = next((number for number, row in enumerate(rows) if row.get("party") == partner.party), None)
    if index is not None and not replace:
        raise PartnerExists(partner.party)
    row = _row(partner) if index is None else _keeping(_row(partner), rows[index])
    wanted = [*rows, row] if index is None else [row if number == index else one for number, one in enumerate(rows)]
    written = _spliced(text, index, block(row))
    if written is not None and _reads_as(written, wanted):
        return written
    return "".join(block(one) for one in wanted)


def save(file: Path, text: str) -> None:
    """A whole new file or the old one, readable by its owner only."""
    draft = file.with_name(f".{file.name}.new")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        new.write(text.encode("utf-8"))
        new.flush()
        os.fsync(new.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _row(partner: Partner) -> dict[str, Any]:
    """What is said about the partner; what has its default is left out."""
    return partner.model_dump(exclude_none=True, exclude_defaults=True, mode="json")


def _keeping(row: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The new row with what we alone had said in the old one."""
    kept = row | {name: value for name, value in before.items() if name in OURS_TO_SAY}
    mail, was = row.get("mail"), before.get("mail") or {}
    if mail:
        kept["mail"] = mail | {name: value for name, value in was.items() if name in OURS_TO_SAY_OF_MAIL}
    return kept


def _reads_as(text: str, rows: list[dict[str, Any]]) -> bool:
    try:
        return bool(tomllib.loads(text) == {"partner": rows})
    except tomllib.TOMLDecodeError:
        return False


# --- keeping what stands around


def _spliced(text: str, index: int | None, new: str) -> str | None:
    """The text with the block put at its end, or in place of the block with this number; None when that block is not found."""
    lines = text.splitlines(keepends=True)
    if index is None:
        return text + ("" if not text or text.endswith("\n") else "\n") + ("\n" if text.strip() else "") + new
    headings = list(_headings(lines))
    if index >= len(headings):
        return None
    start = headings[index]
    end = headings[index + 1] if index + 1 < len(headings) else len(lines)
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1  # comments above the next heading belong to it
    return "".join([*lines[:start], new, *lines[end:]])


def _headings(lines: list[str]) -> Iterator[int]:
    """Numbers of the lines that open a partner, those within multi-line strings left out."""
    within = ""
    for number, line in enumerate(lines):
        if not within and _HEADING.match(line.strip()):
            yield number
        for mark in _TRIPLE.findall(line):
            within = "" if within == mark else (within or mark)


# --- TOML


def block(row: dict[str, Any]) -> str:
    """One `[[partner]]` with the tables below it."""
    lines = ["[[partner]]"]
    lines += [f"{name} = {_value(value)}" for name, value in row.items() if not isinstance(value, dict)]
    for name, table in row.items():
        if isinstance(table, dict):
            lines += ["", f"[partner.{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        if any(isinstance(one, str) and "\n" in one for one in value):
            return "[\n" + "".join(f"{_value(one)},\n" for one in value) + "]"
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return text_value(str(value))


def text_value(text: str) -> str:
    """Any text as a TOML string; long plain ones, such as certificates, stay readable."""
    if "\n" in text and _PLAIN_LINES.fullmatch(text):
        return f'"""\n{text}"""'
    return '"' + "".join(_letter(letter) for letter in text) + '"'


def _letter(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter < " " or "\x7f" <= letter <= "\x9f" or letter in "\u2028\u2029\x85":
        return f"\\u{ord(letter):04X}"
    return letter
