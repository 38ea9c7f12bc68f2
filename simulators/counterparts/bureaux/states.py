"""Whose bureau it is: read from `states.toml`.

The one idea: a state is a row of data. Codes that ISO 3166 leaves to users (XA and the like) are good for fictitious
states that have no row.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

ALL = "all"
_USER_ASSIGNED = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")  # ISO 3166-1, section 8.1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state, as far as a simulated bureau needs to know it."""

    code: str
    name: str
    zone: str = "UTC"  # of the IANA time zone database
    also: tuple[str, ...] = ()  # other codes in use
    since: str = ""  # when it began to use SIS
    remarks: str = ""
    takes_no_part_in: tuple[str, ...] = ()  # beginnings of articles of alerts
    confidence: str = ""  # of what is said here; empty for fictitious states
    fictitious: bool = False


class StateUnknown(ValueError):
    """No bureau can be simulated under this code; the text says why."""


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("states.toml").read_text("utf-8"))


def real_states() -> tuple[State, ...]:
    return tuple(_state(row) for row in _document()["state"])


def fictitious_states() -> tuple[State, ...]:
    return tuple(_state(row, fictitious=True) for row in _document()["fictitious"])


def _state(row: dict[str, Any], *, fictitious: bool = False) -> State:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return State(**{**row, **lists}, fictitious=fictitious)


def find_state(code: str) -> State:
    """The state under this code, in the code that was asked for. Raises `StateUnknown`."""
    code = code.strip().upper()
    for state in (*real_states(), *fictitious_states()):
        if code in (state.code, *state.also):
            return state if code == state.code else _under(code, state)
    for row in _document()["former"]:
        if code in (row["code"], *row.get("also", ())):
            raise StateUnknown(f"no bureau of {code} ({row['name']}): {row['reason']}")
    if _USER_ASSIGNED.fullmatch(code):
        return State(code=code, name=f"Fictitious state {code}", fictitious=True)
    known = " ".join(each.code for each in real_states())
    raise StateUnknown(f"no state uses SIS under the code {code!r}; there are {known}, and fictitious ones as XB")


def _under(code: str, state: State) -> State:
    return State(**{name: getattr(state, name) for name in State.__slots__} | {"code": code, "also": (state.code,)})


def find_states(text: str) -> tuple[State, ...]:
    """`DK,DE,SE`, or `all` for the 31, or both: `all,XB`. Each once, in the order given."""
    wanted: list[State] = []
    for word in filter(None, (each.strip() for each in text.split(","))):
        wanted += real_states() if word.lower() == ALL else (find_state(word),)
    if not wanted:
        raise StateUnknown("which states? for instance DK,DE,SE or all")
    return _once(wanted)


def _once(states: Iterable[State]) -> tuple[State, ...]:
    return tuple({each.code: each for each in states}.values())
