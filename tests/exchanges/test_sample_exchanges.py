"""Every rule that needs more than one form is shown by two exchanges: in one it is kept, in the other it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import ValidationError

from schemas.rule_listing import AS_RULE, rules_of
from tests.exchanges.sample_playing import Playing, seen
from tests.exchanges.samples import CATALOGUE, CORPUS, FOLDER, read_sample, span

PASSES, FAILS = (sorted((FOLDER / kind).glob("*.toml")) for kind in ("passes", "fails"))
LISTED = {rule.id: rule for rule in rules_of("sirene", CATALOGUE)}
REFUSED = "INVALID"
EFFECTS = {"error": "refused", "hold": "held", "warning": "goes on", "info": "goes on"}
PASSES_R10 = FOLDER / "passes" / "R10--two-checks-on-one-day.toml"


def of_path(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", [*PASSES, *FAILS], ids=of_path)
async def test_an_exchange_goes_as_its_file_says(path: Path, tmp_path: Path) -> None:
    """The form in question raises what the file names and nothing else, and where the rule is broken the rule is among it."""
    sample = read_sample(path)
    async with Playing(sample, tmp_path) as playing:
        came = await playing.play()

    expected = sample.outcome
    assert (came.effect, came.reason, set(came.findings)) == (
        expected.effect, expected.reason, set(expected.findings),
    ), came  # fmt: skip
    kind, clock = (*sample.seen_as.split(), "", "")[:2]
    if kind == "clock":
        assert [told for told in came.clocks if told.startswith(clock)] == list(expected.clocks)
    assert seen(sample, came) is (path in FAILS), came
    assert (came.receipt == REFUSED) is (came.effect == "refused" and came.inbound), came
    if came.receipt == REFUSED:
        assert came.told >= {each.partition(" ")[0] for each in came.findings}, "the sender is told all that is wrong"


@pytest.mark.parametrize("rule", LISTED.values(), ids=lambda rule: rule.id)
def test_every_rule_of_the_listing_has_two_samples(rule: object) -> None:
    found = LISTED[rule.id]  # type: ignore[attr-defined]  # the rows of a parametrized test have no type
    row = f"{found.id},exchanges/passes/{found.id}--NAME.toml,exchanges/fails/{found.id}--NAME.toml"
    assert found.passes and Path(found.passes).is_file(), f"add a row to schemas/sirene/rule_samples.csv: {row}"
    assert Path(found.fails).is_file(), f"add a row to schemas/sirene/rule_samples.csv: {row}"


def test_what_needs_an_exchange_is_shown_by_one() -> None:
    shown = {rule.id for rule in LISTED.values() if rule.fails.endswith(".toml")}
    assert shown == {rule.id for rule in LISTED.values() if rule.enforced_in != AS_RULE}


def test_every_file_is_in_the_list_of_samples_and_is_of_its_rule() -> None:
    named = {path for rule in LISTED.values() for path in (rule.passes, rule.fails)}
    for path in (*PASSES, *FAILS):
        assert str(path) in named, f"{path} is in no row of schemas/sirene/rule_samples.csv"
        assert read_sample(path).rule == path.stem.partition("--")[0]


@pytest.mark.parametrize("path", FAILS, ids=of_path)
def test_both_exchanges_of_a_rule_look_for_the_same(path: Path) -> None:
    broken = read_sample(path)
    kept = read_sample(Path(LISTED[broken.rule].passes))
    assert (kept.rule, kept.seen_as) == (broken.rule, broken.seen_as)
    severity = LISTED[broken.rule].severity
    assert (kept.outcome.effect, broken.outcome.effect) == ("goes on", EFFECTS[severity])
    if not broken.seen_as:
        assert f"{broken.rule} {severity}" in broken.outcome.findings


async def test_the_example_of_the_guide_goes_as_it_says(tmp_path: Path) -> None:
    """What a person copies from the guide of the folder works."""
    _, _, rest = (FOLDER / "README.md").read_text(encoding="utf-8").partition("```toml\n")
    file = tmp_path / "example.toml"
    file.write_text(rest.partition("```")[0], encoding="utf-8")
    sample = read_sample(file)
    async with Playing(sample, tmp_path) as playing:
        assert (await playing.play()).effect == sample.outcome.effect


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("effect", "effekt"), ("after", "afterwards"), ("title", "name"), ("FormG/passes/sample", "FormG/passes/no-such")],
)
async def test_a_word_that_is_not_known_is_told_at_once(tmp_path: Path, right: str, wrong: str) -> None:
    file = tmp_path / "misspelt.toml"
    file.write_text(PASSES_R10.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    with pytest.raises((ValidationError, FileNotFoundError), match=f"{right}|{wrong}"):
        async with Playing(read_sample(file), tmp_path) as playing:
            await playing.play()


@pytest.mark.parametrize("text", ["soon", "2", "2h30m", ""])
def test_a_length_of_time_has_one_shape(text: str) -> None:
    with pytest.raises(AssertionError, match="is no time"):
        span(text)


def test_every_document_is_used() -> None:
    used = {event.document for path in (*PASSES, *FAILS) for event in read_sample(path).forms if event.document}
    assert used == {path.name for path in (FOLDER / "documents").iterdir()}
    assert CORPUS in FOLDER.parents
