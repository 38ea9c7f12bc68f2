"""The stand-alone verifier as one file: a zipapp of `standalone` that runs where no gateway is."""

from __future__ import annotations

import io
import zipfile
from importlib import resources
from typing import Final

PACKAGE: Final = "spoc_verify"
MAIN: Final = f"import sys\n\nfrom {PACKAGE}.__main__ import main\n\nsys.exit(main())\n"
EPOCH: Final = (2026, 1, 1, 0, 0, 0)
"""The same version gives the same octets, so that two people can compare what they run."""


def packed() -> bytes:
    """The file. It needs Python 3.11, `cryptography`, `lxml` and `asn1crypto`."""
    written = io.BytesIO(b"")
    written.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(written, "a") as file:
        sources = {
            each.name: each.read_bytes()
            for each in resources.files("gateway.evidence.standalone").iterdir()
            if each.name.endswith(".py")
        }
        for name, content in sorted(
            {
                **{f"{PACKAGE}/{name}": content for name, content in sources.items()},
                "__main__.py": MAIN.encode(),
            }.items()
        ):
            file.writestr(zipfile.ZipInfo(name, EPOCH), content)
    return written.getvalue()
