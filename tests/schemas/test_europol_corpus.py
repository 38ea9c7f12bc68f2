"""Every sample of the Europol family does what its folder and name say, in the direction its folder says."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
import xmlschema

from gateway import safexml
from gateway.findings import Finding, Occasion, Severity
from schemas.europol.forms import information, reply, request
from schemas.form import FormSpec

CORPUS = Path(__file__).parents[1] / "corpus" / "europol"
FORMS: dict[str, FormSpec] = {module.FORM.element: module.FORM for module in (request, reply, information)}
FOLDERS = {"passes": True, "passes-outbound": False}
FAILING = {"fails": True, "fails-outbound": False}


def occasion(inbound: bool) -> Occasion:
    return Occasion(
        now=datetime(2026, 11, 21, 12, tzinfo=UTC),
        inbound=inbound,
        own_parties=frozenset({"sirene:XA", "ncb:XA", "enu:XA"}),
        known_parties=frozenset({"sirene:XB", "sirene:XC", "ncb:XB", "ncb:XC", "enu:XB", "europol:EUROPOL"}),
    )


def samples(folders: dict[str, bool]) -> list[object]:
    return [
        pytest.param(path, folders[path.parent.name], id="/".join(path.parts[-3:]))
        for path in sorted(CORPUS.glob("*/*/*.xml"))
        if path.parent.name in folders
    ]


def findings(path: Path, inbound: bool) -> list[Finding]:
    form = FORMS[path.parts[-3]]
    root = safexml.parse(path.read_bytes())
    return form.validate(root) or list(form.check(form.decode(root), occasion(inbound)))


@pytest.mark.parametrize(("path", "inbound"), samples(FOLDERS))
def test_a_passing_sample_has_nothing_to_mend(path: Path, inbound: bool) -> None:
    assert [(found.rule, found.text) for found in findings(path, inbound) if found.severity is not Severity.INFO] == []


@pytest.mark.parametrize(("path", "inbound"), samples(FAILING))
def test_a_failing_sample_raises_the_rule_it_is_named_for(path: Path, inbound: bool) -> None:
    wanted = path.name.partition("--")[0]
    raised = {found.rule for found in findings(path, inbound) if found.severity is not Severity.INFO}
    assert wanted in raised
    # one thing is wrong in each sample, so that a rule is not hidden by another
    assert len(raised) <= 2, raised


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_rule_has_a_sample_that_fails(form: FormSpec) -> None:
    shown = {path.name.partition("--")[0] for path in CORPUS.glob("*/fails*/*.xml")}
    assert {rule.id for rule in form.rules} <= shown


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_rules_have_unique_ids_and_all_their_words(form: FormSpec) -> None:
    ids = [rule.id for rule in form.rules]
    assert len(set(ids)) == len(ids)
    for rule in form.rules:
        assert rule.text.endswith(".")
        assert rule.citation
        assert rule.remedy
        assert rule.confidence in {"verified", "secondary", "unverified", "proposal"}


@pytest.mark.parametrize(
    "path",
    [
        *(path for path in CORPUS.glob("*/*/*.xml") if not path.name.startswith("XSD--")),
        *(Path(str(files("schemas"))) / "europol" / "samples").glob("*.xml"),
    ],
    ids=lambda path: "/".join(path.parts[-3:]),
)
def test_what_is_read_is_written_again(path: Path) -> None:
    root = safexml.parse(path.read_bytes())
    form = FORMS[root.tag.rpartition("}")[2]]
    for element in root.iter():
        if len(element):
            element.text = None
        element.tail = None
    again = form.encode(form.decode(root))
    assert form.validate(again) == []
    assert safexml.canonical(again) == safexml.canonical(root)


@pytest.mark.parametrize("name", FORMS)
def test_both_schema_processors_agree_on_every_sample(name: str) -> None:
    explaining = xmlschema.XMLSchema10(str(FORMS[name].schema.path), allow="local", defuse="never", use_fallback=False)
    for path in CORPUS.glob(f"{name}/*/*.xml"):
        root = safexml.parse(path.read_bytes())
        assert explaining.is_valid(root) == FORMS[name].schema.valid(root), path.name


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_shipped_sample_passes(form: FormSpec) -> None:
    root = safexml.parse((Path(str(files("schemas"))) / "europol" / "samples" / f"{form.element}.xml").read_bytes())
    assert form.validate(root) == []
    assert form.check(form.decode(root), occasion(inbound=True)) == ()


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_field_has_a_label(form: FormSpec) -> None:
    root = safexml.parse((Path(str(files("schemas"))) / "europol" / "samples" / f"{form.element}.xml").read_bytes())
    for field in form.decode(root).fields:
        assert form.label(field) != field.name
