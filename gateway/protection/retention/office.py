"""Retention as a gateway holds it: the sweep and what people do, over one way to plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from gateway.clocks.calendar import Calendars
from gateway.identity import PartyId
from gateway.ledger import Ledger
from gateway.ports import Clock, Formats
from gateway.protection.retention.desk import RetentionDesk
from gateway.protection.retention.planning import Planning
from gateway.protection.retention.rules import Rules
from gateway.protection.retention.sweeper import LOOK_EVERY, Sweeper


class RetentionLaw(Struct, frozen=True, kw_only=True):
    """By which rules an office keeps and destroys."""

    rules: Rules
    calendars: Calendars
    pause: timedelta = LOOK_EVERY
    second_person: bool = True


class RetentionOffice(Struct, frozen=True, kw_only=True):
    """What a gateway has for retention."""

    desk: RetentionDesk
    sweeper: Sweeper


def open_retention(
    law: RetentionLaw, *, ledger: Ledger, formats: Formats, own: Sequence[PartyId], clock: Clock
) -> RetentionOffice:
    """The parts, not yet started."""
    planning = Planning(ledger, formats, own, law.rules, law.calendars)
    sweeper = Sweeper(planning, ledger, clock, law.pause)
    desk = RetentionDesk(
        planning=planning, ledger=ledger, clock=clock, noticed=sweeper.look, second_person=law.second_person
    )
    return RetentionOffice(desk=desk, sweeper=sweeper)
