"""Every sample of the family passes, and every broken one is refused by the rule that its name says."""

import pkgutil
from datetime import UTC, datetime
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest
from lxml import etree

from gateway import safexml
from gateway.findings import Finding, Occasion, Severity
from schemas.catalogue import Catalogue
from schemas.interpol import forms

CORPUS = Path(__file__).parents[1] / "corpus" / "interpol"
FORMS = [f"schemas.interpol.forms.{module.name}" for module in pkgutil.iter_modules(forms.__path__)]
SAMPLES = sorted((files("schemas.interpol") / "samples").iterdir(), key=lambda path: path.name)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OWN = frozenset({"sirene:XA", "ncb:XA", "enu:XA"})
KNOWN = frozenset({"sirene:XB", "sirene:XC", "ncb:XB", "ncb:XC", "enu:XB", "europol:EUROPOL"})
ALWAYS = {"Diffusion": {"IPV-053"}}
"""Every incoming wanted diffusion waits for an officer; that is no fault of the form."""

REFUSED_ELSEWHERE = {
    "IPV-014": "Diffusion",
    "IPV-005": "TravelDocumentAnswer",
    "IPV-034": "TravelDocumentQuery",
    "IPV-035": "VehicleQuery",
    "IPV-036": "VehicleQuery",
    "IPV-041": "TravelDocumentQuery",
    "IPV-042": "FreeText",
    "IPV-043": "TravelDocumentQuery",
    "IPV-056": "TravelDocumentQuery",
    "IPX-002": "TravelDocumentQuery",
}
"""A rule that forms share and that cannot fail in each of them has its broken sample in the form named here."""


def occasion(*, inbound: bool) -> Occasion:
    return Occasion(now=NOW, inbound=inbound, own_parties=OWN, known_parties=KNOWN)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The formats of this family alone, so that another family's trouble is told elsewhere."""
    return Catalogue(module.FORM for module in map(import_module, FORMS))


def findings(catalogue: Catalogue, content: bytes, *, inbound: bool) -> list[Finding]:
    root = safexml.parse(content)
    spec = catalogue.recognise(str(root.tag), root.get("version", ""))
    refused = spec.validate(root)
    return refused or list(spec.check(spec.decode(root), occasion(inbound=inbound)))


def rules(found: list[Finding]) -> set[str]:
    return {finding.rule for finding in found if finding.severity is not Severity.INFO}


def each(folder: str) -> list[Path]:
    return sorted(CORPUS.glob(f"*/{folder}/*.xml"))


def story(path: Path) -> str:
    return f"{path.parts[-3]}/{path.stem}"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_shipped_sample_is_in_order(catalogue: Catalogue, path: Path) -> None:
    assert rules(findings(catalogue, path.read_bytes(), inbound=True)) == ALWAYS.get(path.stem, set())


@pytest.mark.parametrize("path", each("passes"), ids=story)
def test_a_good_message_passes(catalogue: Catalogue, path: Path) -> None:
    assert rules(findings(catalogue, path.read_bytes(), inbound=True)) - ALWAYS.get(path.parts[-3], set()) == set()


@pytest.mark.parametrize("path", each("passes-outbound"), ids=story)
def test_a_good_message_of_ours_passes(catalogue: Catalogue, path: Path) -> None:
    assert rules(findings(catalogue, path.read_bytes(), inbound=False)) == set()


@pytest.mark.parametrize("path", each("fails"), ids=story)
def test_a_broken_message_is_told_by_its_rule_alone(catalogue: Catalogue, path: Path) -> None:
    found = findings(catalogue, path.read_bytes(), inbound=True)

    told = path.name.partition("--")[0]
    assert told in rules(found)
    assert rules(found) - {told} <= ALWAYS.get(path.parts[-3], set())
    assert all(finding.text and finding.remedy and finding.citation for finding in found)


@pytest.mark.parametrize("path", each("fails-outbound"), ids=story)
def test_a_broken_message_of_ours_does_not_leave(catalogue: Catalogue, path: Path) -> None:
    found = findings(catalogue, path.read_bytes(), inbound=False)

    assert rules(found) == {path.name.partition("--")[0]}


def test_every_rule_has_a_sample_that_it_refuses(catalogue: Catalogue) -> None:
    for spec in (spec for spec in catalogue if spec.family == "interpol"):
        folders = (CORPUS / spec.element / "fails", CORPUS / spec.element / "fails-outbound")
        refused = {path.name.partition("--")[0] for folder in folders for path in folder.glob("*.xml")}
        elsewhere = {rule for rule, form in REFUSED_ELSEWHERE.items() if form != spec.element}

        assert {rule.id for rule in spec.rules} - refused <= elsewhere, spec.id


def without_indentation(content: bytes) -> etree._Element:
    root = safexml.parse(content)
    for element in root.iter():
        if len(element) and not (element.text or "").strip():
            element.text = None
        if not (element.tail or "").strip():
            element.tail = None
    return root


@pytest.mark.parametrize("path", [*SAMPLES, *each("passes")], ids=story)
def test_what_is_read_is_written_again(catalogue: Catalogue, path: Path) -> None:
    root = without_indentation(path.read_bytes())
    spec = catalogue.recognise(str(root.tag), root.get("version", ""))

    assert safexml.canonical(spec.encode(spec.decode(root))) == safexml.canonical(root)
