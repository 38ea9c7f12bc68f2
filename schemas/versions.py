"""Which versions of a family there are and on which days: `schemas/FAMILY/versions.toml`, read strictly.

A family without the file has version 1 alone, without limits. An office may have agreed on other days; those replace what
is shipped, and the record says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

import msgspec
from msgspec import Struct

from gateway.versions import Days, Version

ONLY = 1


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    version: tuple[dict[str, object], ...]


def versions_of(family: str, agreed: Mapping[str, Days] | None = None) -> tuple[Version, ...]:
    """Every version of a family, the current one first; `agreed` are an office's own days by major version. Raises
    `ValueError` for a file or days that cannot be meant.
    """
    source = files("schemas") / family / "versions.toml"
    if source.is_file():
        told = msgspec.convert(tomllib.loads(source.read_text("utf-8")), _File)
        found = [msgspec.convert({**row, "family": family}, Version) for row in told.version]
    else:
        found = [Version(family=family, major=ONLY, title="only version", current=True, citation="this project")]
    _refuse_odd(family, found)
    for major, days in (agreed or {}).items():
        if major not in {str(version.major) for version in found}:
            raise ValueError(f"there is no version {major[:8]} of {family} to set days for")
        found = [_with_days(version, days) if str(version.major) == major else version for version in found]
    _refuse_odd(family, found)
    return tuple(sorted(found, key=lambda version: (not version.current, -version.major)))


def _with_days(version: Version, days: Days) -> Version:
    told = {name: value for name, value in msgspec.structs.asdict(days).items() if value is not None}
    return msgspec.structs.replace(version, **told, citation="agreed by this office", confidence="proposal")


def _refuse_odd(family: str, found: list[Version]) -> None:
    """What no reading of the file could mean."""
    if len({version.major for version in found}) != len(found) or sum(version.current for version in found) != 1:
        raise ValueError(f"the versions of {family} must differ, and exactly one is current")
    for version in found:
        spans = ((version.accept_from, version.accept_until), (version.send_from, version.send_until))
        if any(first and last and first > last for first, last in spans) or version.grace_days < 0:
            raise ValueError(f"version {version.major} of {family} ends before it begins")
