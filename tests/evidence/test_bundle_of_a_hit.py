"""A bundle that is whole: it holds, and says plainly who vouches for it and who does not."""

from __future__ import annotations

from tests.evidence.conftest import Made
from tests.evidence.office import judged


def test_with_what_was_pinned_outside_it_holds(made: Made) -> None:
    report = judged(made.bundle, made.trust)
    assert report.failures == [], report.text()
    assert report.exit_code == 0, report.text()
