"""The servers that tests run against: really there, really private, and gone with the run that started them."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from tests.loop_time import PATIENCE_SECONDS
from tests.services import postgres, programs, rendezvous
from tests.services.fixtures import AmqpNames
from tests.services.rendezvous import Order, Unavailable


async def test_a_test_gets_an_empty_database(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM pg_stat_user_tables") == 0
        await connection.execute("CREATE TABLE trace (id int)")
    finally:
        await connection.close()


async def test_two_databases_do_not_see_each_other(postgres_url: str, new_postgres_database) -> None:
    with new_postgres_database() as other_url:
        assert other_url != postgres_url
        one, other = await asyncpg.connect(postgres_url), await asyncpg.connect(other_url)
        await one.execute("CREATE TABLE trace (id int)")
        assert await other.fetchval("SELECT to_regclass('trace')") is None
        await one.close()
        await other.close()


async def test_a_database_goes_even_when_a_test_forgot_a_connection(
    postgres_server_url: str, new_postgres_database
) -> None:
    with new_postgres_database() as url:
        forgotten = await asyncpg.connect(url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)
    forgotten.terminate()


async def test_a_message_passes_through_a_quorum_queue(amqp_url: str, amqp_names: AmqpNames) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        queue = await channel.declare_queue(amqp_names("inbox"), durable=True, arguments={"x-queue-type": "quorum"})
        await channel.default_exchange.publish(aio_pika.Message(b"good morning"), routing_key=queue.name)
        message = await queue.get(timeout=PATIENCE_SECONDS)
        await message.ack()
    assert message.body == b"good morning"


def test_names_on_the_broker_are_one_tests_own(amqp_names: AmqpNames) -> None:
    other = AmqpNames()
    assert amqp_names("inbox") == amqp_names("inbox")
    assert amqp_names("inbox") != other("inbox")


def test_a_program_is_found() -> None:
    assert Path(programs.require_program("openssl")).is_file()


@pytest.mark.parametrize(("required", "outcome"), [("0", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_what_is_missing_skips_unless_nothing_may_be(
    monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv(programs.REQUIRE_VARIABLE, required)
    with pytest.raises(outcome, match="no such thing here"):
        programs.give_up("no such thing here")


def test_a_refusal_is_remembered_and_not_tried_again(own_meeting_place: Path) -> None:
    attempts = []

    def refuse() -> dict[str, object]:
        attempts.append(1)
        raise Unavailable("out of stock")

    for _ in range(2):
        with pytest.raises(Unavailable, match="out of stock"):
            rendezvous.once("thing", refuse)
    assert len(attempts) == 1
    assert rendezvous.missing() == {"thing": "out of stock"}


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(own_meeting_place: Path) -> None:
    with pytest.raises(Unavailable, match=r"the server ended.*no room"):
        rendezvous.start(_order(own_meeting_place, "echo no room", owner=os.getpid()))


def test_a_killed_run_takes_its_servers_and_their_children_with_it(own_meeting_place: Path) -> None:
    run = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    # the server leaves a grandchild behind that has moved to a session of its own, as daemons do
    script = "setsid cat /dev/zero > /dev/null & echo child $!; echo ready; exec cat /dev/zero > /dev/null"
    supervisor = rendezvous.start(_order(own_meeting_place, script, owner=run.pid))
    grandchild = int((own_meeting_place / "log").read_text().split()[1])
    handles = [os.pidfd_open(pid) for pid in (supervisor, grandchild)]
    run.kill()
    run.communicate()
    for handle in handles:
        assert select.select([handle], [], [], PATIENCE_SECONDS)[0], "still alive"
        os.close(handle)
    assert not own_meeting_place.exists()


def test_an_account_for_the_database_is_never_root() -> None:
    account = postgres._account()
    assert (account is None) == (os.geteuid() != 0)
    assert account is None or account.pw_uid != 0


@pytest.fixture
def own_meeting_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "meeting"
    place.mkdir()
    monkeypatch.setenv(rendezvous.FOLDER_VARIABLE, str(place))
    monkeypatch.setenv(rendezvous.OWNER_VARIABLE, "0")
    return place


def _order(place: Path, script: str, *, owner: int) -> Order:
    folder = place / "server"
    folder.mkdir()
    return Order(
        command=["/bin/sh", "-c", script],
        environment={"PATH": os.defpath},
        folder=str(folder),
        log=str(place / "log"),
        ready="ready",
        stop_signal=signal.SIGTERM.name,
        owner=owner,
        meeting_place=str(place),
    )
