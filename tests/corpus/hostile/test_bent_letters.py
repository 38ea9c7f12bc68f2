"""Anything at all may arrive: it is never our fault, it never raises, and it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.exchanges.fitting import AWAITED
from gateway.ledger import Row
from gateway.receipts import document
from tests.corpus.hostile.letters import Letter, file_part, form_part, mail
from tests.gateway.rig import NOON
from tests.journeys.worlds import ADDRESS, PHOTO, World, hit, message_id, prove, sample, world_on

QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
FORMS = {
    "sirene:XB": ("sirene/FormA", "sirene/FormG", "sirene/FormM", "sirene/FormP"),
    "ncb:XB": ("interpol/Diffusion", "interpol/FreeText", "interpol/TravelDocumentQuery", "interpol/VehicleQuery", "interpol/VehicleAnswer"),
    "enu:XB": ("europol/Request", "europol/Reply", "europol/Information"),
}  # fmt: skip
TEXTS = [
    "", " ", "0", "-1", "9" * 400, "2026-02-30", "0000-00-00", "9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z", "2026-13", "1e9", "NaN",
    "\u202e", "\U0010ffff", "a" * 3000, "urn:x", "%s%n", "{0}", "../../etc", "1862:38", "XA", "sirene:XA", "true", "ÆØÅ", "\u0130", "ß",
]  # fmt: skip


class Runner:
    """A world in an event loop of its own, for tests that are asked many times."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.world: World = world_on("memory", folder)
        self.loop.run_until_complete(self.world.gateway.start())

    def arrives(self, letter: Letter) -> Row:
        async def go() -> Row:
            return await self.world.row(await self.world.arrives(letter.payload, sender=letter.sender))

        return self.loop.run_until_complete(go())

    def close(self) -> None:
        self.loop.run_until_complete(prove(self.world.ledger))
        counts = self.loop.run_until_complete(self.world.ledger.counts())
        self.loop.run_until_complete(self.world.gateway.stop())
        self.loop.close()
        assert not [where for where in counts if where[1] == "quarantined"], counts


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    made = Runner(tmp_path_factory.mktemp("bent"))
    yield made
    made.close()


def ends(runner: Runner, letter: Letter) -> None:
    row = runner.arrives(letter)
    if row.state == "checked":  # an answer that came before its question waits for it
        assert row.reason == AWAITED
        return
    assert row.state in ("rejected", "held", "settled", "repeated", "acknowledged", "routed"), row.reason
    assert row.envelope.payload.content == letter.content


@QUIET
@given(
    content=st.binary(max_size=400),
    kind=st.sampled_from(["message/rfc822", "application/xml", "multipart/mixed", "text/xml", "", "\x00"]),
)
def test_any_bytes(runner: Runner, content: bytes, kind: str) -> None:
    ends(runner, Letter(content, kind))


@QUIET
@given(edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=6))
def test_a_good_mail_with_bytes_bent_at_random(runner: Runner, edits: list[tuple[float, int, bytes]]) -> None:
    xml = runner.world.bureaux["sirene:XB"].signed(hit(), at=NOON).content
    content = mail(form_part(xml), file_part(PHOTO))
    for where, cut, paste in edits:
        place = int(where * len(content))
        content = content[:place] + paste + content[place + cut :]
    ends(runner, Letter(content))


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "Content-Disposition", "Content-Transfer-Encoding", "From", "MIME-Version", "Subject", "Message-ID"]),
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60) | st.from_regex(
            r"(multipart/(mixed|report)|application/xml|message/rfc822|attachment); (boundary|charset|filename|name|report-type)\*?[0-9]?\*?=.{0,20}",
            fullmatch=True,
        ),
    ),
    max_size=6,
)  # fmt: skip


@QUIET
@given(headers=HEADERS, body=st.binary(max_size=100))
def test_any_headers(runner: Runner, headers: list[tuple[str, str]], body: bytes) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "surrogatepass")
    ends(runner, Letter(head + b"\r\n" + body))


@settings(parent=QUIET, max_examples=80)
@given(office=st.sampled_from(sorted(FORMS)), what=st.data())
def test_a_genuine_office_may_sign_any_nonsense(runner: Runner, office: str, what: st.DataObject) -> None:
    """The sender is who it says and the form is near its schema: now the rules, the registers and the answer meet odd content."""
    root = etree.fromstring(sample(what.draw(st.sampled_from(FORMS[office]))))
    nodes = [node for node in root.iter() if isinstance(node.tag, str)]
    for _ in range(what.draw(st.integers(1, 3))):
        node = what.draw(st.sampled_from(nodes))
        match what.draw(st.sampled_from(["text", "attribute", "drop", "twice"])):
            case "text" if len(node) == 0:
                node.text = what.draw(st.sampled_from(TEXTS))
            case "attribute" if node.attrib:
                node.set(what.draw(st.sampled_from(sorted(node.attrib))), what.draw(st.sampled_from(TEXTS)))
            case "drop" if node.getparent() is not None:
                node.getparent().remove(node)
            case "twice" if node.getparent() is not None and not node.xpath(".//@id|.//@Id"):
                node.addnext(etree.fromstring(etree.tostring(node, with_tail=False)))
            case _:
                pass
    identity = root.find("{*}Header/{*}MessageId")
    if identity is not None and identity.text:
        identity.text = message_id(what.draw(st.integers(1, 2**40)))
    signed = runner.world.bureaux[office].signed(document(root), at=NOON).content
    ends(runner, Letter(signed, "application/xml", ADDRESS[office]))
