"""The simulator's own clock, which a tester can stop and turn.

The one idea: whatever a simulator does later, it does when its own clock says so, and never by sleeping. A stopped
clock moves only when it is told to; a running one keeps pace with the machine, shifted by what it was turned.
"""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from aiohttp import web

NEXT = "next"
MAX_WAIT_SECONDS = 120.0
MAX_STEP = timedelta(days=3660)
LAST = datetime(9000, 1, 1, tzinfo=UTC)  # room for adding to it


class CannotTurn(Exception):
    """What was asked of the clock makes no sense; the text says why."""


class Clock:
    """Tells the time, and wakes those who wait for a moment of it."""

    def __init__(self, stopped_at: datetime | None = None) -> None:
        self._stopped = stopped_at
        self._ahead = timedelta(0)
        self._waiting: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._alarm: asyncio.TimerHandle | None = None
        self._somebody_waits = asyncio.Event()

    def now(self) -> datetime:
        return self._stopped if self._stopped is not None else datetime.now(UTC) + self._ahead

    @property
    def is_stopped(self) -> bool:
        return self._stopped is not None

    @property
    def next(self) -> datetime | None:
        """The first moment that somebody waits for."""
        self._forget_the_gone()
        return self._waiting[0][0] if self._waiting else None

    def turn_to(self, moment: datetime) -> None:
        """Everybody whose moment has come by then is woken, in order."""
        if self._stopped is not None:
            self._stopped = moment
        else:
            self._ahead = moment - datetime.now(UTC)
        self._wake()

    def stop(self) -> None:
        self._stopped = self.now()
        self._wake()

    def run(self) -> None:
        """Go on from where it stands."""
        if self._stopped is not None:
            self._ahead, self._stopped = self._stopped - datetime.now(UTC), None
        self._wake()

    async def wait_until(self, moment: datetime) -> None:
        """Returns at once for a moment that has passed."""
        if moment <= self.now():
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (moment, next(self._numbers), waiter))
        self._somebody_waits.set()
        self._set_alarm()
        await waiter

    async def somebody_waits(self, seconds: float) -> datetime | None:
        """`next` as soon as there is one, or None after so many seconds of the machine: it is safe to turn the clock."""
        if self.next is None:
            self._somebody_waits.clear()
            try:
                async with asyncio.timeout(min(seconds, MAX_WAIT_SECONDS)):
                    await self._somebody_waits.wait()
            except TimeoutError:
                return None
        return self.next

    def _wake(self) -> None:
        now = self.now()
        while self._waiting and self._waiting[0][0] <= now:
            waiter = heapq.heappop(self._waiting)[2]
            if not waiter.done():
                waiter.set_result(None)
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._forget_the_gone()
        if self._waiting and self._stopped is None:
            seconds = (self._waiting[0][0] - self.now()).total_seconds()
            self._alarm = asyncio.get_running_loop().call_later(max(seconds, 0.001), self._wake)

    def _forget_the_gone(self) -> None:
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)

    def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

    # --- its place on the control port

    def as_json(self) -> dict[str, Any]:
        following = self.next
        return {
            "now": self.now().isoformat(),
            "stopped": self.is_stopped,
            "next": following.isoformat() if following else None,
        }

    async def show(self, request: web.Request) -> web.Response:
        """`?wait=SECONDS`: as soon as somebody waits for a moment of this clock."""
        try:
            seconds = float(request.query.get("wait", "0"))
        except ValueError:
            return web.json_response({"errors": ["wait is a number of seconds"]}, status=400)
        if seconds > 0:
            await self.somebody_waits(seconds)
        return web.json_response(self.as_json())

    async def turn(self, request: web.Request) -> web.Response:
        """`{"to": TIME or "next"}`, `{"forward_hours": 12}`, `{"stopped": true}`; several at once are fine."""
        try:
            self.obey(await request.json())
        except (CannotTurn, ValueError) as error:
            return web.json_response({"errors": [str(error)]}, status=400)
        return web.json_response(self.as_json())

    def obey(self, order: object) -> None:
        """Raises `CannotTurn` before anything has moved."""
        known = {"to", "forward_hours", "forward_seconds", "stopped"}
        if not isinstance(order, dict) or not order or order.keys() - known:
            raise CannotTurn(f"an object with {', '.join(sorted(known))} is expected")
        stopped = order.get("stopped", self.is_stopped)
        if not isinstance(stopped, bool):
            raise CannotTurn("stopped is true or false")
        moment = self._target(order)
        if stopped:
            self.stop()
        else:
            self.run()
        if moment is not None:
            self.turn_to(moment)

    def _target(self, order: dict[str, Any]) -> datetime | None:
        if {"to", "forward_hours", "forward_seconds"}.isdisjoint(order):
            return None
        target = self.now()
        if order.get("to") == NEXT:
            target = self.next or target
        elif "to" in order:
            target = read_moment(order["to"])
        try:
            step = timedelta(hours=order.get("forward_hours", 0), seconds=order.get("forward_seconds", 0))
        except (TypeError, OverflowError, ValueError) as error:
            raise CannotTurn(f"forward_hours and forward_seconds are numbers: {error}") from error
        if abs(step) > MAX_STEP or not datetime(1900, 1, 1, tzinfo=UTC) < target < LAST:
            raise CannotTurn("the clock does not go that far")
        return target + step


def read_moment(text: object) -> datetime:
    """A time with its offset; raises `CannotTurn`."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise CannotTurn(f"{text!r} is not a time") from error
    if moment.tzinfo is None:
        raise CannotTurn("a time needs an offset, for instance 2026-03-01T10:15:00+01:00")
    return moment
