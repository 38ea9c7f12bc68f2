"""A new form is three files, as the style guide promises: its XSD, its module, a sample. Everything else finds it.

The pretended form Z is added to a copy of the tree, and the copy is asked: recognition, schema, round trip, the corpus, the
command line.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDED = ("schemas/sirene/xsd/formz.xsd", "schemas/sirene/forms/z.py", "tests/corpus/sirene/FormZ/passes/sample.xml")
MODULE = '''"""`sirene/Z@1`: a pretended form."""

from schemas.form import FormSpec
from schemas.sirene.rules.every_form import EVERY_FORM, SCHENGEN_ID
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/Z@1",
    element="FormZ",
    schema="formz.xsd",
    title="Pretended form",
    rules=(*EVERY_FORM, SCHENGEN_ID),
    subjects=subjects,
)
'''


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a form touches, with exactly the three files added."""
    folder = tmp_path_factory.mktemp("with-form-z")
    ignore = shutil.ignore_patterns("__pycache__")
    for tree in ("schemas", "tests/corpus", "tests/services"):
        shutil.copytree(ROOT / tree, folder / tree, ignore=ignore)
    (folder / "tests" / "schemas").mkdir()
    shutil.copy(ROOT / "tests/schemas/test_formats_contract.py", folder / "tests/schemas")
    shutil.copy(ROOT / "pyproject.toml", folder)
    before = tree_of(folder)
    schema = (ROOT / "schemas/sirene/xsd/formj.xsd").read_text("utf-8").replace("FormJ", "FormZ")
    sample = (ROOT / "schemas/sirene/samples/FormJ.xml").read_text("utf-8").replace("FormJ", "FormZ")
    for name, text in zip(ADDED, (schema, MODULE, sample), strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    assert tree_of(folder) - before == set(ADDED)
    return folder


def tree_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def run(overlay: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPOC_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-P", *command], cwd=overlay, env={**environment, "PYTHONPATH": str(overlay), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip


def test_it_is_listed_with_the_others(overlay: Path) -> None:
    done = run(overlay, "-m", "gateway", "--json", "formats")

    assert done.returncode == 0, done.stderr
    (form,) = [one for one in json.loads(done.stdout) if one["id"] == "sirene/Z@1"]
    assert (form["element"], form["title"]) == ("FormZ", "Pretended form")
    assert form["sample"] == "", "the three files ship no sample, so none is offered"


def test_a_shipped_sample_is_a_fourth_file_and_is_then_offered(overlay: Path) -> None:
    without = run(overlay, "-m", "gateway", "sample", "Z")
    shipped = overlay / "schemas/sirene/samples/FormZ.xml"
    shipped.write_bytes((overlay / ADDED[2]).read_bytes())
    try:
        listed, done = run(overlay, "-m", "gateway", "--json", "formats"), run(overlay, "-m", "gateway", "sample", "Z")
    finally:
        shipped.unlink()

    assert without.returncode == 66 and "samples/FormZ.xml" in without.stderr
    assert "spoc sample sirene/Z@1" in {one["sample"] for one in json.loads(listed.stdout)}
    assert done.returncode == 0 and "<FormZ" in done.stdout


def test_its_message_is_recognised_and_judged_by_its_rules(overlay: Path) -> None:
    sample, wrong = overlay / ADDED[2], overlay / "wrong.xml"
    wrong.write_text(
        sample.read_text("utf-8").replace('<SchengenId no="005"', '<SchengenId no="006"'), encoding="utf-8"
    )

    done = run(overlay, "-m", "gateway", "check", "--json", "--at", "2026-11-21T12:00:00Z", str(sample), str(wrong))

    good, bad = json.loads(done.stdout)["files"]
    assert (good["verdict"], good["format"]) == ("valid", "sirene/Z@1"), good
    assert (bad["verdict"], {one["rule"] for one in bad["findings"]}) == ("refused", {"XSD"})
    wrong.unlink()


def test_the_contract_of_all_formats_holds_for_it(overlay: Path) -> None:
    chosen = "FormZ or sirene/Z or family or (rule and sirene)"
    done = run(
        overlay, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", chosen, "tests/schemas/test_formats_contract.py"
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout


def test_every_part_of_the_contract_was_asked_about_it(overlay: Path) -> None:
    done = run(
        overlay, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--collect-only", "-k", "FormZ or sirene/Z",
        "tests/schemas/test_formats_contract.py",
    )  # fmt: skip

    asked = {line.partition("::")[2].partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert asked >= {
        "test_the_sample_is_valid_for_both_validators",
        "test_the_sample_is_recognised_in_every_minor_version",
        "test_nothing_is_lost_between_decoding_and_encoding",
        "test_a_signature_may_stand_last_and_nowhere_else",
        "test_a_message_that_passes",
        "test_both_validators_agree",
    }


def test_the_rules_it_shares_are_listed_with_it(overlay: Path) -> None:
    done = run(overlay, "-m", "gateway", "--json", "rules", "sirene", "--letter", "Z")

    assert {"R02", "R06", "R42"} <= {one["id"] for one in json.loads(done.stdout)}, done.stderr
