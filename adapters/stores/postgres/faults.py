"""Whose fault an error of the database is: a request's own, the settings', or the store's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg import exceptions

from gateway.errors import Misconfigured, Unavailable

OWN = (
    exceptions.IntegrityConstraintViolationError, exceptions.DataError, exceptions.ProgramLimitExceededError,
)  # fmt: skip
"""What one request brings upon itself."""
SETTINGS = (
    exceptions.InvalidAuthorizationSpecificationError, exceptions.InvalidCatalogNameError,
    exceptions.ClientConfigurationError,
)  # fmt: skip
"""What only another setting can mend."""
STORE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What keeps the store from answering, unless it is one of the above."""


@asynccontextmanager
async def borrowed(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the pool; one that fails in its own protocol is never lent again."""
    async with pool.acquire() as connection:
        try:
            yield connection
        except (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError):
            connection.terminate()
            raise


def unavailable(public: str, fault: BaseException) -> Unavailable:
    """What the caller is told; the cause is chained."""
    refusal = Unavailable("ledger.unavailable", public, operator=f"The database: {type(fault).__name__}: {fault}")
    refusal.__cause__ = fault
    return refusal


def misconfigured(fault: BaseException) -> Misconfigured:
    """The address of the database cannot be right."""
    return Misconfigured("ledger.unusable", "The ledger cannot be used.", operator=f"The database: {fault}")


def refused(fault: BaseException) -> ValueError:
    """A request that the tables do not take: an error of order in our own code. Its values are not repeated."""
    refusal = ValueError(f"the ledger refuses this: {type(fault).__name__}")
    refusal.__cause__ = fault
    return refusal
