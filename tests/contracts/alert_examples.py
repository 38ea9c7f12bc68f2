"""Alert systems found by their manifests, and alerts that their simulators know or take."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from gateway.alerts.commands import Asking, EnterAlert
from gateway.alerts.words import Alert
from gateway.subjects import Person, Vehicle
from tests.contracts.rest_examples import found

ALERT_SYSTEMS = found("alertsystem")
_numbers = itertools.count(1)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ARREST = "XB-ALERT-0001"
CAR = "XB-ALERT-0002"
WANTED = Person(family_names=("Exempelsson",), given_names=("Testo",), date_of_birth="1979-03-02")
TESTINE = Person(family_names=("Prøvesen",), given_names=("Testine",), date_of_birth="1970-01-11", sex="F")
TRAILER = Vehicle(kind="TRAILER", registration_number="QA 12345", registration_country="XA", vin="ZZZTRAILER0000001")


def asking(**changes: Any) -> Asking:
    """Somebody asks, under an id of its own."""
    known: dict[str, Any] = {
        "actor": "client:officer", "purpose": "Case 9999-99999-00001-26", "request_id": f"alert-{next(_numbers):06d}",
        "at": NOW,
    }  # fmt: skip
    return Asking(**{**known, **changes})


def missing_person(**changes: Any) -> Alert:
    """An alert on a missing person, complete."""
    known: dict[str, Any] = {
        "issuer": "sirene:XA", "category": "MIS-W", "article": "1862:32(1)(b)", "subject": TESTINE,
        "action": "Communicate the whereabouts.", "reason": "Missing since the fair.", "authority": "Police of Prøveby",
        "decision": "9999-99999-00001-26",
    }  # fmt: skip
    return Alert(**{**known, **changes})


def stolen_trailer(**changes: Any) -> Alert:
    """An alert on a stolen trailer."""
    known: dict[str, Any] = {
        "issuer": "sirene:XA", "category": "OBJ-S", "article": "1862:38", "subject": TRAILER, "action": "Seize.",
        "reason": "STOLEN",
    }  # fmt: skip
    return Alert(**{**known, **changes})


def entering(alert: Alert, key: str = "") -> EnterAlert:
    """The command to enter it, with a key of its own."""
    return EnterAlert(alert=alert, idempotency_key=key or f"key-{next(_numbers):06d}")
