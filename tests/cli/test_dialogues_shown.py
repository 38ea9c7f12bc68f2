"""`spoc dialogues`: the charts as a list, one as a table, one as a picture."""

from __future__ import annotations

from tests.cli.conftest import Spoc


def test_every_dialogue_is_listed_with_its_source(quick: Spoc) -> None:
    """All twenty procedures, each with what opens it, citation and confidence."""
    listed = quick("dialogues", "sirene", "--json").told
    sections = {each["section"].partition("(")[0] for each in listed}
    assert {f"4.{number}" for number in range(1, 21)} <= sections
    assert all(each["citation"] and each["confidence"] and each["opened_by"] for each in listed)


def test_one_dialogue_shows_who_may_send_what(quick: Spoc) -> None:
    """By name or by section, for people and for programs."""
    shown = quick("dialogues", "sirene", "objects").text
    assert "object-data-asked" in shown
    assert "DLG-SECOND-HIT-REPORT" in shown
    document = quick("dialogues", "sirene", "4.10", "--json").told
    assert {"states", "turns", "bars", "roles"} <= set(document)


def test_a_dialogue_is_drawn(quick: Spoc) -> None:
    """A Mermaid diagram with the form that opens it and the one that is expected."""
    drawn = quick("dialogues", "sirene", "objects", "--mermaid").text
    assert drawn.startswith("stateDiagram-v2\n")
    assert "object_data_asked --> object_data_sent : ISS P" in drawn


def test_an_unknown_dialogue_is_told_with_those_that_are_known(quick: Spoc) -> None:
    """Neither a family without dialogues nor a misspelt name ends in a fault of ours."""
    for line in (("dialogues", "spoc"), ("dialogues", "sirene", "flag")):
        done = quick(*line)
        assert done.code == 66
        assert "Known are" in done.err
