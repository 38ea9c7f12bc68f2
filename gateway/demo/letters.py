"""The calls that stories make: to a counterpart's control port, and to the gateway's own API on its local socket."""

from __future__ import annotations

from typing import Any, Final

import aiohttp

from gateway.demo.federation import Federation

WAIT_SECONDS: Final = 60
"""What comes at all comes within a second; a busy machine may take longer."""
PURPOSE: Final = "demonstration"


class Letters:
    """Sends as a foreign office, waits for what comes back, and acts as an officer of ours."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._abroad = aiohttp.ClientSession()
        self._home = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(path=federation.doors["socket"]), base_url="http://localhost"
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._abroad.close()
        await self._home.close()

    async def send(self, office: str, **order: Any) -> dict[str, Any]:
        """Have an office send something now; the answer says what our door said."""
        async with self._abroad.post(f"{self._control(office)}/sim/send", json=order) as answer:
            told: dict[str, Any] = await answer.json()
            if answer.status != 200:
                raise RuntimeError(f"{office} cannot send: {told}")
            return told

    async def arrived(self, office: str, count: int = 1, **query: str) -> list[dict[str, Any]]:
        """What has arrived at an office and fits, once there are `count`; fewer when they do not come in time."""
        parameters = {**query, "count": str(count), "wait": str(WAIT_SECONDS)}
        async with self._abroad.get(f"{self._control(office)}/sim/messages", params=parameters) as answer:
            told: dict[str, Any] = await answer.json()
            return list(told["messages"])

    async def arrived_now(self, office: str, **query: str) -> list[dict[str, Any]]:
        """What has arrived at an office so far and fits."""
        async with self._abroad.get(f"{self._control(office)}/sim/messages", params=query) as answer:
            told: dict[str, Any] = await answer.json()
            return list(told["messages"])

    async def messages(self, **query: str) -> list[dict[str, Any]]:
        """Our own list of messages."""
        async with self._home.get("/api/v1/messages", params={**query, "purpose": PURPOSE}) as answer:
            told = await answer.json()
            return list(told["messages"])

    async def release(self, envelope: str, reason: str) -> dict[str, Any]:
        """An officer lets a held message go."""
        async with self._home.post(f"/api/v1/messages/{envelope}/release", json={"reason": reason}) as answer:
            told: dict[str, Any] = await answer.json()
            return told

    async def reject(self, envelope: str, reason: str) -> dict[str, Any]:
        """An officer refuses a held message."""
        async with self._home.post(f"/api/v1/messages/{envelope}/reject", json={"reason": reason}) as answer:
            told: dict[str, Any] = await answer.json()
            return told

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Anything else of our API."""
        async with self._home.get(path, params=query) as answer:
            told: dict[str, Any] = await answer.json()
            return told

    def _control(self, office: str) -> str:
        return str(self._federation.simulators[office]["control"])
