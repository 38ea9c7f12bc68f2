"""Writes the hostile mails of the corpus: `python -m tests.smime.make_hostile_mails`. Each is bent in one respect, and a table says how it is refused.

Run again, it makes new keys and other files; what a table row says stays. Nothing secret is kept: only certificates.
"""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.smime import forgery as forge
from tests.smime.mailroom import AT, XB, mail, mailbox, pem
from tests.smime.test_smime_spoofing import CERTIFICATES, HEADERS, SHAPES

PLACE = Path(__file__).parents[1] / "corpus" / "hostile" / "smime"
TABLE, AUTHORITY = PLACE / "expected.csv", PLACE / "authority.pem"
COLUMNS = ("file", "code", "cause", "at", "what")


def made(folder: Path) -> Iterator[tuple[str, str, str, str, bytes]]:
    """File, code, cause, what is wrong, content."""
    box = mailbox(folder)
    yield "taken--nothing-is-wrong.eml", "", "", "nothing: it is taken", mail(forge.signed(box)).content
    for name, make, code in SHAPES:
        yield _file("shape", name), code, "", name, mail(make(box)).content
    for name, lines, code in HEADERS:
        yield _file("header", name), code, "", name, mail(forge.signed(box), **lines).content
    for name, traits, code, cause in CERTIFICATES:
        other = mailbox(folder / "other", **traits)  # type: ignore[arg-type]
        yield _file("certificate", name), code, cause, name, mail(forge.signed(other)).content


def _file(kind: str, name: str) -> str:
    return f"{kind}--{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.eml"


def main() -> None:
    """Replace the folder."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    AUTHORITY.write_bytes(pem(XB.certificate))
    with tempfile.TemporaryDirectory() as folder, TABLE.open("w", encoding="utf-8", newline="") as table:
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(COLUMNS)
        for file, code, cause, what, content in made(Path(folder)):
            (PLACE / file).write_bytes(content)
            rows.writerow((file, code, cause, AT.isoformat(), what))


if __name__ == "__main__":
    main()
