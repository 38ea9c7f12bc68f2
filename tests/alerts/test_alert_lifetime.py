"""How long alerts live, and when somebody is warned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.commands import ExtendAlert
from gateway.findings import Severity
from schemas.sirene.alerts.law import ALERT_LAW
from schemas.sirene.alerts.lifetime import months_after
from tests.alerts.intended import ARTICLES, CAR, NOON, OWN, TESTINE, entered, intended

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2000, 2090))
MONTHS = {
    "ARR": 60, "MIS-P": 60, "MIS-W": 60, "PRV-A": 12, "PRV-C": 12, "PRV-V": 12, "JUD": 36, "CHK-D": 12, "CHK-I": 12, "CHK-S": 12,
    "INF": 12, "OBJ-S": 120, "OBJ-E": 120, "UNK": 36, "REF": 36, "RES": 36, "RET": 36,
}  # fmt: skip


@pytest.mark.parametrize("category", MONTHS)
def test_an_alert_ends_at_the_latest_when_the_law_says(category: str) -> None:
    latest = ALERT_LAW.expires_at(intended(category), NOON)
    assert latest == months_after(NOON, MONTHS[category])
    for ends, rules in ((latest, []), (latest - timedelta(days=300), []), (latest + timedelta(days=1), ["ALT-LIFE"])):
        found = ALERT_LAW.entry_findings(intended(category, expires_at=ends), OWN, NOON)
        assert [each.rule for each in found if each.severity is Severity.ERROR] == rules


def test_checks_on_objects_live_ten_years_and_linked_objects_as_long_as_the_person() -> None:
    assert ALERT_LAW.expires_at(intended("CHK-D", subject=CAR), NOON) == months_after(NOON, 120)
    assert ALERT_LAW.expires_at(intended("OBJ-L"), NOON) is None
    assert [each.rule for each in ALERT_LAW.entry_findings(intended("OBJ-L", expires_at=None), OWN, NOON)] == [
        "ALT-LIFE"
    ]


@pytest.mark.parametrize("category", ["REF", "RES", "RET"])
def test_a_longer_national_decision_allows_five_years(category: str) -> None:
    alert = intended(category)
    longer = msgspec.structs.replace(alert, particulars=(*alert.particulars, ("decision_until", "2036-01-01")))
    shorter = msgspec.structs.replace(alert, particulars=(*alert.particulars, ("decision_until", "2028-01-01")))
    assert ALERT_LAW.expires_at(longer, NOON) == months_after(NOON, 60)
    assert ALERT_LAW.expires_at(shorter, NOON) == months_after(NOON, 36)


@pytest.mark.parametrize(
    ("days", "assessment", "rules"),
    [
        (365, "Still needed.", []),
        (365, "", ["ALT-EXT"]),
        (5 * 366 + 400, "Still needed.", ["ALT-EXT"]),
        (20, "Still needed.", ["ALT-EXT"]),
    ],
)
def test_an_extension_is_assessed_and_no_longer_than_a_new_alert(days: int, assessment: str, rules: list[str]) -> None:
    alert = entered("ARR", issuer="sirene:XA", id="XA-1", expires_at=NOON + timedelta(days=30))
    change = ExtendAlert(alert="XA-1", version="1", until=NOON + timedelta(days=days), assessment=assessment)
    found = ALERT_LAW.change_findings(change, alert, (), OWN, NOON)
    assert [each.rule for each in found] == rules


def test_a_warning_comes_four_months_before_the_end() -> None:
    ends = datetime(2027, 3, 21, 12, tzinfo=UTC)
    alert = entered("ARR", expires_at=ends)
    assert [each.rule for each in ALERT_LAW.warnings(alert, NOON)] == ["ALT-ENDS"]
    assert ALERT_LAW.warnings(alert, NOON - timedelta(days=1)) == ()


def test_a_warning_comes_before_a_missing_child_comes_of_age() -> None:
    young = msgspec.structs.replace(TESTINE, date_of_birth="2009-02-01")
    soon = entered("MIS-P", subject=young)
    assert [each.rule for each in ALERT_LAW.warnings(soon, NOON)] == ["ALT-OF-AGE"]
    assert ALERT_LAW.warnings(entered("ARR", subject=young), NOON) == ()
    partial = entered("MIS-P", subject=msgspec.structs.replace(TESTINE, date_of_birth="2009"))
    assert ALERT_LAW.warnings(partial, NOON) == ()
    assert ALERT_LAW.warnings(soon, datetime(2027, 2, 2, tzinfo=UTC)) == ()


@given(st.datetimes(EARLIEST, LATEST), st.integers(0, 240))
def test_months_never_leave_their_month(start: datetime, months: int) -> None:
    found = months_after(start.replace(tzinfo=UTC), months)
    assert (found.year * 12 + found.month) - (start.year * 12 + start.month) == months
    assert found.day <= start.day
    assert found.time() == start.time()


def test_every_category_is_in_this_test() -> None:
    assert MONTHS.keys() | {"OBJ-L"} == set(ARTICLES)


@pytest.mark.parametrize("born", ["9999-12-31", "9990-01-01", "0001-01-01", "2009", ""])
def test_a_date_of_birth_out_of_all_reason_warns_of_nothing(born: str) -> None:
    odd = entered("MIS-P", subject=msgspec.structs.replace(TESTINE, date_of_birth=born))
    assert ALERT_LAW.warnings(odd, NOON) == ()
