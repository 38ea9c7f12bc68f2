"""What every format promises, asked of every format found: schema, sample, round trip, rules, labels and corpus.

A corpus file lies in `tests/corpus/FAMILY/ELEMENT/passes/NAME.xml` or `…/fails/RULE--name.xml`; folders that end in
`-outbound` hold messages of our own. `RULE` is the rule that must speak, `XSD` for the schema. Findings that the
shipped sample of the form raises too belong to the form and not to the file. A folder beside the file with its name
holds its attachments.
"""

import subprocess
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
import xmlschema
from lxml import etree

from gateway import safexml
from gateway.attachments.recognise import recognise
from gateway.attachments.recognised import Recognised
from gateway.findings import Finding, Occasion, Rule, Severity, worst
from schemas.catalogue import discover
from schemas.form import OURS, FormSpec
from schemas.rule_listing import AS_RULE, rules_of
from tests.services.programs import require_program

CATALOGUE = discover()
FORMATS = list(CATALOGUE)
FAMILIES = sorted({spec.family for spec in FORMATS})
CORPUS = Path(__file__).parents[1] / "corpus"
PASSES = sorted([*CORPUS.glob("*/*/passes/*.xml"), *CORPUS.glob("*/*/passes-outbound/*.xml")])
FAILS = sorted([*CORPUS.glob("*/*/fails/*.xml"), *CORPUS.glob("*/*/fails-outbound/*.xml")])
CONFIDENCES = {"verified", "manual-2015", "secondary", "unverified", "proposal"}
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OWN = frozenset({"sirene:XA", "ncb:XA", "enu:XA"})
KNOWN = frozenset({"sirene:XB", "sirene:XC", "ncb:XB", "ncb:XC", "enu:XB", "europol:EUROPOL"})
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"

each_format = pytest.mark.parametrize("spec", FORMATS, ids=lambda spec: spec.id)


def sample(spec: FormSpec) -> Path:
    """The sample that is shipped, else the first message of its corpus that passes."""
    shipped = Path(str(files("schemas"))) / spec.family / "samples" / f"{spec.element}.xml"
    return shipped if shipped.is_file() else min((CORPUS / spec.family / spec.element / "passes").glob("*.xml"))


def parsed(path: Path) -> etree._Element:
    return safexml.parse(path.read_bytes())


def tidy(root: etree._Element) -> bytes:
    """Canonical bytes without the white space that only indents."""
    for element in root.iter():
        if len(element):
            element.text = None
            for child in element:
                child.tail = None
    return safexml.canonical(root)


@cache
def second_opinion(spec: FormSpec) -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(str(spec.schema.path), allow="local")


def story(path: Path) -> str:
    return "/".join((*path.parts[-4:-1], path.stem))


def spec_of(path: Path) -> FormSpec:
    found = [spec for spec in FORMATS if (spec.family, spec.element) == (path.parts[-4], path.parts[-3])]
    assert found, f"{story(path)} lies in the folder of no known format"
    return found[0]


def findings(
    spec: FormSpec, root: etree._Element, *, inbound: bool = True, files: tuple[Recognised, ...] = ()
) -> list[Finding]:
    refused = spec.validate(root)
    occasion = Occasion(now=NOW, inbound=inbound, own_parties=OWN, known_parties=KNOWN, attachments=files)
    return refused or list(spec.check(spec.decode(root), occasion))


@cache
def own_findings(spec: FormSpec) -> frozenset[str]:
    """Rules that speak about the shipped sample, and so about every message of the form."""
    return frozenset(finding.rule for finding in findings(spec, parsed(sample(spec))))


def spoken(path: Path) -> list[Finding]:
    """What the schema and the rules say about a corpus file."""
    files = tuple(recognise(file.read_bytes()) for file in sorted(path.with_suffix("").glob("*")))
    return findings(spec_of(path), parsed(path), inbound=not path.parts[-2].endswith("-outbound"), files=files)


@each_format
def test_the_sample_is_valid_for_both_validators(spec: FormSpec) -> None:
    root = parsed(sample(spec))

    assert root.tag == spec.root
    assert spec.validate(root) == []
    assert list(second_opinion(spec).iter_errors(root)) == []


@each_format
def test_the_sample_is_not_refused_by_a_rule(spec: FormSpec) -> None:
    errors = [found for found in findings(spec, parsed(sample(spec))) if found.severity is Severity.ERROR]

    assert errors == []


@each_format
def test_the_sample_is_recognised_in_every_minor_version(spec: FormSpec) -> None:
    root = parsed(sample(spec))
    root.set("version", "1.7")

    assert CATALOGUE.recognise(str(root.tag), "1.7") is spec
    assert spec.validate(root) == []


@each_format
def test_nothing_is_lost_between_decoding_and_encoding(spec: FormSpec) -> None:
    root = parsed(sample(spec))

    again = spec.encode(spec.decode(root))

    assert safexml.canonical(again) == tidy(root)
    assert spec.validate(again) == []


@each_format
def test_a_signature_may_stand_last_and_nowhere_else(spec: FormSpec) -> None:
    root = parsed(sample(spec))
    signature = etree.SubElement(root, SIGNATURE)
    assert spec.validate(root) == []

    root.insert(0, signature)
    assert spec.validate(root) != []


@each_format
def test_every_element_has_words_that_people_see(spec: FormSpec) -> None:
    bare = [name for name in spec.schema.order if not spec.schema.labels.get(name)]

    assert bare == []


@each_format
def test_xmllint_accepts_the_sample(spec: FormSpec) -> None:
    command = [require_program("xmllint"), "--nonet", "--noout", "--schema", str(spec.schema.path), str(sample(spec))]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr


@each_format
def test_every_format_has_its_source_and_how_sure_it_is(spec: FormSpec) -> None:
    assert spec.citation
    assert spec.confidence in CONFIDENCES
    assert (spec.citation == OURS) == (spec.confidence == "proposal")


@each_format
def test_every_rule_says_what_why_and_what_instead(spec: FormSpec) -> None:
    for rule in spec.rules:
        assert rule.text, rule.id
        assert rule.citation, rule.id
        assert rule.remedy, rule.id
        assert rule.confidence in CONFIDENCES, rule.id
    assert len({rule.id for rule in spec.rules}) == len(spec.rules)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rule_id_means_one_thing_in_its_family(family: str) -> None:
    meanings: dict[str, set[Rule]] = defaultdict(set)
    for spec in FORMATS:
        if spec.family == family:
            for rule in spec.rules:
                meanings[rule.id].add(rule)

    assert [rule_id for rule_id, rules in meanings.items() if len(rules) > 1] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_rule_has_a_message_that_breaks_it(family: str) -> None:
    broken = {path.stem.partition("--")[0] for path in FAILS if path.parts[-4] == family}
    rules = {rule.id for spec in FORMATS if spec.family == family for rule in spec.rules}

    # A few rules need more than a form, such as the address book: a whole exchange shows them.
    stories = {
        rule.id for rule in rules_of(family, CATALOGUE) if rule.enforced_in != AS_RULE and rule.fails.endswith(".toml")
    }

    assert rules - broken - stories == set()
    assert broken - rules - {"XSD"} == set()


@each_format
def test_every_format_has_messages_that_pass_and_messages_that_fail(spec: FormSpec) -> None:
    elsewhere = {rule.id for other in FORMATS if other is not spec for rule in other.rules}

    assert [path for path in PASSES if spec_of(path) is spec]
    if {rule.id for rule in spec.rules} - elsewhere:
        assert [path for path in FAILS if spec_of(path) is spec], "its own rules are shown by no message"


@pytest.mark.parametrize("path", PASSES, ids=story)
def test_a_message_that_passes(path: Path) -> None:
    acting = {finding.rule for finding in spoken(path) if finding.severity is not Severity.INFO}

    assert acting - own_findings(spec_of(path)) == set()


@pytest.mark.parametrize("path", FAILS, ids=story)
def test_a_message_that_fails_for_the_reason_in_its_name(path: Path) -> None:
    named = path.stem.partition("--")[0]
    found = spoken(path)

    said = worst(finding for finding in found if finding.rule == named)
    others = worst(finding for finding in found if finding.rule not in {named, *own_findings(spec_of(path))})

    assert said is not None, f"{named} is silent"
    assert others is not Severity.ERROR or said is Severity.ERROR, "another rule refuses the message"


@pytest.mark.parametrize("path", [*PASSES, *FAILS], ids=story)
def test_both_validators_agree(path: Path) -> None:
    spec, root = spec_of(path), parsed(path)

    assert spec.schema.valid(root) is not any(second_opinion(spec).iter_errors(root))
