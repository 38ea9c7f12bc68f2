"""A SIRENE bureau: an office with five mailboxes, habits, and answers of its own.

The one idea: everything a bureau does by itself is decided by its `Conduct` and by its own clock, and a tester can
change both while it runs. Habits are invented; they say nothing about a real office.
"""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from lxml import etree

from simulators.counterparts.bureaux import replies, strict
from simulators.counterparts.bureaux.counting_room import CountingRoom
from simulators.counterparts.bureaux.habits import ANY, Conduct, HabitUnknown, conduct_of
from simulators.counterparts.bureaux.older import NEWER, OLDER, older
from simulators.counterparts.bureaux.states import State, find_state
from simulators.declaration import Station
from simulators.office import forms
from simulators.office.clerk import Clerk
from simulators.office.counting import number_in
from simulators.office.identity import SETTINGS, Identity
from simulators.office.keys import SigningPair
from simulators.office.mail import USUAL, Arrival, MailStyle, text_of_mail
from simulators.office.odd_xml import oddly, other_prefixes, with_blank_end
from simulators.office.office import Office, finding
from simulators.office.templates import CannotFill

OPERATIONAL, FREE_TEXT = "oper", ("message", "consult", "tech", "director")
"""Mailboxes (SIRENE Manual, 2015 text, 1.10.3; `consult` from the Commission's glossary). Urgent forms go to the first."""
MAIL_STYLES = {
    "usual": USUAL,
    "odd": MailStyle(transfer="quoted-printable", multipart=True, folded=True),
    "8bit": MailStyle(transfer="8bit", folded=True),
    "ragged": MailStyle(line=57, encoded_subject=True),
}
BUREAU_SETTINGS = {
    "state": "whose bureau: one of the 31 states, or a fictitious one as XB",
    "habits": "what it makes a habit of, for instance answers,late:20 (`python -m simulators habits` lists them)",
    "consent": "what it answers to a form I: yes, no or conditions",
    "domain": "its mail domain; example domains only",
    "zone": "its local time, a name of the IANA time zone database",
    **SETTINGS,
}
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(example|test|invalid)")  # RFC 2606


def identity_of(station: Station) -> Identity:
    """Raises `ValueError` for a state or domain that cannot be."""
    state = find_state(station.extra.get("state", "XB"))
    domain = station.extra.get("domain", f"{state.code.lower()}.sirene.example")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f"--set domain={domain}: only example domains are simulated, for instance xb.sirene.example")
    return Identity(
        party=f"sirene:{state.code}",
        name=f"SIRENE bureau of {state.name} (simulated)",
        address=f"{OPERATIONAL}@{domain}",
        partner_role="sirene",
        reference=state.code,
    )


FURTHER = ("HANDED_OVER", "READ")
ALL_STAGES = ("RECEIVED", "VALID", "INVALID", *FURTHER)
OPPOSITE = {"VALID": "INVALID", "INVALID": "VALID"}


class Bureau(Office):
    """One bureau at work."""

    def __init__(self, station: Station, identity: Identity) -> None:
        self.state: State = find_state(station.extra.get("state", "XB"))
        self.zone = _zone(station.extra.get("zone", self.state.zone))
        self.consent = station.extra.get("consent", replies.CONSENTS[0])
        if self.consent not in replies.CONSENTS:
            raise ValueError(f"--set consent takes {', '.join(replies.CONSENTS)}, not {self.consent!r}")
        self.first_habits = station.extra.get("habits", "")
        self.conduct: Conduct = conduct_of(self.first_habits)
        super().__init__(station, identity)
        self._seen: set[tuple[str, str]] = set()
        self._overlooked: set[str] = set()
        self._mails = 0
        self._room = CountingRoom(self)
        self._nights = False
        self.take_up(self.first_habits)

    def take_up(self, habits: str) -> None:
        """From now on; what is under way goes on as it was. Raises `HabitUnknown`."""
        self.conduct = conduct_of(habits)
        self.habits = habits
        self.outbox.style = MAIL_STYLES[self.conduct.mail]
        self.outbox.copies = self.conduct.copies

    async def start(self) -> None:
        await super().start()
        self._count_at_night()

    def _count_at_night(self) -> None:
        if self.conduct.counts and not self._nights:
            self._nights = True
            self.background(self._every_night())

    async def _every_night(self) -> None:
        try:
            await self._room.nights()
        finally:
            self._nights = False

    def reset(self) -> None:
        super().reset()
        self._overlooked.clear()
        self._seen.clear()
        self._mails = 0
        self.take_up(self.first_habits)

    def card(self) -> dict[str, Any]:
        """Says which versions are read, and which receipts are wanted, where it is not the usual ones."""
        spoken = self.conduct.speaks_version
        counts = {"numbers": True, "sheets": True} if self.conduct.counts else {}
        wanted = {"receipt_stages": ALL_STAGES} if self.conduct.tells_all else {}
        return super().card() | counts | wanted | ({} if spoken == ANY else {"versions": {"sirene": [spoken]}})

    # --- the mail door

    @property
    def mailboxes(self) -> tuple[str, ...]:
        return (OPERATIONAL, *FREE_TEXT, "postmaster")

    def judge_recipient(self, sender: str, address: str) -> str:
        refusal = super().judge_recipient(sender, address)
        if refusal:
            return refusal
        if 0 <= self.conduct.mailbox_holds <= self._mails:
            return "452 4.2.2 The mailbox is full"
        pair = (sender.lower(), address.lower())
        if self.conduct.greylists and pair not in self._seen:
            self._seen.add(pair)
            return "451 4.7.1 Greylisted; please come again"
        return ""

    def take(self, arrival: Arrival, *, lose: bool) -> None:
        self._mails += 1
        super().take(arrival, lose=lose)

    # --- what it counts

    @property
    def counts(self) -> bool:
        return self.conduct.counts

    def loses(self, number: int) -> bool:
        return number == self.conduct.loses_number

    def overlooks(self, message: dict[str, Any]) -> bool:
        """Once: when the same message is sent again, somebody sees it."""
        message_id = message["message_id"]
        found = number_in(message, self.identity.party) == self.conduct.overlooks_number > 0
        if not found or message_id in self._overlooked:
            return False
        self._overlooked.add(message_id)
        return True

    async def read_sheet(self, message: dict[str, Any]) -> None:
        await self._room.read(message)

    # --- what it thinks of a message

    @property
    def gives_receipts(self) -> bool:
        return super().gives_receipts and self.conduct.receipts

    def receipts_after(self) -> timedelta:
        return timedelta(hours=self.conduct.receipts_after_hours)

    def further_stages(self, verdict: str) -> tuple[str, ...]:
        told = FURTHER if self.conduct.tells_all and verdict == "VALID" else ()
        return (*told, *((OPPOSITE[verdict],) if self.conduct.contradicts_itself else ()))

    async def rest(self) -> None:
        clock = self.station.clock
        while (awake := self.conduct.awake_at(clock.now(), self.zone)) > clock.now():
            await clock.wait_until(awake)

    def free_text_of(self, arrival: Arrival) -> str | None:
        is_for_text = arrival.facts.get("mailbox") in FREE_TEXT
        return text_of_mail(arrival.content) if is_for_text else None

    def objections(self, root: etree._Element, message: dict[str, Any]) -> list[dict[str, str]]:
        found = []
        version, spoken = forms.version_of(root), self.conduct.speaks_version
        if strict.letter_of(message) and forms.has_schema(root) and spoken not in (ANY, version):
            found.append(finding("format.version-unknown", f"version {version} of the forms is not spoken here"))
        found += [
            finding("R41", f"{self.state.name} takes no part in alerts under {article}")
            for article in message["body"].get("AlertArticle", ())
            if article.startswith(self.state.takes_no_part_in)
        ]
        return found + (self.remarks(message) if self.conduct.strict else [])

    def remarks(self, message: dict[str, Any]) -> list[dict[str, str]]:
        """What a strict bureau refuses, and any other only notes."""
        noted = [finding(each.rule, each.text) for each in strict.unmet(message)]
        mailbox = message.get("mailbox", OPERATIONAL)
        if strict.letter_of(message) and message["urgency"] != "NORMAL" and mailbox != OPERATIONAL:
            noted.append(finding("R21", f"an urgent form came to {mailbox}; it belongs to {OPERATIONAL}"))
        return noted

    # --- what it does by itself

    async def follow_up(self, message: dict[str, Any]) -> None:
        reply = replies.choose(message) if self.conduct.answers else None
        if reply is None:
            return
        conduct = self.conduct
        due = datetime.fromisoformat(message["at"]) + timedelta(hours=conduct.answer_after_hours)
        await self.station.clock.wait_until(due)
        await self.rest()
        text = replies.text_of(reply, self.consent)
        await self._answer(reply.sends, message, text)
        for number in range(1, conduct.extra_m_forms + 1):
            await self._answer("M", message, f"Further information, part {number} of {conduct.extra_m_forms}.")

    async def _answer(self, letter: str, message: dict[str, Any], text: str) -> None:
        peer = str(message["from"]).partition(":")[2]
        root = replies.write(letter, forms.parse(message["xml"].encode()), {"XB": self.state.code, "XA": peer})
        order = {
            "in_reply_to": message["message_id"],
            "to": message["from"],
            "attachments": False,
            "header": {"Subject": f"Answer to {message['our_reference']}"[:200]},
            "values": {"SupplementaryInformation": text},
        }
        await Clerk(self).answer(order, root)

    def in_version(self, root: etree._Element, version: int) -> etree._Element:
        if version not in (OLDER, NEWER):
            raise CannotFill(f"forms are written in version {NEWER} or {OLDER}")
        is_older = forms.version_of(root) == OLDER
        return older(root) if version == OLDER and not is_older else root

    def sign(self, root: etree._Element, pair: SigningPair | None = None) -> bytes:
        if forms.family_of(root) == "sirene" and self.conduct.speaks_version == OLDER:
            root = self.in_version(root, OLDER)
        style = self.conduct.xml
        if style.startswith("odd"):
            payload = super().sign(other_prefixes(root), pair)
            return oddly(payload, ascii_only=style == "odd")
        payload = super().sign(root, pair)
        return with_blank_end(payload) if style == "trailing" else payload

    # --- the control port

    def control_routes(self) -> list[web.RouteDef]:
        habits = [web.get("/sim/habits", self.show_habits), web.post("/sim/habits", self.change_habits)]
        return [*habits, *self._room.routes()]

    async def show_habits(self, _request: web.Request) -> web.Response:
        return web.json_response({"habits": self.habits, "state": self.state.code, "zone": str(self.zone)})

    async def change_habits(self, request: web.Request) -> web.Response:
        """The body is the text that `--set habits=` takes; an empty one gives up all of them."""
        try:
            self.take_up((await request.read()).decode("utf-8"))
        except (HabitUnknown, UnicodeDecodeError) as error:
            return web.json_response({"errors": [str(error)]}, status=400)
        self._count_at_night()
        self.station.recorder.record("habits", {"habits": self.habits})
        return await self.show_habits(request)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"--set zone={name}: this machine knows no such time zone") from error
