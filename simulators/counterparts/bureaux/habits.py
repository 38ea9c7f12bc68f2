"""What a bureau makes a habit of: read from `habits.toml`, put together into one conduct.

The one idea: a habit is a name for a few values of `Conduct`, so that a new habit is a row of data, and several are had
at once by taking all their values.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta, tzinfo
from functools import cache
from importlib import resources
from typing import Any

XML_STYLES = ("usual", "odd", "odd-8bit", "trailing")
MAIL_STYLES = ("usual", "odd", "8bit", "ragged")
ANY = -1  # all versions there are schemas for
MOST = 10_000.0  # hours, copies, mails


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a bureau behaves; as it stands here, like any good office that leaves answering to its officers."""

    answers: bool = False  # first messages, by itself
    answer_after_hours: float = 0.0
    extra_m_forms: int = 0  # beside each answer
    strict: bool = False
    speaks_version: int = ANY  # of the forms
    xml: str = "usual"
    mail: str = "usual"
    rests_from_hour: int = 0  # local time; no rest where both hours are the same
    rests_to_hour: int = 0
    receipts: bool = True
    receipts_after_hours: float = 0.0
    tells_all: bool = False  # also when a message was handed over and read, and wants to be told
    contradicts_itself: bool = False  # the opposite of its verdict, a moment later
    copies: int = 1
    greylists: bool = False
    mailbox_holds: int = -1  # mails; -1: as many as come
    counts: bool = False  # running numbers, and a sheet each night
    loses_number: int = 0  # of its own: believes that it sent it
    overlooks_number: int = 0  # of others: takes it, and nobody sees it
    resends: bool = False  # what a sheet says never came

    def awake_at(self, now: datetime, zone: tzinfo) -> datetime:
        """`now`, or when somebody comes to work again."""
        local = now.astimezone(zone)
        start, end = self.rests_from_hour, self.rests_to_hour
        if not _between(start, local.hour, end):
            return now
        day = local.date() + timedelta(days=1 if local.hour >= end else 0)
        return datetime.combine(day, time(end), tzinfo=zone).astimezone(now.tzinfo)


def _between(start: int, hour: int, end: int) -> bool:
    return start <= hour < end if start <= end else hour >= start or hour < end


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
    """The conduct of `answers,late:20`; raises `HabitUnknown`."""
    conduct = Conduct()
    for word in filter(None, (each.strip() for each in text.split(","))):
        name, colon, number = word.partition(":")
        habit = all_habits().get(name)
        if habit is None:
            raise HabitUnknown(f"no habit is called {name!r}; there are {', '.join(all_habits())}")
        conduct = replace(conduct, **habit.does)
        if colon:
            conduct = replace(conduct, **_number(habit, number))
    return conduct


def _number(habit: Habit, number: str) -> dict[str, Any]:
    if not habit.value:
        raise HabitUnknown(f"the habit {habit.name} takes no number")
    kind = type(getattr(Conduct(), habit.value))
    try:
        value = kind(number)
    except ValueError as error:
        raise HabitUnknown(f"{habit.name}:{number} is not a number") from error
    if not 0 <= value <= MOST:
        raise HabitUnknown(f"{habit.name}:{number} is not from 0 to {MOST:.0f}")
    return {habit.value: value}
