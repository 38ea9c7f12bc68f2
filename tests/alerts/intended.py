"""An alert of each category that may be entered as it stands, and hits on them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from gateway.alerts.law import Hit
from gateway.alerts.words import Alert, Biometric, BiometricKind
from gateway.subjects import Document, Person, Subject, Thing, Vehicle

NOON: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWN: Final = frozenset({"sirene:XA"})
TESTINE: Final = Person(family_names=("Prøvesen",), given_names=("Testine",), date_of_birth="1970-01-11", sex="F")
CHILD: Final = Person(family_names=("Barnesen",), given_names=("Lille",), date_of_birth="2018-05-05", sex="M")
CAR: Final = Vehicle(
    kind="MOTOR_VEHICLE", vin="ZZZTESTV1N0000001", registration_number="QA 00001", registration_country="XA"
)
PASSPORT: Final = Document(kind="IDENTITY_DOCUMENT", number="000000001", issuing_country="XA", status="STOLEN")
GUN: Final = Thing(kind="FIREARM", serial_number="GUN-TEST-1")
LATENT: Final = (Biometric(kind=BiometricKind.LATENT_PRINTS, reference="XA-LATENT-1", count=2),)
ARTICLES: Final[dict[str, str]] = {
    "ARR": "1862:26", "MIS-P": "1862:32(1)(a)", "MIS-W": "1862:32(1)(b)", "PRV-A": "1862:32(1)(c)", "PRV-C": "1862:32(1)(d)",
    "PRV-V": "1862:32(1)(e)", "JUD": "1862:34", "CHK-D": "1862:36", "CHK-I": "1862:36", "CHK-S": "1862:36", "INF": "1862:37a",
    "OBJ-S": "1862:38", "OBJ-E": "1862:38", "OBJ-L": "1862:36", "UNK": "1862:40", "REF": "1861:24", "RES": "1861:25",
    "RET": "1860:3",
}  # fmt: skip
PARTICULARS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "REF": (("ground_of_refusal", "entry ban"),),
    "RES": (("ground_of_refusal", "restrictive measure"),),
    "RET": (("voluntary_departure", "2026-12-31"), ("entry_ban", "yes")),
}


def subject_of(category: str) -> Subject | None:
    """What such an alert is about."""
    if category == "UNK":
        return None
    if category in ("PRV-A", "PRV-C"):
        return CHILD
    return CAR if category.startswith("OBJ") else TESTINE


def intended(category: str, **changes: Any) -> Alert:
    """An alert of this category, complete."""
    known: dict[str, Any] = {
        "issuer": "sirene:XA", "category": category, "article": ARTICLES[category], "subject": subject_of(category),
        "action": "Do what the law says.", "reason": "For the test.", "decision": "D-1", "authority": "Court of Prøveby",
        "particulars": PARTICULARS.get(category, ()), "biometrics": LATENT if category == "UNK" else (),
        "expires_at": datetime(2027, 1, 1, tzinfo=UTC) if category == "OBJ-L" else None,
    }  # fmt: skip
    return Alert(**{**known, **changes})


def entered(category: str, issuer: str = "sirene:XB", **changes: Any) -> Alert:
    """The same as another state has it."""
    alert = intended(category, **changes)
    return msgspec.structs.replace(
        alert, id=changes.get("id", f"XB-{category}"), issuer=issuer, entered_at=NOON, version="1"
    )


FULL_REPORT: Final = tuple(
    (name, "true" if name in ("Located", "PersonIdentified", "LeftTerritory", "Removed") else f"{name} as it was.")
    for name in (
        "Located", "PersonIdentified", "ReasonOfCheck", "Route", "Destination", "Companions", "IdentityRevealed", "ObjectsUsed",
        "ObjectsCarried", "Circumstances", "Residence", "LeftTerritory", "Removed",
    )
)  # fmt: skip
FULL: Final = Hit(
    at=datetime(2026, 11, 21, 11, 40, tzinfo=UTC), place="Prøveby, ring road", occasion="EXIT", action_taken="Done as asked.",
    receiving_authority="Court of Prøveby, tel. 000", finder="Traffic police", report=FULL_REPORT,
)  # fmt: skip
BARE: Final = Hit(at=datetime(2026, 11, 21, 11, 40, tzinfo=UTC))
