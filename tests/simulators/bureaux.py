"""A foreign office as a process, and a clerk at its control port."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.loop_time import PATIENCE_SECONDS
from tests.simulators.callers import Started, start

WAIT_SECONDS = PATIENCE_SECONDS * 0.75  # the office answers before the call itself is given up


@dataclass
class Bureau:
    """Commands one office and reads what it got."""

    simulator: Started
    session: aiohttp.ClientSession

    @property
    def card(self) -> str:
        return Path(self.simulator.ready["card"]).read_text()

    @property
    def party(self) -> str:
        return str(self.simulator.ready["party"])

    async def call(self, method: str, path: str, **how: Any) -> tuple[int, dict[str, Any]]:
        async with self.session.request(method, self.simulator.ready["control"] + path, **how) as response:
            return response.status, await response.json()

    async def meet(self, other: "Bureau") -> None:
        """Both learn of each other."""
        for one, two in ((self, other), (other, self)):
            status, answer = await one.call("POST", "/sim/partner", data=two.card)
            assert (status, answer) == (200, {"party": two.party})

    async def know_only(self, other: "Bureau") -> None:
        _, answer = await self.call("GET", "/sim/partner")
        for card in answer["partners"]:
            if card["party"] != other.party:
                await self.call("DELETE", f"/sim/partner/{card['party']}")

    async def send(self, form: str = "", **order: Any) -> dict[str, Any]:
        status, answer = await self.call("POST", "/sim/send", json={**({"form": form} if form else {}), **order})
        assert status == 200, answer
        return answer

    async def refused(self, **order: Any) -> str:
        """The words with which the desk refuses an order."""
        status, answer = await self.call("POST", "/sim/send", json=order)
        assert status == 400, answer
        return str(answer["errors"][0])

    async def got(self, count: int = 1, **query: str) -> list[dict[str, Any]]:
        """At least so many messages that fit, as soon as they are there."""
        query = {"wait": str(WAIT_SECONDS), "count": str(count), **query}
        _, answer = await self.call("GET", "/sim/messages", params=query)
        found: list[dict[str, Any]] = answer["messages"]
        assert len(found) >= count, f"only {len(found)} of {count} for {query}"
        return found

    async def has(self, **query: str) -> list[dict[str, Any]]:
        """What fits now."""
        _, answer = await self.call("GET", "/sim/messages", params=query)
        found: list[dict[str, Any]] = answer["messages"]
        return found

    async def stages_of(self, message_id: str, count: int = 2) -> list[str]:
        """The stages of the receipts about a message, in the order of arrival."""
        return [each["receipt"]["stage"] for each in await self.got(count, of_message_id=message_id)]

    async def misbehave(self, scenario: str) -> None:
        status, answer = await self.call("POST", "/sim/scenario", data=scenario)
        assert status == 200, answer

    async def events(self, event: str) -> list[dict[str, Any]]:
        _, answer = await self.call("GET", "/sim/ledger")
        return [entry for entry in answer["entries"] if entry["event"] == event]

    async def reset(self) -> None:
        await self.call("POST", "/sim/reset")


def start_in(folder: Path, name: str, *options: str) -> Started:
    """In a folder of its own, as an office keeps its keys there."""
    folder.mkdir(parents=True, exist_ok=True)
    return start(folder, name, *options)
