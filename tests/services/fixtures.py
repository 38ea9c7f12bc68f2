"""What tests ask for: servers, fresh databases, names on the broker. Loaded by `tests/conftest.py`.

| ask for | get |
| --- | --- |
| `postgres_url` | a fresh, empty database for this test (`postgresql://...`; add the driver for SQLAlchemy) |
| `new_postgres_database` | a context manager that makes one, for fixtures of a wider scope |
| `amqp_url` | the broker, shared by the whole run |
| `amqp_names` | names on it that are this test's own: `amqp_names("inbox")`; queues and exchanges go afterwards |
| `require_program` from `tests.services.programs` | the path of `openssl`, `xmlsec1`, `swaks`, ... |
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager

import aio_pika
import pytest

from tests.services import postgres, rabbitmq, rendezvous
from tests.services.programs import give_up
from tests.services.rendezvous import Unavailable


def _or_give_up(server_url: Callable[[], str]) -> str:
    try:
        return server_url()
    except Unavailable as refusal:
        give_up(str(refusal))
        raise


@pytest.fixture(scope="session")
def postgres_server_url() -> str:
    return _or_give_up(postgres.server_url)


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server_url: str) -> Callable[[], AbstractContextManager[str]]:
    @contextlib.contextmanager
    def new() -> Iterator[str]:
        url = postgres.create_database(postgres_server_url)
        try:
            yield url
        finally:
            postgres.drop_database(postgres_server_url, url)

    return new


@pytest.fixture
def postgres_url(new_postgres_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    with new_postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def amqp_url() -> str:
    return _or_give_up(rabbitmq.server_url)


class AmqpNames:
    """Gives out names under a prefix of its own and remembers them."""

    def __init__(self) -> None:
        self.prefix = f"spoc-test-{secrets.token_hex(6)}"
        self.given: list[str] = []

    def __call__(self, name: str) -> str:
        full = f"{self.prefix}.{name}"
        if full not in self.given:
            self.given.append(full)
        return full


@pytest.fixture
async def amqp_names(amqp_url: str) -> AsyncIterator[AmqpNames]:
    names = AmqpNames()
    yield names
    if names.given:
        async with await aio_pika.connect(amqp_url) as connection:
            channel = await connection.channel()
            for name in names.given:
                await channel.queue_delete(name)
                await channel.exchange_delete(name)


def pytest_configure(config: pytest.Config) -> None:
    rendezvous.open_meeting_place()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = rendezvous.missing()
    if missing:
        terminalreporter.section("not available on this machine")
        for name, reason in missing.items():
            terminalreporter.line(f"{name.removeprefix('program-')}: {reason}")


def pytest_unconfigure(config: pytest.Config) -> None:
    rendezvous.close_meeting_place()
