"""What the architecture tests look at: the tracked files, or all files where there is no git."""

from __future__ import annotations

import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = ("gateway", "adapters", "schemas", "routing", "config", "simulators")
NOT_OURS = {".git", ".venv", "build", "dist", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def tracked(pattern: str = "*", *, below: tuple[str, ...] = ()) -> list[Path]:
    """Paths relative to the root, of files that exist."""
    return [
        path
        for path in map(Path, _names())
        if fnmatch(path.name, pattern) and (not below or path.parts[0] in below) and (ROOT / path).is_file()
    ]


def _names() -> list[str]:
    if shutil.which("git") and (ROOT / ".git").exists():
        # safe.directory: the tests may run as another account than the one that cloned
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [name for name in done.stdout.split("\0") if name]
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(str(path) for path in files if not NOT_OURS & set(path.parts))
