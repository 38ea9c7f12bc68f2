"""A submitter pages through its own messages and learns nothing of the others', not even their ids."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from gateway.envelope import Claim, Direction, Envelope, Payload
from gateway.journal.entry import Entry
from tests.api.desk_side import Doors
from tests.gateway.rig import NOON

OWN = "client:submitter"
OTHERS = "client:another"


async def kept(doors: Doors, senders: list[str]) -> list[str]:
    """Orders of these senders, one or more a millisecond; gives their ids. Nothing is done with them yet."""
    ids = []
    for number, sender in enumerate(senders):
        moment = f"{0x019A00000000 + number // 3:012x}"
        id_ = f"{moment[:8]}-{moment[8:]}-7000-8000-{number:012x}"
        envelope = Envelope(
            id=id_, direction=Direction.OUTBOUND, channel="api", received_at=NOON, payload=Payload.of(b"{}", "application/json"),
            claim=Claim(sender=sender, reference=f"k{number}"),
        )  # fmt: skip
        details = (("payload", envelope.payload.digest),)
        entry = Entry(event="envelope.received", at=NOON, actor=sender, envelope=id_, details=details)
        await doors.rig.ledger.accept(envelope, entry, f"{sender}\nk{number}")
        ids.append(id_)
    return ids


async def pages(doors: Doors, query: str) -> tuple[list[str], list[str], int]:
    """Ids that were listed, where each next page began, and how many pages there were."""
    listed, places, number, following = [], [], 0, f"/api/v1/messages?{query}"
    while following:
        page = (await doors.ask("GET", following, "submitter")).json
        listed += [each["id"] for each in page["messages"]]
        following, number = page["next"], number + 1
        places += parse_qs(urlsplit(following).query).get("before", [])
    return listed, places, number


async def test_the_next_page_never_begins_at_anothers_message(doors: Doors) -> None:
    ids = await kept(doors, [OWN, OWN, OTHERS, OTHERS, OWN, OTHERS, OTHERS, OTHERS])
    mine = [ids[4], ids[1], ids[0]]

    listed, places, _ = await pages(doors, "limit=2")

    assert listed == mine
    assert places == [ids[1]]


async def test_many_messages_of_others_are_passed_over_without_naming_them(doors: Doors) -> None:
    senders = [OTHERS] * 2500
    for place in (2, 5, 1499, 1500, 1501, 2499):
        senders[place] = OWN
    ids = await kept(doors, senders)

    listed, places, number = await pages(doors, "limit=50")

    assert listed == [ids[place] for place in (2499, 1501, 1500, 1499, 5, 2)]
    assert number > 1, "one page does not search everything"
    assert not {place for place in places if any(id_ == place for id_ in ids)}
    assert all(len(place) == len("019a0000-0000") for place in places), "only a moment is told"
