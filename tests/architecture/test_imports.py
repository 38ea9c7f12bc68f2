"""Who may import whom: the contracts hold, and they notice when somebody breaks them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, SHIPPED


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("lint-imports"))
    return subprocess.run([program, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_hold() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A house of the same shape with nothing in it, under the same contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests" / "architecture").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "architecture" / "contracts.py", tmp_path / "tests" / "architecture")
    packages = [
        *SHIPPED,
        "adapters/channels",
        "adapters/channels/one",
        "adapters/channels/two",
        "gateway/api",
        "gateway/evidence",
        "gateway/evidence/standalone",
    ]
    for package in packages:
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "__init__.py").touch()
    for module in ("gateway/assembly", "gateway/envelope", "adapters/channels/wire", "schemas/form"):
        (tmp_path / module).with_suffix(".py").touch()
    return tmp_path


ALLOWED = [
    ("gateway/assembly.py", "import adapters.channels.one"),
    ("gateway/api/routes.py", "import gateway.assembly, schemas"),
    ("adapters/channels/one/channel.py", "import gateway.envelope, adapters.channels.wire"),
    ("schemas/form.py", "import gateway.envelope"),
    ("gateway/evidence/desk.py", "import gateway.evidence.standalone"),
    ("gateway/evidence/standalone/notes.py", "from . import report"),
]
FORBIDDEN = [
    ("gateway/intake.py", "import adapters.channels.one", "core knows no edge"),
    ("gateway/stages.py", "from gateway import assembly", "core knows no edge"),
    ("adapters/channels/one/channel.py", "import adapters.channels.two", "never imports another"),
    ("adapters/channels/wire.py", "import adapters.channels.two", "never imports another"),
    ("adapters/channels/one/channel.py", "import schemas", "Adapters import only"),
    ("schemas/form.py", "import routing", "Schemas import only"),
    ("routing/table.py", "import config", "Routing imports only"),
    ("routing/table.py", "import gateway.assembly", "do not reach for assembly"),
    ("config/settings.py", "import gateway.envelope", "Config imports nothing"),
    ("simulators/office.py", "import gateway.envelope", "Simulators import nothing"),
    (
        "gateway/evidence/standalone/notes.py",
        "import gateway.envelope",
        "verifier of proof bundles imports nothing of ours",
    ),
    ("gateway/assembly.py", "import simulators", "Nothing imports a simulator"),
    ("gateway/assembly.py", "import tests.conftest", "Nothing shipped imports tests"),
]


def test_what_is_allowed_passes(model: Path) -> None:
    for path, line in ALLOWED:
        (model / path).write_text(line)
    done = _lint_imports(model)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("path", "line", "contract"), FORBIDDEN)
def test_what_is_forbidden_is_noticed(model: Path, path: str, line: str, contract: str) -> None:
    (model / path).write_text(line)
    done = _lint_imports(model)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN")]
    assert any(contract in text for text in broken), done.stdout
