"""Every register and case system found by its manifest, with a question for each that its simulator can answer."""

from __future__ import annotations

import importlib
import itertools
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.questions import CaseRequest, Context, Question
from gateway.subjects import Document, Identifier, Person, Subject, Vehicle
from tests.contracts.rest_simulators import ROOT

NOW = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
TESTINE = Person(
    family_names=("Prøvesen",),
    given_names=("Testine",),
    date_of_birth="1970-01-11",
    identifiers=(Identifier(kind="CPR", value="710170-0008"),),
)
STOLEN_CAR = Vehicle(registration_number="QQ 00001", registration_country="XA", vin="ZZZTESTV1N0000001")
STOLEN_PASSPORT = Document(kind="PASSPORT", number="000000001", issuing_country="XA")
SUBJECTS: dict[str, Subject] = {
    "cpr": TESTINE,
    "crm": STOLEN_CAR,
    "wanted_vehicles": STOLEN_CAR,
    "passports": STOLEN_PASSPORT,
}
SECRET = "s3cr3t-token-that-nobody-may-see"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One adapter, as its manifest names it."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def part(self) -> str:
        return str(self.manifest["parts"][0])

    def build(self, **settings: Any) -> Any:
        """The adapter with these settings, not started."""
        module = importlib.import_module(f"adapters.{self.folder.parent.name}.{self.name}.{self.part}")
        return module.ADAPTER(module.SETTINGS(**{"token": SECRET, **settings}))

    def settings(self, **settings: Any) -> Any:
        module = importlib.import_module(f"adapters.{self.folder.parent.name}.{self.name}.{self.part}")
        return module.SETTINGS(**settings)


def found(kind: str) -> list[Found]:
    """Every adapter of this kind, by its manifest."""
    manifests = ((file, tomllib.loads(file.read_text("utf-8"))) for file in ROOT.glob("adapters/*/*/manifest.toml"))
    return sorted(
        (Found(folder=file.parent, manifest=manifest) for file, manifest in manifests if manifest["kind"] == kind),
        key=lambda each: each.name,
    )


REGISTERS, CASE_SYSTEMS = found("register"), found("casesystem")


def context(**changes: Any) -> Context:
    """A context with a request id of its own."""
    known: dict[str, Any] = {
        "correlation_id": "case-2026-000042",
        "request_id": f"req-{next(_numbers):06d}",
        "purpose": "INVESTIGATE",
        "legal_basis": "LG-01",
        "case_reference": "case-2026-000042",
        "requester": "gateway",
        "on_behalf_of": "sirene:XB",
        "channel_origin": "SIRENE",
    }
    return Context(**{**known, **changes})


def question(subject: Subject, **changes: Any) -> Question:
    return Question(subject=subject, context=context(**changes))


def case_request(key: str, **changes: Any) -> CaseRequest:
    known: dict[str, Any] = {
        "idempotency_key": key,
        "title": "SIRENE form G, sirene:XB",
        "subjects": (STOLEN_CAR, TESTINE),
        "documents": (("01890000-0000-7000-8000-00000000000a", "ab" * 32),),
        "handling": ("SIRENE-SUPPLEMENTARY",),
        "context": context(),
    }
    return CaseRequest(**{**known, **changes})
