"""The stories, each a short play between a foreign office, our gateway and the national systems. A story ends well or
says what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.demo.letters import Letters

LOOK_EVERY_SECONDS: Final = 0.1
LOOK_TIMES: Final = 600
CHECKED_BEFORE: Final = timedelta(hours=1)
"""The check of the vehicle took place so long before the form. A hit is known by its place and time."""


@dataclass(slots=True)
class Outcome:
    """How a story went: what was expected, and whether it came."""

    title: str
    points: list[tuple[str, bool]] = field(default_factory=list)
    seconds: float = 0.0

    def expect(self, what: str, came: object) -> bool:
        """Note one expectation."""
        self.points.append((what, bool(came)))
        return bool(came)

    @property
    def well(self) -> bool:
        """Whether everything came."""
        return bool(self.points) and all(came for _, came in self.points)


@dataclass(frozen=True, slots=True)
class Story:
    """One play: a title, the lines that introduce it, and what happens."""

    title: str
    opening: str
    play: Callable[[Letters, Outcome, dict[str, Any]], Awaitable[None]]


async def vehicle_hit(letters: Letters, outcome: Outcome, shared: dict[str, Any]) -> None:
    """SIRENE: a G form with a photo asks for a P form."""
    shared["check"] = {"CheckReport/TimeOfCheck": f"{datetime.now(UTC) - CHECKED_BEFORE:%Y-%m-%dT%H:%M:%SZ}"}
    told = await letters.send("sirene-bureau", form="G", to="sirene:XA", attachments=True, values=shared["check"])
    shared["hit"] = told["message_id"]
    outcome.expect("our mail server answered 250", _taken(told))
    await _receipts(letters, outcome, "sirene-bureau", told["message_id"])
    forms = await letters.arrived("sirene-bureau", root="FormP", in_reply_to=told["message_id"])
    outcome.expect("the P form came back", len(forms) == 1)
    outcome.expect("its signature and schema satisfy the bureau", forms and forms[0]["valid"])
    inbound = await _ours(letters, told["message_id"])
    outcome.expect("a case was opened once", len((await _detail(letters, inbound["id"]))["cases"]) == 1)
    outcome.expect(
        "the bureau's receipt confirmed the P form",
        await _state(letters, "confirmed", cause=inbound["id"], kind="reply"),
    )
    seen = await _exchange(letters, inbound)
    outcome.expect(
        "the dialogue stands where the object's data were sent",
        ["objects", "object-data-sent"] in seen["matter"]["dialogues"],
    )
    answered = [clock["status"] for clock in seen["clocks"] if clock["clock"] == "T01"]
    outcome.expect("the twelve hours for an answer are stopped (T01)", answered == ["stopped"])
    thanks = [each for each in seen["next"] if each["letter"] == "M" and each["by"] == "sirene:XB"]
    outcome.expect("what may come next is told, with its source", thanks and thanks[0]["citation"])


async def travel_document(letters: Letters, outcome: Outcome, shared: dict[str, Any]) -> None:
    """INTERPOL: a travel-document query is answered from the passport register."""
    told = await letters.send("ncb", form="TravelDocumentQuery", to="ncb:XA")
    outcome.expect("our mail server answered 250", _taken(told))
    await _receipts(letters, outcome, "ncb", told["message_id"])
    answers = await letters.arrived("ncb", root="TravelDocumentAnswer", in_reply_to=told["message_id"])
    outcome.expect("the answer came back, valid", len(answers) == 1 and answers[0]["valid"])
    inbound = await _ours(letters, told["message_id"])
    confirmed = await _state(letters, "confirmed", cause=inbound["id"], kind="reply")
    outcome.expect("the bureau's receipt confirmed the answer", confirmed)


async def urgent_request(letters: Letters, outcome: Outcome, shared: dict[str, Any]) -> None:
    """Europol: the answer carries the handling code, waits for an officer, and goes out on release."""
    told = await letters.send("europol-desk", form="Request", to="enu:XA")
    outcome.expect("the request was taken", _taken(told))
    await _receipts(letters, outcome, "europol-desk", told["message_id"])
    inbound = await _ours(letters, told["message_id"])
    held = await _state(letters, "held", cause=inbound["id"], kind="reply")
    outcome.expect(
        "the reply is held, because its handling code forbids onward use",
        held and held["reason_code"] == "handling.officer",
    )
    outcome.expect(
        "nothing went out before",
        not await letters.arrived_now("europol-desk", root="Reply", in_reply_to=told["message_id"]),
    )
    if held:
        await letters.release(held["id"], "The answer goes back to the provider itself and to nobody else.")
    replies = await letters.arrived("europol-desk", root="Reply", in_reply_to=told["message_id"])
    outcome.expect("after an officer's release the reply came, valid", len(replies) == 1 and replies[0]["valid"])
    outcome.expect("it still carries the handling code", replies and 'code="H2"' in replies[0].get("xml", ""))
    confirmed = await _state(letters, "confirmed", cause=inbound["id"], kind="reply")
    outcome.expect("the desk's receipt confirmed the reply", confirmed)


async def tampered_copy(letters: Letters, outcome: Outcome, shared: dict[str, Any]) -> None:
    """A changed copy of the first form is refused with reasons."""
    told = await letters.send("sirene-bureau", form="G", to="sirene:XA", attachments=True, tamper="content")
    outcome.expect("the bytes were kept", _taken(told))
    refusals = await letters.arrived("sirene-bureau", root="Receipt", stage="INVALID")
    outcome.expect("a signed negative receipt came", len(refusals) == 1 and refusals[0]["valid"])
    outcome.expect(
        "it names the signature",
        refusals and str((refusals[0].get("receipt") or {}).get("code", "")).startswith("signature."),
    )


async def repetition(letters: Letters, outcome: Outcome, shared: dict[str, Any]) -> None:
    """The first form comes once more; its first verdict is given again, bit for bit."""
    told = await letters.send("sirene-bureau", repeat=shared.get("hit", ""))
    outcome.expect("the copy was taken", _taken(told))
    again = await letters.arrived("sirene-bureau", count=2, duplicate="yes", of_message_id=shared.get("hit", ""))
    outcome.expect("both receipts came again, the very same bytes", len(again) == 2)
    inbound = await letters.messages(q=shared.get("hit", ""), state="acknowledged")
    outcome.expect("no second case, no second question", len(inbound) == 1)
    second = await letters.send("sirene-bureau", form="G", to="sirene:XA", values=shared.get("check", {}))
    held = await _held(letters, second["message_id"])
    outcome.expect("a second G form on the same hit waits for an officer", held.get("reason_code") == "dialogue.breaks")
    if held:
        words = (await _detail(letters, held["id"]))["reason"]["public"]
        outcome.expect("who reads it is told the rule and what to send instead", "form M" in words)
        await letters.reject(held["id"], "One hit has one G form; what is new goes on form M.")
    refusals = await letters.arrived(
        "sirene-bureau", root="Receipt", of_message_id=second["message_id"], stage="INVALID"
    )
    outcome.expect("the officer's refusal goes back as a signed receipt", refusals and refusals[0]["valid"])


STORIES: Final = (
    Story(
        "SIRENE: a stolen vehicle is found",
        "A bureau abroad found a vehicle that we entered as stolen (Article 38). "
        "It sends a signed G form with a photo and asks for a P form.",
        vehicle_hit,
    ),
    Story(
        "INTERPOL: is this passport known?", "A National Central Bureau sends a travel-document query.", travel_document
    ),
    Story(
        "Europol: an urgent request on a person",
        "Europol asks about a person. The answer falls under handling code H2.",
        urgent_request,
    ),
    Story("A tampered copy", "Somebody changed one word of a signed form.", tampered_copy),
    Story(
        "The same form again",
        "The bureau sends the first form a second time, and then a second G form on the same hit.",
        repetition,
    ),
)


def _taken(told: dict[str, Any]) -> bool:
    """Whether our door said 250, or the broker confirmed."""
    return bool(told.get("accepted"))


async def _receipts(letters: Letters, outcome: Outcome, office: str, message_id: str) -> None:
    for stage in ("RECEIVED", "VALID"):
        came = await letters.arrived(office, root="Receipt", of_message_id=message_id, stage=stage)
        outcome.expect(f"a signed receipt {stage} came", came and came[0]["valid"])


async def _ours(letters: Letters, message_id: str) -> dict[str, Any]:
    for _ in range(LOOK_TIMES):
        for found in await letters.messages(q=message_id, direction="inbound"):
            if found["state"] == "acknowledged":
                return found
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return {"id": ""}


async def _state(letters: Letters, state: str, *, cause: str, kind: str) -> dict[str, Any] | None:
    for _ in range(LOOK_TIMES):
        for found in await letters.messages(cause=cause, state=state):
            if found["kind"] == kind:
                return found
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return None


async def _held(letters: Letters, message_id: str) -> dict[str, Any]:
    for _ in range(LOOK_TIMES):
        for found in await letters.messages(q=message_id, direction="inbound", state="held"):
            return found
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return {}


async def _exchange(letters: Letters, message: dict[str, Any]) -> dict[str, Any]:
    """Where the exchange of a message stands."""
    if not message.get("exchange"):
        return {"matter": {"dialogues": []}, "clocks": [], "next": []}
    return await letters.get(f"/api/v1/exchanges/{message['exchange']}", purpose="demonstration")


async def _detail(letters: Letters, envelope: str) -> dict[str, Any]:
    return await letters.get(f"/api/v1/messages/{envelope}", purpose="demonstration") if envelope else {"cases": []}
