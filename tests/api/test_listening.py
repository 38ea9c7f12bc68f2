"""The doors themselves: real TLS with client certificates, refusing to stand open, stopping and starting again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.api.door import HEAD_SECONDS, ApiClient, ApiDoor, new_token_key
from gateway.api.server import ApiServer, Listening, bind_private, is_loopback, tls_context
from gateway.errors import Misconfigured
from gateway.signing.authority import set_up_authority
from tests.gateway.rig import Rig
from tests.loop_time import PATIENCE_SECONDS, outlasted, pass_time
from tests.services.ports import free_port


def _fingerprint(file: Path) -> str:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "tls-keys"
    set_up_authority(
        folder, ["sirene:XA"], ("mail.xa.spoc.example", "localhost"), datetime.now(UTC) - timedelta(days=1)
    )
    return folder


def _listening(keys: Path) -> Listening:
    tls = {"tls_certificate": str(keys / "tls/server.cert.pem"), "tls_key": str(keys / "tls/server.key.pem")}
    return Listening(listen_port=0, client_ca=str(keys / "authority.cert.pem"), **tls)


async def test_a_client_certificate_is_an_identity(tmp_path: Path, keys: Path) -> None:
    listening = _listening(keys)
    client = keys / "tls/client.cert.pem"
    door = ApiDoor(
        token_key=new_token_key(),
        clients=(ApiClient(id="police", roles=("reader",), certificate=_fingerprint(client).upper()),),
    )
    trusting = ssl.create_default_context(cafile=listening.client_ca)
    showing = ssl.create_default_context(cafile=listening.client_ca)
    showing.load_cert_chain(client, keys / "tls/client.key.pem")
    async with Rig(tmp_path / "rig") as rig:
        server = ApiServer(rig.gateway, door, listening)
        await server.start()
        try:
            assert server.url.startswith("https://")
            address = f"https://localhost:{server.port}/api/v1/"
            async with aiohttp.ClientSession() as session:
                async with session.get(address + "formats", ssl=showing) as answer:
                    assert answer.status == 200
                async with session.get(address + "journal", ssl=showing) as answer:
                    assert answer.status == 403
                headers = {"X-SPOC-Purpose": "Control"}
                async with session.get(address + "messages", ssl=showing, headers=headers) as answer:
                    assert answer.status == 200
            async with aiohttp.ClientSession() as session, session.get(address + "formats", ssl=trusting) as answer:
                assert answer.status == 401
        finally:
            await server.stop()
        actors = [link.entry for link in await rig.ledger.journal(0, 100) if b"messages.searched" in link.entry]
        assert b"client:police" in actors[0]


async def test_a_certificate_that_no_client_owns_is_refused(tmp_path: Path, keys: Path) -> None:
    listening = _listening(keys)
    showing = ssl.create_default_context(cafile=listening.client_ca)
    showing.load_cert_chain(keys / "tls/client.cert.pem", keys / "tls/client.key.pem")
    async with Rig(tmp_path / "rig") as rig:
        server = ApiServer(rig.gateway, ApiDoor(token_key=new_token_key()), listening)
        await server.start()
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"https://localhost:{server.port}/api/v1/formats", ssl=showing) as answer,
            ):
                assert answer.status == 401
                assert (await answer.json())["code"] == "certificate.unknown"
        finally:
            await server.stop()


def test_without_tls_only_this_machine_is_served(keys: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "gateway.example"):
        with pytest.raises(Misconfigured, match="only with TLS"):
            tls_context(Listening(listen_host=host))
    for host in ("127.0.0.1", "::1", "localhost", "127.1.2.3"):
        assert is_loopback(host)
        assert tls_context(Listening(listen_host=host)) is None
    with pytest.raises(Misconfigured, match="cannot be read"):
        tls_context(replace(_listening(keys), tls_key=str(keys / "tls/client.key.pem")))
    context = tls_context(_listening(keys))
    assert context is not None
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_a_taken_port_is_said_in_words_and_leaves_nothing_open(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        door = ApiDoor(token_key=new_token_key())
        first = ApiServer(rig.gateway, door, Listening(listen_port=free_port()))
        await first.start()
        second = ApiServer(
            rig.gateway, door, Listening(listen_port=first.port, socket_file=str(tmp_path / "run/api.sock"))
        )
        with pytest.raises(Misconfigured, match="cannot listen"):
            await second.start()
        assert not (tmp_path / "run/api.sock").exists()
        await first.stop()
        await second.start()
        assert second.port == first.port
        await second.stop()


async def test_stopping_is_safe_unstarted_and_twice_and_ends_open_connections(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        server = ApiServer(
            rig.gateway,
            ApiDoor(token_key=new_token_key()),
            Listening(listen_port=0, socket_file=str(tmp_path / "run/api.sock")),
        )
        await server.stop()
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        await writer.drain()
        await server.stop()
        await server.stop()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        assert not (tmp_path / "run/api.sock").exists()


async def test_a_connection_that_asks_nothing_is_closed(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        server = ApiServer(rig.gateway, ApiDoor(token_key=new_token_key()), Listening(listen_port=0))
        await server.start()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET /healthz HTTP/1.1\r\nX: ")
            assert await outlasted(reader.read()) == b""
            writer.close()
        finally:
            await server.stop()


async def test_a_connection_that_begins_a_second_request_and_never_ends_it_is_closed(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        server = ApiServer(rig.gateway, ApiDoor(token_key=new_token_key()), Listening(listen_port=0))
        await server.start()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for _ in range(2):
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE_SECONDS)
            writer.write(b"GET /healthz HTTP/1.1\r\nX: ")
            for _ in range(3):
                await asyncio.sleep(0)  # it is read, and the limit of a connection without a request no longer counts
            pass_time(HEAD_SECONDS)
            assert await asyncio.wait_for(reader.read(), PATIENCE_SECONDS) == b""
            writer.close()
        finally:
            await server.stop()


def test_a_socket_path_that_is_too_long_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="shorter data folder"):
        bind_private(tmp_path / ("x" * 100) / "api.sock")
