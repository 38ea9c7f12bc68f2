"""The degradation table is whole: each trust service, away, slow and wrong, and every cell names a test that is there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from docs.degradation_table import WAYS, degradation, services

ROOT = Path(__file__).parents[2]
CELLS = [(each["name"], way) for each in services() for way in WAYS]
SAID = ("traffic", "shown", "back", "tests")
EXPECTED = {
    "Signer process", "PKCS#11 token", "Revocation lists (CRL) of a partner's authority", "OCSP responder of a partner's authority",
    "Time-stamp authority", "Witness of the log", "Published log (integrator, key, tile folder)", "Vault (keys of content, master key)",
    "Alert system (N.SIS) as a source of rules", "Issuer of the address book", "Clock of this machine",
    "Names and TLS certificates of partners' mail servers",
}  # fmt: skip
"""A service that joins the gateway joins here: what it is trusted for must be said before anybody relies on it."""


@cache
def stories_in(file: str) -> frozenset[str]:
    """The names of the tests that a file holds."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(each.name for each in functions if each.name.startswith("test_"))


def test_every_trust_service_is_there() -> None:
    names = [each["name"] for each in services()]
    assert len(names) == len(set(names))
    assert set(names) == EXPECTED


@pytest.mark.parametrize(("service", "way"), CELLS)
def test_every_cell_says_all_and_is_shown_by_tests_that_exist(service: str, way: str) -> None:
    cell = next(each for each in services() if each["name"] == service)[way]
    assert set(cell) == set(SAID)
    assert all(cell[name] for name in SAID)
    for each in cell["tests"]:
        file, _, name = each.partition("::")
        assert (ROOT / file).is_file(), file
        assert name in stories_in(file), each


def test_the_page_shows_every_cell() -> None:
    shown = degradation()
    assert all(f"## {each['name']}" in shown for each in services())
    assert shown.count("\n| away |") == shown.count("\n| slow |") == shown.count("\n| wrong |") == len(services())
