"""What people do in a story and what can be seen afterwards, in one line each: a bureau writes, an officer answers, time passes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gateway.journal import entry as entries
from gateway.journal import told
from simulators.office.clerk import Clerk
from tests.contracts.store_examples import new_id
from tests.exchanges.stories import document
from tests.journeys.sirene.forms_in_words import NOBODYSEN, NOBODYSEN_THERE
from tests.journeys.sirene.three_states import OWN, ThreeStates, three_states
from tests.journeys.worlds import prove


class Letter(Struct, frozen=True, kw_only=True):
    """A form that went over the wire in a story."""

    message_id: str
    envelope: str
    """Our envelope that holds it."""
    state: str
    reason: str = ""


@dataclass
class Seen:
    """An exchange as the API shows it."""

    json: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.json["matter"]["exchange"])

    def state(self, dialogue: str) -> str:
        """Where a dialogue stands: of several alike the newest."""
        return str([each for each in self.json["dialogues"] if each["dialogue"] == dialogue][-1]["state"])

    @property
    def dialogues(self) -> dict[str, str]:
        return {each["dialogue"]: each["state"] for each in self.json["dialogues"]}

    def clock(self, row: str) -> dict[str, Any]:
        """The newest run of a clock."""
        found = self.clocks(row)
        assert found, f"no {row} among {sorted({each['clock'] for each in self.json['clocks']})}"
        return found[-1]

    def clocks(self, row: str) -> list[dict[str, Any]]:
        return [each for each in self.json["clocks"] if each["clock"] == row]

    def due(self, row: str) -> datetime:
        return datetime.fromisoformat(self.clock(row)["due"])

    def expected(self) -> list[tuple[str, str]]:
        """Who is expected to do what."""
        return [(each["by"], each["letter"] or each["happening"]) for each in self.json["next"] if each["expected"]]

    def may_come(self) -> set[tuple[str, str]]:
        return {(each["by"], each["letter"] or each["happening"]) for each in self.json["next"]}

    @property
    def happened(self) -> list[str]:
        return [each["name"] for each in self.json["happenings"]]

    @property
    def closed(self) -> bool:
        return all(each["closed"] for each in self.json["dialogues"])


class Story:
    """Three states with the words of a story. Whatever somebody does takes a minute."""

    def __init__(self, states: ThreeStates) -> None:
        self.states = states

    @property
    def now(self) -> datetime:
        return self.states.clock.now()

    async def later(self, **time: float) -> None:
        await self.states.later(**time)

    # --- abroad

    async def comes(self, code: str, letter: str, body: str, *, to: str = "XA", **how: Any) -> Letter:
        """A bureau sends us a form. `answers` names the message it replies to, `urgent` gives the reason; the rest goes to its clerk."""
        await self.later(minutes=1)
        order = self._order(code, letter, body, to, how)
        sent = await Clerk(self.states.bureau(code)).carry_out({**order, **how})
        assert sent["accepted"], sent
        await self.states.settle()
        found = await self.message(sent["message_id"])
        return Letter(
            message_id=sent["message_id"], envelope=found["id"], state=found["state"], reason=found["reason_code"]
        )

    def _order(self, code: str, letter: str, body: str, to: str, how: dict[str, Any]) -> dict[str, Any]:
        answers, urgent = how.pop("answers", None), how.pop("urgent", "")
        form = document(
            letter,
            body,
            sent=self.now,
            sender=f"sirene:{code}",
            to=f"sirene:{to}",
            urgency="URGENT" if urgent else "NORMAL",
        ).decode()
        form = form.replace("A child is in danger.", urgent).replace("FormFreeText", "FreeText")
        order: dict[str, Any] = {"document": form, "to": f"sirene:{to}", "attachments": False}
        if answers is not None:
            order["in_reply_to"] = answers.message_id
        return order

    async def repeats(self, code: str, letter: Letter) -> dict[str, Any]:
        """A bureau sends the very same message again."""
        await self.later(minutes=1)
        told = await Clerk(self.states.bureau(code)).carry_out({"repeat": letter.message_id})
        await self.states.settle()
        return told

    async def heard(self, code: str, root: str, *, count: int = 1) -> list[dict[str, Any]]:
        """Forms of this kind that a bureau has got from us, all of them valid to its eyes."""
        await self.states.settle()
        found = self.states.bureau(code).mailbag.find({"root": root, "from": OWN})
        assert len(found) == count, [each["root"] for each in self.states.bureau(code).mailbag.find({})]
        assert all(each["valid"] for each in found), [each["findings"] for each in found]
        return found

    def enters_there(
        self, code: str, category: str, article: str, subject: Mapping[str, Any] | None = None, **more: Any
    ) -> str:
        """Officers of another state enter an alert."""
        given = {
            "category": category, "article": article, "subject": subject or NOBODYSEN_THERE, "action": "As the law says.",
            "reason": "An invented reason.", "decisionReference": "DECISION-1", **more,
        }  # fmt: skip
        return str(self.states.sis.central.enter(code, given, self.now)["entryId"])

    async def deletes_there(self, code: str, alert: str, ground: str = "purpose achieved") -> None:
        """Officers of another state delete their alert, and the notice reaches us."""
        central = self.states.sis.central
        central.delete(central.alerts[alert], self.now, ground)
        await self.notices()

    @staticmethod
    def unknown_id() -> str:
        """The id of a message that never was."""
        return new_id()

    # --- at home

    async def goes(
        self, letter: str, to: str, body: str, *, answers: Letter | None = None, urgent: str = "", **header: Any
    ) -> Letter:
        """An officer orders a form to be sent; the receipts of the other side have come back."""
        message_id = await self._orders("/messages", letter, to, body, answers, urgent, header)
        found = await self.message(message_id)
        return Letter(message_id=message_id, envelope=found["id"], state=found["state"], reason=found["reason_code"])

    async def _orders(
        self, door: str, letter: str, to: str, body: str, answers: Letter | None, urgent: str, header: dict[str, Any]
    ) -> str:
        await self.later(minutes=1)
        message_id = new_id()
        form = document(
            letter, body, message_id=message_id, sent=self.now, sender=OWN, to=f"sirene:{to}",
            reference=f"XA-{letter}-2026-{message_id[-7:].upper()}", in_reply_to=answers.message_id if answers else "",
            urgency="URGENT" if urgent else "NORMAL", **header,
        ).replace(b"A child is in danger.", urgent.encode()).replace(b"FormFreeText", b"FreeText")  # fmt: skip
        kind = {"Content-Type": "application/xml", "X-SPOC-Counterpart": f"sirene:{to}"}
        await self.states.ask("POST", door, data=form, headers=kind)
        await self.states.settle()
        return message_id

    async def tells_all(self, letter: str, body: str, *, urgent: str = "", **header: Any) -> list[Letter]:
        """An officer orders a form for every bureau: one message, one copy for each."""
        message_id = await self._orders("/broadcasts", letter, "ALL", body, None, urgent, header)
        found = (await self.states.ask("GET", f"/messages?q={message_id}"))["messages"]
        copies = sorted(
            (each for each in found if "Receipt" not in each["format"]), key=lambda each: each["counterpart"]
        )
        return [
            Letter(message_id=message_id, envelope=each["id"], state=each["state"], reason=each["reason_code"])
            for each in copies
        ]

    async def enters(self, category: str, article: str, subject: Mapping[str, Any] | None = None, **more: Any) -> str:
        """An officer enters an alert of ours; its Schengen ID."""
        alert = {
            "category": category, "article": article, "subject": subject or NOBODYSEN, "action": "As the law says.",
            "reason": "An invented reason.", "decision": "DECISION-1", **more,
        }  # fmt: skip
        shown = await self.states.ask("POST", "/alerts", json={"alert": alert})
        return str(shown["alert"]["id"])

    async def hits(self, alert: str, **report: Any) -> str:
        """Our police report a hit on a foreign alert: the order with the prefilled form, which waits for an officer."""
        await self.later(minutes=1)
        said = {"at": self.now.isoformat(), "finder": "Police of Prøveby", "occasion": "INLAND", **report}
        made = await self.states.ask("POST", f"/alerts/{alert}/hits", json=said)
        await self.states.settle()
        return str(made["order"]["id"])

    async def alert(self, alert: str) -> dict[str, Any]:
        """An alert as it stands."""
        shown = await self.states.ask("GET", f"/alerts/{alert}")
        return dict(shown["alert"])

    async def deletes(self, alert: str, ground: str) -> None:
        """An officer deletes an alert of ours."""
        version = (await self.alert(alert))["version"]
        await self.states.ask("DELETE", f"/alerts/{alert}?ground={ground}", headers={"If-Match": version})
        await self.states.settle()

    async def changes(self, alert: str, what: str, **body: Any) -> dict[str, Any]:
        """An officer changes an alert of ours: flags, misused-identity and the like."""
        version = (await self.alert(alert))["version"]
        shown = await self.states.ask("POST", f"/alerts/{alert}/{what}", json=body, headers={"If-Match": version})
        await self.states.settle()
        return dict(shown["alert"])

    async def notices(self) -> None:
        """The notices of N.SIS are read."""
        assert self.states.gateway.alerts is not None
        await self.states.gateway.alerts.follower.look()
        await self.states.settle()

    async def releases(self, envelope: str, reason: str = "Read and decided.") -> dict[str, Any]:
        """An officer lets a held message go on."""
        await self.states.ask("POST", f"/messages/{envelope}/release", json={"reason": reason})
        await self.states.settle()
        return dict((await self.states.ask("GET", f"/messages/{envelope}"))["summary"])

    async def registers(
        self, form: bytes, came: datetime, sender: str = "sirene:XB", how: str = "fax",
        reason: str = "The network of XB is down.", ok: tuple[int, ...] = (202,),
    ) -> dict[str, Any]:  # fmt: skip
        """An officer takes in a form that came by other means."""
        said = {"form": form.decode(), "from": sender, "received": came.isoformat(), "how": how, "reason": reason}
        told = await self.states.ask("POST", "/messages/by-hand", json=said, ok=ok)
        await self.states.settle()
        return dict(told)

    async def drafts(self, seen: Seen, letter: str, to: str = "") -> dict[str, Any]:
        """The next form of an exchange, begun for the officer."""
        wanted = {"letter": letter, **({"to": to} if to else {})}
        return dict(await self.states.ask("POST", f"/exchanges/{seen.id}/drafts", json=wanted))

    async def completes(self, draft: dict[str, Any], *fields: dict[str, Any]) -> Letter:
        """The officer fills in what was empty and sends the form."""
        await self.later(minutes=1)
        order = draft["order"]
        order["form"]["fields"] += fields
        await self.states.ask("POST", "/messages", json=order)
        await self.states.settle()
        found = await self.message(order["form"]["header"]["message_id"])
        return Letter(
            message_id=found["message_id"], envelope=found["id"], state=found["state"], reason=found["reason_code"]
        )

    async def records(
        self, alert: str, name: str, *, party: str = "", ok: tuple[int, ...] = (200,), **more: str
    ) -> Any:
        """An officer records what took place beside the messages."""
        await self.later(minutes=1)
        seen = await self.exchange(alert, party)
        told = await self.states.ask("POST", f"/exchanges/{seen.id}/happenings", json={"name": name, **more}, ok=ok)
        await self.states.settle()
        return told

    # --- what can be seen

    async def message(self, message_id: str) -> dict[str, Any]:
        """The newest envelope of this message; of one that could not be read, the newest that came in."""
        found = (await self.states.ask("GET", f"/messages?q={message_id}"))["messages"]
        forms = [each for each in found if each["message_id"] == message_id and "Receipt" not in each["format"]]
        if forms:
            return forms[0]
        newest = (await self.states.ask("GET", "/messages?direction=inbound&limit=5"))["messages"]
        return next(each for each in newest if each["reason_code"] != "canary.arrived")

    async def detail(self, letter: Letter) -> dict[str, Any]:
        return dict(await self.states.ask("GET", f"/messages/{letter.envelope}"))

    async def exchange(self, alert: str, party: str = "") -> Seen:
        """The exchange about an alert, with this office where there are several."""
        await self.states.settle()
        found = (await self.states.ask("GET", f"/exchanges?key={alert}" + (f"&counterpart={party}" if party else "")))[
            "exchanges"
        ]
        assert len(found) == 1, found
        return Seen(await self.states.ask("GET", f"/exchanges/{found[0]['exchange']}"))

    async def exchange_of(self, letter: Letter) -> Seen:
        """The exchange that a message belongs to, where there is no alert yet."""
        await self.states.settle()
        summary = (await self.detail(letter))["summary"]
        return Seen(await self.states.ask("GET", f"/exchanges/{summary['exchange']}"))

    async def waiting(self) -> list[dict[str, Any]]:
        """What waits for an officer."""
        return list((await self.states.ask("GET", "/messages?state=held"))["messages"])

    async def drafted(self, cause: Letter) -> dict[str, Any]:
        """The drafted answer to a message, which waits for an officer."""
        (draft,) = [each for each in await self.waiting() if each["cause"] == cause.envelope]
        return draft

    async def journal(self, *events: str) -> list[dict[str, Any]]:
        """Entries with one of these events, in order, with what they say of persons."""
        links = await self.states.ledger.journal(0, 10_000)
        opened = await told.opened(self.states.ledger, links)
        found = [
            msgspec.json.decode(link.entry)
            | {"details": told.details(entries.read(link.entry), opened.get(link.number))}
            for link in links
        ]
        return [each for each in found if each["event"] in events]

    async def marks(self, clock: str) -> list[tuple[str, str]]:
        """Event and mark of everything that the runs of a clock had written."""
        found = await self.journal("clock.warned", "clock.breached", "clock.took-effect")
        return [(each["event"], each["details"]["mark"]) for each in found if each["details"]["clock"] == clock]

    def cases(self) -> list[dict[str, Any]]:
        """The cases that POLSAS was asked to open."""
        arrived = self.states.national["polsas"].ledger("arrived")
        return [each for each in arrived if each.get("operation") == "case-open"]

    def asked(self, register: str) -> int:
        """How many questions a register got."""
        return len(self.states.national[register].ledger("arrived"))


@asynccontextmanager
async def story_in(folder: Path, bureaux: str = "XB,XC", **habits: str) -> AsyncIterator[Story]:
    """A story; whatever happens in it, the journal is whole and the books balance at its end."""
    async with three_states(folder, bureaux, **habits) as states:
        yield Story(states)
        await states.settle()
        await prove(states.ledger)
