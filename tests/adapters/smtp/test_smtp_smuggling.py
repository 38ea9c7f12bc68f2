"""A line ends with CRLF and with nothing else, so that no second mail can be smuggled in behind the first."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.smtp.reading import COMMAND_OCTETS, NotReadable, StrictReader
from tests.adapters.smtp.dialogue import MAIL, Client, Kept, Opened
from tests.loop_time import PATIENCE_SECONDS

FORGED = b"MAIL FROM:<oper@xb.sirene.example>\r\nRCPT TO:<sirene@xa.spoc.example>\r\nDATA\r\nforged\r\n.\r\n"
FALSE_ENDS = [
    *(b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n"),
    *(b"\r\n\n.\r\n", b"\r\r\n.\r\n", b"\n\r\n.\r\n", b"\r\n.\r\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n"),
    *(b"\n", b"\r", b"\n\r", b"\r\n\r\r\n"),
]


@pytest.fixture
async def client(opened: Opened) -> Client:
    return await Client.connect((await opened()).port)


@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
async def test_nothing_is_taken_behind_a_false_end(client: Client, intake: Kept, false_end: bytes) -> None:
    await client.ready_for_content()
    await client.send(b"honest" + false_end + FORGED + b"QUIT\r\n")
    assert (await client.answer()).startswith("554 5.6.0")
    assert await client.ended()
    assert intake.taken == []
    assert intake.reasons in (["smtp.bare-line-end"], ["smtp.nul"])


@pytest.mark.parametrize("false_end", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n"], ids=repr)
async def test_a_false_end_is_refused_without_waiting_for_a_true_one(
    client: Client, intake: Kept, false_end: bytes
) -> None:
    await client.ready_for_content()
    await client.send(b"honest" + false_end + b"x")
    assert (await client.answer()).startswith("554 5.6.0")
    assert await client.ended()


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\r\n", b"\n\r\n", b"\x00\r\n"], ids=repr)
async def test_a_command_ends_with_crlf_only(client: Client, intake: Kept, end: bytes) -> None:
    await client.send(b"EHLO mail.xb.example" + end + FORGED)
    assert (await client.answer()).startswith("500 5.5.2")
    assert await client.ended()
    assert (intake.taken, intake.reasons) == ([], ["smtp.bare-line-end"])


async def test_good_commands_before_a_bad_one_are_answered(client: Client) -> None:
    await client.send(b"NOOP\r\nNOOP\nNOOP\r\n")
    assert [(await client.answer())[:3] for _ in range(2)] == ["250", "500"]
    assert await client.ended()


async def test_content_is_not_read_as_commands_when_data_is_refused(client: Client, intake: Kept) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    await client.send(b"MAIL FROM:<stranger@elsewhere.example>\r\nDATA\r\n" + FORGED)
    assert [(await client.answer())[:9] for _ in range(2)] == ["550 5.7.1", "503 5.5.1"]
    assert await client.ended()
    assert intake.taken == []


async def test_the_end_of_a_mail_and_a_new_one_may_come_together(client: Client, intake: Kept) -> None:
    await client.ready_for_content()
    await client.send(MAIL + b".\r\nMAIL FROM:<oper@xb.sirene.example>\r\nRCPT TO:<sirene@xa.spoc.example>\r\nDATA\r\n")
    assert [(await client.answer())[:3] for _ in range(4)] == ["250", "250", "250", "354"]
    await client.expect("250", b"second\r\n.")
    assert [payload.content for _, payload, _ in intake.taken] == [MAIL, b"second\r\n"]


# --- the reader alone


def read(pieces: list[bytes], limit: int = 10_000) -> bytes:
    """The content that arrives in these pieces."""

    async def arriving() -> bytes:
        stream = asyncio.StreamReader()
        reading = asyncio.create_task(StrictReader(stream).read_content(limit))
        for piece in pieces:
            stream.feed_data(piece)
            await asyncio.sleep(0)  # let it be read before the next one comes
        return await asyncio.wait_for(reading, PATIENCE_SECONDS)

    return asyncio.run(arriving())


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % len(octets) for place in places} - {0})
    return [octets[a:b] for a, b in zip([0, *ends], [*ends, len(octets)], strict=True)]


LINES = st.lists(st.sampled_from([b"", b".", b"..", b".a", b"a", b"a.", b"\xff" * 998]), max_size=8)
PLACES = st.lists(st.integers(0, 9000), max_size=12)


@given(LINES, PLACES)
def test_content_comes_as_it_was_sent_however_it_is_cut(lines: list[bytes], places: list[int]) -> None:
    plain = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)
    assert read(cut(stuffed + b".\r\n", places)) == plain


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\x00"]), max_size=12), PLACES)
def test_bare_line_ends_never_pass_however_they_are_cut(atoms: list[bytes], places: list[int]) -> None:
    octets = b"".join(atoms) + b"\r\n.\r\n"
    before = ((b"\r\n" + octets).partition(b"\r\n.\r\n")[0] + b"\r\n")[2:]
    left = before.replace(b"\r\n", b"")
    if not (b"\x00" in left or b"\r" in left or b"\n" in left):
        assert read(cut(octets, places)).count(b"\n") == before.count(b"\r\n")
        return
    with pytest.raises(NotReadable) as refusal:
        read(cut(octets, places))
    assert refusal.value.reply.reason in ("smtp.bare-line-end", "smtp.nul")


@given(PLACES, st.integers(1, 50))
def test_too_long_is_too_long_however_it_is_cut(places: list[int], limit: int) -> None:
    octets = b"x\r\n" * (limit // 3 + 1) + b".\r\n"
    with pytest.raises(NotReadable) as refusal:
        read(cut(octets, places), limit)
    assert refusal.value.reply.reason == "smtp.size"


async def test_a_command_of_the_greatest_length_is_read() -> None:
    stream = asyncio.StreamReader()
    line = b"x" * (COMMAND_OCTETS - 2) + b"\r\n"
    stream.feed_data(line + b"y" + line)
    reader = StrictReader(stream)
    assert await reader.readuntil() == line
    with pytest.raises(NotReadable):
        await reader.readuntil()
