"""What the core asks of a family of forms beside its formats: under which name and law it speaks, and what its handling codes forbid.

The facts themselves stand beside each family's forms (`schemas/FAMILY/family.py`); the core only has the questions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.addressbook.book import Book, Speciality
from gateway.alerts.law import AlertLaw
from gateway.clocks.definition import ClockTable
from gateway.dialogues.chart import Charts
from gateway.dialogues.rules import StoryRule
from gateway.findings import Finding
from gateway.form import Form
from gateway.identity import PartyId
from gateway.statistics.figure import Figures


class Effect(StrEnum):
    """What a handling code lets the gateway do by itself."""

    FREE = "free"
    """A message with it may go out."""
    OFFICER = "officer"
    """An officer releases it first."""
    EXCLUDES = "excludes"
    """The countries named in its text must not get it; others may."""
    ONLY = "only"
    """Only the countries named in its text may get it."""


class HandlingCode(Struct, frozen=True, kw_only=True):
    """One handling code or condition of a family, with its source."""

    code: str
    effect: Effect
    text: str
    citation: str


class Family(Struct, frozen=True, kw_only=True):
    """One family of forms."""

    name: str
    channel_origin: str = "NATIONAL"
    """How registers call requests of this family."""
    legal_basis: str = "LG-UNSTATED"
    """The legal basis that registers are told; a key of their reference data."""
    handling: tuple[HandlingCode, ...] = ()
    handling_required: bool = False
    """Whether the provider always states a code: then a message without one is treated as restricted."""
    technical: bool = False
    """Receipts and reports: never answered, never gated."""
    reused_reference: Finding | None = None
    """What is told of a message under a reference that its office gave to another one; None where a reference may come again."""
    continued: Callable[[Form, int, Callable[[int], str], datetime], tuple[Form, ...]] | None = None
    """Splits texts that are longer than a limit over several forms; None for a family that does not."""
    binding: frozenset[str] = frozenset()
    """Rules that no tolerance may lower: they guard who may write, and what may be told to whom."""
    kept_from: Callable[[Form, PartyId, Book | None, str], Speciality | None] | None = None
    """Why an office never gets a form, because its state takes no part in the matter; None where no family rule says so. The last
    is the article that the alert system gives for the alert, or an empty text."""
    alerts: AlertLaw | None = None
    """What the family knows about alerts; None where it has none."""
    charts: Charts | None = None
    """Its dialogues; None where nothing is known of an order of messages."""
    clocks: ClockTable | None = None
    """Its legal time limits; None where it has none."""
    figures: Callable[[], Figures] | None = None
    """What the law wants counted, read when somebody asks; None where nothing is."""
    carried: tuple[tuple[str, ...], ...] = ()
    """Fields that say what a matter is about, in groups: a form drafted for an exchange takes each group from the newest form that has it."""
    shared_fact: str = ""
    """The fact by which all messages of one matter are known, such as the id of the alert; empty for the case reference."""
    story_rules: tuple[StoryRule, ...] = ()
    """Rules that a single form cannot decide."""

    def handling_code(self, code: str) -> HandlingCode:
        """What a code means. One that the family does not know needs an officer."""
        known = next((each for each in self.handling if each.code == code), None)
        return known or HandlingCode(
            code=code, effect=Effect.OFFICER, text="This gateway does not know the code.", citation=""
        )


MAIL: Final = Family(name="mail", technical=True)
"""Delivery reports of mail systems: no form, never signed."""
