"""`python spoc-verify.pyz FILE [--trust FOLDER]... [--json]`: exit code 0 it holds, 1 it is refused, 2 nobody vouches, or it could not be asked."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .examination import examine
from .report import printable
from .trust import TrustUnreadable, read_trust


def main(arguments: list[str] | None = None) -> int:
    """Verify one bundle and say so."""
    parser = argparse.ArgumentParser(
        prog="spoc-verify", description="Checks a proof bundle, offline, without the gateway."
    )
    parser.add_argument("file", type=Path, help="the bundle")
    parser.add_argument(
        "--trust",
        type=Path,
        action="append",
        default=[],
        help="folder with partner cards, keys of logs and witnesses, authorities",
    )
    parser.add_argument("--json", action="store_true", help="answer for programs")
    asked = parser.parse_args(arguments)
    try:
        trust = read_trust(asked.trust)
        with asked.file.open("rb") as file:
            report = examine(file, trust)
    except (TrustUnreadable, OSError) as error:
        sys.stderr.write(printable(f"{error}\n"))
        return 2
    sys.stdout.write(report.json() if asked.json else report.text())
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
