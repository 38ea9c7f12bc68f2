"""Orders to a state that takes no part in some alerts: what is known goes or is refused, what is not known waits, and nothing goes in silence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.exchanges.stories import ALERT, KnownAlert, Story, document, form_m, person, silent_on_the_article, why
from tests.gateway.rig import Bureau, Rig

IE, FROM_XA = "sirene:IE", {"sender": "sirene:XA", "to": "sirene:IE", "reference": "XA-M-2026-0000001"}
ROUTES = """
[[route]]
name = "all-to-ireland"
because = "A test that passes everything on."
when.family = "sirene"
do.forward = ["sirene:IE"]
do.answer = "none"
"""


def with_ireland(rig: Rig, folder: Path) -> Rig:
    rig.bureaux[IE] = Bureau(folder / "ie", IE, "oper@ie.sirene.example")
    rig.directory.replace((*rig.directory, rig.bureaux[IE].partner))
    return rig


@pytest.fixture
def system() -> KnownAlert:
    return KnownAlert()


@pytest.fixture
async def story(tmp_path: Path, system: KnownAlert) -> AsyncIterator[Story]:
    async with with_ireland(Rig(tmp_path / "rig", alerts=system), tmp_path) as rig:
        yield Story(rig)


async def test_what_goes_to_a_state_with_specialities_waits_while_the_article_is_unknown(story: Story) -> None:
    row = await story.sends(silent_on_the_article(**FROM_XA), IE)

    assert (row.state, why(row)) == ("held", "story.officer")
    assert row.reason is not None
    assert row.reason.public.startswith("R41-UNKNOWN: sirene:IE takes no part in alerts under 1861, 1860")
    assert "field 090" in row.reason.operator
    assert story.rig.wire.sent == []
    (held,) = [each for each in await story.told("envelope.held") if each.envelope == row.envelope.id]
    assert "R41-UNKNOWN:hold" in dict(held.details)["findings"]

    await story.rig.gateway.desk.release(row.envelope.id, "user:officer", "It is a discreet check, says the file.")
    await story.rig.gateway.quiet()
    assert [out.leg.counterpart for out in story.rig.wire.sent] == [IE]


@pytest.mark.parametrize(
    ("article", "state", "rule"),
    [("1862:38", "transmitted", ""), ("1860:3", "rejected", "R41-ALERT"), ("1861:24", "rejected", "R41-ALERT")],
)
async def test_the_alert_system_tells_what_the_form_does_not(
    story: Story, system: KnownAlert, article: str, state: str, rule: str
) -> None:
    system.article = article
    row = await story.sends(silent_on_the_article(**FROM_XA), IE)
    assert row.state == state
    assert ({each.rule for each in row.envelope.findings} & {"R41-ALERT", "R41-UNKNOWN"}) == ({rule} - {""})
    assert len(story.rig.wire.sent) == (not rule)


@pytest.mark.parametrize(("article", "state"), [("1862:36", "transmitted"), ("1861:24", "rejected")])
async def test_the_form_tells_it_itself(story: Story, article: str, state: str) -> None:
    row = await story.sends(form_m("He lives with a friend.", article=article, **FROM_XA), IE)
    assert row.state == state


async def test_what_the_bureau_itself_wrote_about_the_alert_is_enough(story: Story) -> None:
    ours = {"sender": IE, "to": "sirene:XA", "reference": "IE-M-2026-0000001"}
    await story.receives(form_m("He was seen.", article="1862:36", **ours), IE)
    sent = await story.sends(silent_on_the_article(**FROM_XA), IE)
    assert sent.state == "transmitted"


async def test_form_n_never_goes_to_ireland(story: Story) -> None:
    """Tells nothing of the article by its fields, and is about refusal of entry or return all the same."""
    body = f'<SchengenId no="005" issuer="XA">{ALERT}</SchengenId>{person()}'
    decision = "<GrantDecision><GrantOutcome>GRANTED</GrantOutcome></GrantDecision>"
    row = await story.sends(document("N", body + decision, **FROM_XA), IE)
    assert row.state == "rejected"
    assert "R41" in {each.rule for each in row.envelope.findings}


async def test_a_line_between_offices_goes_by_itself(story: Story) -> None:
    body = '<Concerns>GENERAL</Concerns><SupplementaryInformation no="083">Our line is down tonight.</SupplementaryInformation>'
    text = document("M", body, **FROM_XA).replace(b"FormM", b"FreeText")
    assert (await story.sends(text, IE)).state == "transmitted"


async def test_what_is_passed_on_for_another_office_waits_as_well(tmp_path: Path) -> None:
    async with with_ireland(Rig(tmp_path / "rig", routes=ROUTES), tmp_path) as rig:
        story = Story(rig)
        ours = {"sender": "sirene:XB", "to": "sirene:XA"}
        await story.receives(silent_on_the_article(**ours))
        (held,) = await story.told("envelope.held")
        assert "R41-UNKNOWN:hold" in dict(held.details)["findings"]
        assert [out for out in rig.wire.sent if out.leg.counterpart == IE] == []

        await story.receives(form_m("Seen.", article="1862:36", **{**ours, "reference": "XB-M-2026-0000002"}))
        assert len([out for out in rig.wire.sent if out.leg.counterpart == IE]) == 1
