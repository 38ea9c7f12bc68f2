"""Reads the cells of one TOML table and collects what is wrong instead of stopping at the first fault.

The one idea: a reader always gets a value of the right type; whether it may be used is decided once, at the end, by
whether there are problems.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, with the row and its line."""

    line: int
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.line}: {self.place}: {self.text}" if self.place else f"{self.line}: {self.text}"


class Cells:
    """One TOML table."""

    def __init__(self, table: object, *, place: str, line: int, problems: list[Problem]) -> None:
        self._place = place
        self._line = line
        self._problems = problems
        self._table: dict[str, Any] = table if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            self.problem("is not a table")

    def problem(self, text: str) -> None:
        problem = Problem(line=self._line, place=self._place, text=text)
        if problem not in self._problems:
            self._problems.append(problem)

    def names(self) -> tuple[str, ...]:
        return tuple(self._table)

    def has(self, key: str) -> bool:
        return key in self._table

    def only(self, known: Collection[str]) -> None:
        """Complain about every other key."""
        for key in self._table:
            if key not in known:
                self.problem(f"unknown key “{key}”; known are {', '.join(known)}")

    def text(self, key: str, default: str | None = None, *, among: Collection[str] | None = None) -> str:
        """A text that says something; needed where there is no default."""
        value = self._table.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.problem(f"“{key}” must be a text")
            return ""
        self._declared(key, value, among)
        return value.strip()

    def choice(self, key: str, options: Collection[str], *, default: str | None = None) -> str:
        """One of a closed list."""
        if key not in self._table and default is not None:
            return default
        value = self._table.get(key)
        if not isinstance(value, str) or value not in options:
            self.problem(f"“{key}” must be one of: {', '.join(options)}")
            return next(iter(options))
        return value

    def flag(self, key: str) -> bool:
        value = self._table.get(key, False)
        if not isinstance(value, bool):
            self.problem(f"“{key}” must be true or false")
        return value is True

    def number(self, key: str) -> int:
        value = self._table.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.problem(f"“{key}” must be a whole number, 0 or more")
            return 0
        return value

    def texts(self, key: str, *, among: Collection[str] | None = None, needed: bool = True) -> tuple[str, ...]:
        """A list of different texts."""
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            self.problem(f"“{key}” must be a list of texts")
            return ()
        if needed and not value:
            self.problem(f"“{key}” must name at least one")
        if len(set(value)) != len(value):
            self.problem(f"“{key}” names one twice")
        for each in value:
            self._declared(key, each, among)
        return tuple(value)

    def percents(self, key: str, *, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Rising shares between 1 and 99."""
        value = self._table.get(key, list(default))
        whole = isinstance(value, list) and all(type(each) is int and 0 < each < 100 for each in value)
        if not whole or value != sorted(set(value)):
            self.problem(f"“{key}” must be a rising list of whole numbers from 1 to 99")
            return ()
        return tuple(value)

    def words(self, key: str) -> dict[str, str]:
        """A table of names, each with a sentence."""
        cells = self.inner(key)
        return {name: cells.text(name) for name in cells.names()}

    def inner(self, key: str) -> Cells:
        """A table inside this one; empty where it is missing."""
        return self._below(self._table.get(key, {}), key)

    def rows(self, key: str) -> tuple[Cells, ...]:
        """A list of tables inside this one."""
        value = self._table.get(key, [])
        if not isinstance(value, list):
            self.problem(f"“{key}” must be a list of tables")
            return ()
        return tuple(self._below(each, key) for each in value)

    def _below(self, table: object, key: str) -> Cells:
        place = key if self._place == "the file" else f"{self._place}, {key}"
        return Cells(table, place=place, line=self._line, problems=self._problems)

    def _declared(self, key: str, value: str, among: Collection[str] | None) -> None:
        if among is not None and value not in among:
            known = f"; declared are {', '.join(among)}" if isinstance(among, Mapping) and len(among) < 20 else ""
            self.problem(f"“{key}” names “{value[:64]}”, which the file does not declare{known}")
