"""What the authority makes a habit of, read from `habits.toml` and put together into one conduct.

The one idea: a habit is a name for a few values of `Conduct`, so that a new habit is a row of data.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib import resources
from typing import Any

MOST = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How the authority behaves; as it stands here, like a good one."""

    nonce: str = ""  # other, none
    imprint: str = ""  # other
    policy: str = "2.999.3161.1"  # 2.999 is the arc for examples
    accuracy: str = "secs:1"
    accuracy_seconds: int = 0  # instead of the line above
    digests: str = "sha256, sha384, sha512"
    digest: str = "sha256"
    behind_seconds: int = 0
    ahead_seconds: int = 0
    signer: str = "tsa"
    names_certificate: str = ""  # other
    value: str = ""  # damaged
    media_type: str = "application/timestamp-reply"
    padding: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    name: str
    summary: str
    does: Mapping[str, Any]
    value: str = ""  # the field that a number after the colon sets


class HabitUnknown(ValueError):
    """Not a habit; the text names those there are."""


@cache
def all_habits() -> dict[str, Habit]:
    rows = tomllib.loads(resources.files(__package__).joinpath("habits.toml").read_text("utf-8"))
    habits = {name: Habit(name=name, **row) for name, row in rows.items()}
    known = {each.name for each in fields(Conduct)}
    for habit in habits.values():
        unknown = {*habit.does, *filter(None, (habit.value,))} - known
        assert not unknown, f"habits.toml: {habit.name} has {unknown}"
    return habits


def conduct_of(text: str) -> Conduct:
    """The conduct of `back-dated:60,no-accuracy`; raises `HabitUnknown`."""
    conduct = Conduct()
    for word in filter(None, (each.strip() for each in text.split(","))):
        name, colon, number = word.partition(":")
        habit = all_habits().get(name)
        if habit is None:
            raise HabitUnknown(f"no habit is called {name!r}; there are {', '.join(all_habits())}")
        conduct = replace(conduct, **habit.does)
        if colon:
            if not habit.value or not number.isascii() or not number.isdigit() or int(number[:12]) > MOST:
                raise HabitUnknown(f"{word}: the habit takes no such number")
            values: dict[str, Any] = {habit.value: int(number)}
            conduct = replace(conduct, **values)
    return conduct
