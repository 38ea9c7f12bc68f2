"""Reading the fictitious records a REST simulator starts with.

The one idea: seeds are TOML beside the code, read once at start; `--set seeds=FILE` puts another file in their place.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from simulators.rest.contract import Context, Problem

SEEDS_SETTING: Mapping[str, str] = {"seeds": "a file with other records"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The records of a register and its house rules."""

    records: tuple[dict[str, Any], ...]
    shredded: Mapping[str, Mapping[str, Any]]  # record reference -> what the tombstone says
    too_many_over: int  # more matches than this are not returned
    purposes_refused: frozenset[str]
    roles_refused: frozenset[str]

    def check_allowed(self, context: Context) -> None:
        """Refuse purposes and roles this register is closed to."""
        if context.purpose in self.purposes_refused:
            raise Problem("purpose-not-allowed", "this register is not open for this purpose")
        if context.role in self.roles_refused:
            raise Problem("role-not-allowed", "this register is not open for this role")

    def check_known(self, ref: str, known: bool) -> None:
        """Refuse a reference that is unknown, or deleted under a rule."""
        tombstone = self.shredded.get(ref)
        if tombstone is not None:
            raise Problem("record-shredded", "deleted under a rule",
                          ruleId=tombstone["ruleId"], shreddedOn=str(tombstone["on"]))  # fmt: skip
        if not known:
            raise Problem("record-unknown", "no record has this reference")


def read_seeds(package: str, name: str, other: str | None) -> Seeds:
    """The seeds `NAME.toml` of a package, or of the file a tester names instead."""
    shipped = resources.files(package).joinpath("seeds", f"{name}.toml")
    content = (Path(other) if other else shipped).read_text(encoding="utf-8")
    document = tomllib.loads(content)
    house = document.get("house", {})
    return Seeds(
        records=tuple(document.get("record", [])),
        shredded={each["ref"]: each for each in document.get("shredded", [])},
        too_many_over=house.get("tooManyOver", 10),
        purposes_refused=frozenset(house.get("purposesRefused", [])),
        roles_refused=frozenset(house.get("rolesRefused", [])),
    )
