"""The stores of the contract tests, for the tests of exchanges."""

from tests.contracts.store_fixtures import ledger, store

__all__ = ["ledger", "store"]
