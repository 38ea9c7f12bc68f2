"""The wire against servers that mean no good, and over TLS."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.registers.passports.register import PassportsRegister, PassportsSettings
from adapters.rest.settings import RestSettings
from adapters.rest.wire import Wire
from gateway.errors import Misconfigured, Refused, RegisterUnavailable
from gateway.questions import Answer
from tests.adapters.rest.unfriendly import Said, answer_to, answering
from tests.contracts.rest_examples import NOW, STOLEN_PASSPORT, question
from tests.contracts.rest_simulators import running
from tests.services.programs import require_program


async def ask(url: str, **settings: Any) -> Answer:
    known = {"token": "t", "poll_seconds": 0.01, "normal_seconds": 5, **settings}
    register = PassportsRegister(PassportsSettings(base_url=url, **known))
    await register.start()
    try:
        return await register.ask(question(STOLEN_PASSPORT), NOW)
    finally:
        await register.stop()


def pending_at(status_url: Any) -> Any:
    def say(context: dict[str, Any]) -> Said:
        return 200, answer_to(context, "NR-09", outcome="PENDING", statusUrl=status_url)

    return say


@pytest.mark.parametrize(
    "status_url",
    [
        "https://elsewhere.example/pending/1", "//elsewhere.example/pending/1", "http://127.0.0.1:1/pending/1",
        "ftp://127.0.0.1/x", "http://user@127.0.0.1/x", "http://[", "/" + "x" * 600, "",
    ],
)  # fmt: skip
async def test_a_link_that_leads_elsewhere_is_not_followed(status_url: str) -> None:
    async with answering(pending_at(status_url)) as url:
        with pytest.raises(RegisterUnavailable, match=r"register\.(link|unreadable)"):
            await ask(url)


async def test_a_link_is_resolved_like_a_link_and_asked_with_the_same_request_id() -> None:
    seen: list[str] = []

    def say(context: dict[str, Any]) -> Said:
        seen.append(context["requestId"])
        first = {"outcome": "PENDING", "statusUrl": "/pending/1"}
        return 200, answer_to(context, "NR-09", **(first if len(seen) == 1 else {"outcome": "NO_MATCH"}))

    async with answering(say) as url:
        assert (await ask(f"{url}/registers/nr09")).outcome == "NO_MATCH"
    assert len(seen) == 2
    assert len(set(seen)) == 1


async def test_a_link_that_is_no_text_is_no_answer() -> None:
    async with answering(pending_at(["/pending/1"])) as url:
        with pytest.raises(RegisterUnavailable, match=r"register\.unreadable"):
            await ask(url)


async def test_a_redirect_is_not_followed() -> None:
    async with answering(lambda _: (307, b""), {"Location": "https://elsewhere.example/"}) as url:
        with pytest.raises(RegisterUnavailable, match=r"register\.unreadable"):
            await ask(url)


async def test_a_compressed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 1_000_000)
    async with answering(lambda _: (200, bomb), {"Content-Encoding": "gzip"}) as url:
        with pytest.raises(RegisterUnavailable, match="compressed"):
            await ask(url)


async def test_the_words_of_a_refusal_are_not_repeated() -> None:
    async with answering(lambda _: (500, {"type": "x", "detail": "Testine Prøvesen 7101700008"})) as url:
        with pytest.raises(RegisterUnavailable) as error:
            await ask(url)
    assert "Testine" not in f"{error.value} {error.value.__cause__}"


@pytest.mark.parametrize(("status", "code"), [(401, "caller-unknown"), (429, "rate-limited"), (503, "source-unavail")])
async def test_a_refusal_without_a_problem_document_is_told_by_its_status(status: int, code: str) -> None:
    async with answering(lambda _: (status, b"<html>")) as url:
        with pytest.raises(RegisterUnavailable, match=code):
            await ask(url)


@asynccontextmanager
async def saying(raw: bytes) -> AsyncIterator[str]:
    """A server that says these bytes to everyone and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "raw",
    [
        b"220 mail.example ESMTP\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"\x00" * 1000,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}",
    ],
)  # fmt: skip
async def test_what_is_no_http_is_no_answer(raw: bytes) -> None:
    async with saying(raw) as url:
        with pytest.raises(RegisterUnavailable) as error:
            await ask(url)
    assert error.value.__cause__ is not None


async def test_tls_is_verified_against_the_authority_of_the_settings(tmp_path: Path) -> None:
    with running("passports", tmp_path, "--tls") as simulated:
        assert (await ask(simulated.url, token=simulated.token, ca_file=simulated.ca)).outcome == "MATCHES"
        with pytest.raises(RegisterUnavailable, match="unreachable"):
            await ask(simulated.url, token=simulated.token)  # the authorities of the machine do not know it
        simulated.script("[[rule]]\nwhen = { phase = 'connect' }\ndo = 'wrong-key'\n")
        with pytest.raises(RegisterUnavailable, match="unreachable"):
            await ask(simulated.url, token=simulated.token, ca_file=simulated.ca)


async def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    openssl = require_program("openssl")
    key, certificate = tmp_path / "client.key", tmp_path / "client.pem"
    subprocess.run(  # noqa: ASYNC221 - nothing else runs yet
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=SPOC XA client", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    with running("passports", tmp_path / "sim", "--client-ca", str(certificate)) as simulated:
        known = {"token": simulated.token, "ca_file": simulated.ca}
        shown = {**known, "client_certificate": str(certificate), "client_key": str(key)}
        assert (await ask(simulated.url, **shown)).outcome == "MATCHES"
        with pytest.raises(RegisterUnavailable):
            await ask(simulated.url, **known)


async def test_the_token_may_live_in_a_file_of_its_own(tmp_path: Path) -> None:
    seen = []
    file = tmp_path / "token"
    file.write_text("from-the-file\n")

    def say(context: dict[str, Any]) -> Said:
        seen.append(context)
        return 200, answer_to(context, "NR-09", outcome="NO_MATCH")

    async with answering(say) as url:
        assert (await ask(url, token="", token_file=str(file))).outcome == "NO_MATCH"
        file.write_text("two\nlines\n")
        with pytest.raises(Misconfigured, match="one line"):
            await ask(url, token="", token_file=str(file))
    assert len(seen) == 1


async def test_a_question_that_json_cannot_carry_is_refused_by_us() -> None:
    wire = Wire("cpr", RestSettings(base_url="http://127.0.0.1:1", token="t"))
    with pytest.raises(Refused, match=r"register\.unsendable"):
        await wire.post("/cpr/searches", {"keys": {"name": "\ud800"}})


def test_plain_http_is_only_for_this_machine() -> None:
    for url in ("http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "https://cpr.xa.example/api"):
        Wire("cpr", RestSettings(base_url=url, token="t"))
    for url in ("http://cpr.xa.example", "cpr.xa.example", "file:///etc/passwd", "https://", "https://a:b@c.example"):
        with pytest.raises(Misconfigured):
            Wire("cpr", RestSettings(base_url=url, token="t"))
