"""Waiting for one's turn: `gateway.lanes` for tasks. Whoever is called goes on at once; whoever is cancelled gives its place back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.lanes import Lanes, Place

Turn = asyncio.Future[None]


class Turns:
    """Gives out turns in the order of the lanes."""

    def __init__(self, lanes: Lanes[Turn]) -> None:
        self.lanes = lanes

    def ask(self, place: Place) -> Turn:
        """Stand in line; the turn is done at once where nobody has to wait. Whoever asks must `leave`, whatever happens."""
        turn: Turn = asyncio.get_running_loop().create_future()
        self.lanes.enter(turn, place)
        self._call()
        return turn

    def leave(self, turn: Turn) -> None:
        """Give the turn back, or do not wait for it any longer."""
        self.lanes.leave(turn)
        self._call()

    @asynccontextmanager
    async def turn(self, place: Place) -> AsyncIterator[None]:
        """For the time of one's turn."""
        turn = self.ask(place)
        try:
            await turn
            yield
        finally:
            self.leave(turn)

    def _call(self) -> None:
        while (turn := self.lanes.call()) is not None:
            if not turn.done():
                turn.set_result(None)
            else:
                self.lanes.leave(turn)  # it was cancelled while it waited
