"""Whether a content is to be destroyed at a moment: a pure function of facts, rules and calendars.

A hold beats everything; what is worked on is never touched. Of the rules for one file the earliest end counts; a content that belongs to two
files lives until the later of their ends. What no rule is in force for stays, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from msgspec.structs import replace

from gateway.clocks.calendar import Calendar, Calendars
from gateway.clocks.limit import EXACT, end_of
from gateway.errors import Misconfigured
from gateway.protection.retention.rules import Ends, Rule, Rules
from gateway.protection.retention.words import Content, Decision, File, Order, Why


def decide(content: Content, rules: Rules, calendars: Calendars, now: datetime) -> Decision:
    """The decision at `now`."""
    if content.destroyed:
        return Decision(why=Why.DESTROYED)
    lifetime = _lifetime(content, rules, calendars, now)
    overdue = lifetime.until is not None and now >= lifetime.until
    barred = _barred(content)
    if barred is not None:
        return replace(lifetime, why=barred.why, about=barred.about, destroy=False, overdue=overdue)
    order = ordered(content)
    if order is not None and order.valid:
        return Decision(why=Why.ORDERED, destroy=True, order=order, overdue=overdue, until=lifetime.until)
    return replace(lifetime, overdue=overdue)


def ordered(content: Content) -> Order | None:
    """The order that reaches it: its own, or one for each file that it belongs to."""
    if content.order is not None:
        return content.order
    orders = [file.order for file in content.files]
    return (
        next((each for each in orders if each), None)
        if orders and all(each and each.valid for each in orders)
        else None
    )


def _barred(content: Content) -> Decision | None:
    """What keeps it whatever the rules say."""
    if not content.final:
        return Decision(why=Why.AT_WORK, about=content.id)
    if content.plain:
        return Decision(why=Why.PLAIN, about=content.id)
    if content.hold is not None:
        return Decision(why=Why.HELD, about=content.id)
    for file in content.files:
        if file.hold is not None:
            return Decision(why=Why.HELD, about=file.name)
    busy = next((file.busy for file in content.files if file.busy), "")
    return Decision(why=Why.OPEN, about=busy) if busy else None


def _lifetime(content: Content, rules: Rules, calendars: Calendars, now: datetime) -> Decision:
    """The decision of the file that keeps it longest."""
    found = [_of_file(file, rules, calendars, now) for file in content.files]
    if not found:
        return Decision(why=Why.NO_RULE)
    staying = next((each for each in found if each.since is None), None)
    if staying is not None:
        return staying
    last = max(found, key=lambda each: each.since or now)
    untils = [each.until for each in found if each.until is not None]
    return replace(last, until=max(untils) if len(untils) == len(found) else None)


def _of_file(file: File, rules: Rules, calendars: Calendars, now: datetime) -> Decision:
    deciding = rules.deciding(file.thing, file.family, file.about)
    if not deciding:
        return Decision(why=Why.NO_RULE, about=file.name)
    ends = [_of_rule(file, rule, calendars, now) for rule in deciding]
    known = [each for each in ends if each.since is not None]
    if known:
        return min(known, key=lambda each: each.since or now)
    return _most_telling(ends)


def _most_telling(ends: Iterable[Decision]) -> Decision:
    order = (Why.NO_CALENDAR, Why.NOT_BEGUN, Why.BY_LAW)
    return min(ends, key=lambda each: order.index(each.why))


def _of_rule(file: File, rule: Rule, calendars: Calendars, now: datetime) -> Decision:
    limit, began = rule.limit, file.began(rule.starts)
    if limit is None:
        return Decision(why=Why.BY_LAW, rule=rule, began=began, about=file.name)
    if began is None:
        return Decision(why=Why.NOT_BEGUN, rule=rule, about=file.name)
    calendar = calendars.of(file.bound)
    try:
        end = end_of(limit, began, None, 0, calendar)
        assert end is not None  # a duration always has an end
        since = end.at
        if rule.ends is Ends.AT_LATEST and limit.unit not in EXACT:
            since = _last_day_begins(end.at, calendar)
    except Misconfigured:
        return Decision(why=Why.NO_CALENDAR, rule=rule, began=began, about=file.name)
    except (OverflowError, ValueError):  # later than any calendar reaches
        return Decision(why=Why.NO_CALENDAR, rule=rule, began=began, about=file.name)
    return Decision(
        why=Why.DUE if now >= since else Why.NOT_YET, destroy=now >= since, rule=rule, began=began, since=since,
        until=end.at if rule.ends is Ends.AT_LATEST else None, about=file.name,
    )  # fmt: skip


def _last_day_begins(end: datetime, calendar: Calendar) -> datetime:
    """The first moment of the day whose midnight ends a period."""
    last = (end - timedelta(microseconds=1)).astimezone(calendar.zone).date()
    return datetime.combine(last, time(), tzinfo=calendar.zone).astimezone(UTC)
