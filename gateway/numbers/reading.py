"""Reading what is kept of a series, page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from gateway.ledger import Ledger
from gateway.numbers.series import DIFFERENCES, SETTLED, Numbered, NumberQuery, open_tasks


async def everything(ledger: Ledger, query: NumberQuery) -> list[Numbered]:
    """All rows that a query finds, however many."""
    found: list[Numbered] = []
    while page := await ledger.numbers(query):
        found += page
        if len(page) < query.limit:
            break
        query = replace(query, after=page[-1].place)
    return found


async def known_of(ledger: Ledger, series: tuple[str, str], numbers: Iterable[int]) -> Mapping[int, list[Numbered]]:
    """What is known of these numbers."""
    wanted = set(numbers)
    by_number: dict[int, list[Numbered]] = defaultdict(list)
    for least, most in _runs(sorted(wanted)):
        query = NumberQuery(sender=series[0], receiver=series[1], least=least, most=most)
        for row in await everything(ledger, query):
            by_number[row.number].append(row)
    return by_number


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """The numbers as runs without a gap, so that far ones are asked for apart."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


async def tasks(ledger: Ledger, series: tuple[str, str]) -> list[Numbered]:
    """The differences of a series that nothing has settled."""
    query = NumberQuery(sender=series[0], receiver=series[1], kinds=(*DIFFERENCES, SETTLED))
    return open_tasks(await everything(ledger, query))
