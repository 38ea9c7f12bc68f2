"""The journal chain: whatever is changed, taken out, added or moved is found, and its place is named."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal import chain
from gateway.journal.chain import GENESIS, Link
from gateway.journal.entry import MAX_DETAIL_CHARACTERS, Entry, read
from gateway.journal.events import EVENTS

TEXTS = st.text(max_size=40)
NAMES = st.text(alphabet=st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12)
ENTRIES = st.builds(
    Entry,
    event=st.sampled_from(sorted(EVENTS)),
    at=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis adds the zone
    actor=TEXTS,
    envelope=TEXTS,
    reason=TEXTS,
    details=st.dictionaries(NAMES, TEXTS, max_size=5).map(lambda found: tuple(found.items())),
)


def links(entries: list[Entry]) -> list[Link]:
    return chain.extend(0, GENESIS, [entry.canonical() for entry in entries])


@given(ENTRIES)
def test_canonical_bytes_are_those_of_rfc_8785(entry: Entry) -> None:
    canonical = entry.canonical()
    assert canonical == rfc8785.dumps(msgspec.json.decode(canonical))


@given(ENTRIES)
def test_an_entry_is_read_back_as_it_was_written(entry: Entry) -> None:
    assert read(entry.canonical()).canonical() == entry.canonical()


@given(st.lists(ENTRIES, max_size=8))
def test_an_untouched_journal_has_no_fault(entries: list[Entry]) -> None:
    assert list(chain.faults(links(entries))) == []


@given(st.lists(ENTRIES, min_size=1, max_size=8), st.data())
def test_a_changed_entry_is_named(entries: list[Entry], data: st.DataObject) -> None:
    made = links(entries)
    place = data.draw(st.integers(0, len(made) - 1))
    octet = data.draw(st.integers(0, len(made[place].entry) - 1))
    content = bytearray(made[place].entry)
    content[octet] ^= data.draw(st.integers(1, 255))
    made[place] = msgspec.structs.replace(made[place], entry=bytes(content))
    assert [fault.number for fault in chain.faults(made)] == [place + 1]


@given(st.lists(ENTRIES, min_size=2, max_size=8), st.data())
def test_a_missing_entry_is_named(entries: list[Entry], data: st.DataObject) -> None:
    made = links(entries)
    place = data.draw(st.integers(0, len(made) - 2))
    del made[place]
    found = list(chain.faults(made))
    assert found
    assert found[0].number == place + 1


@given(st.lists(ENTRIES, min_size=2, max_size=8, unique_by=lambda entry: entry.canonical()), st.data())
def test_entries_cannot_change_places(entries: list[Entry], data: st.DataObject) -> None:
    made = links(entries)
    place = data.draw(st.integers(0, len(made) - 2))
    made[place], made[place + 1] = made[place + 1], made[place]
    assert list(chain.faults(made))


@given(st.lists(ENTRIES, min_size=1, max_size=8), ENTRIES, st.data())
def test_history_written_anew_from_a_place_on_does_not_reach_the_old_head(
    entries: list[Entry], other: Entry, data: st.DataObject
) -> None:
    made = links(entries)
    place = data.draw(st.integers(0, len(made) - 1))
    if other.canonical() == entries[place].canonical():
        return
    forged = links([*entries[:place], other, *entries[place + 1 :]])
    assert list(chain.faults(forged)) == []
    assert forged[-1].hash != made[-1].hash, "only a head that is known elsewhere tells"


def test_an_event_outside_the_language_is_refused() -> None:
    with pytest.raises(ValueError, match="not an event"):
        Entry(event="envelope.forgotten", at=datetime.now(UTC))


def test_a_long_detail_is_cut_where_everybody_sees_it() -> None:
    entry = Entry(event="envelope.read", at=datetime.now(UTC), details=(("place", "x" * 9000),))
    assert read(entry.canonical()).details[0][1] == "x" * MAX_DETAIL_CHARACTERS + "…"


def test_half_a_character_cannot_break_the_journal() -> None:
    entry = Entry(event="envelope.read", at=datetime.now(UTC), details=(("place", "a\ud800b"),))
    assert read(entry.canonical()).details[0][1] == "a?b"
