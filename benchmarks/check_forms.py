"""Forms of mixed letters through check, in microseconds of CPU for each letter: parse, schema, typed form, rules; then the same
with the signature verified first. Beside it, in the same run, what libxml2 alone needs to parse and validate the same bytes.

Each form is a shipped sample of SIRENE with a message id of its own, sent just now. Nothing is kept and nothing travels:
this is what a worker computes about a form, without stages, ledger and pipes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from benchmarks.usage import machine_busy_seconds
from gateway import safexml
from gateway.clock import Uuid7Source
from gateway.commands.samples import addressed, freshened, shipped
from gateway.findings import Occasion, Severity, worst
from gateway.partners import Partner, SignaturePolicy
from gateway.signing.authority import set_up_authority, signer_name
from gateway.signing.keys import KeyRing
from gateway.signing.sign import XadesSigner
from gateway.signing.verify import StrictVerifier
from schemas.catalogue import Catalogue, discover
from schemas.form import FormSpec

SENDER, RECEIVER = "sirene:XB", "sirene:XA"
VARIANTS: Final = 20
"""Documents of each letter; they are gone through in turn until the number is reached."""
STEPS: Final = 20
LIBRARIES: Final = ("lxml", "signxml", "cryptography", "msgspec")


class Checker:
    """Everything that check looks at, set up once as a worker does."""

    def __init__(self, formats: Catalogue, partner: Partner, now: datetime) -> None:
        self._formats, self._partner, self._now = formats, partner, now
        self._verifier = StrictVerifier()
        self._occasion = Occasion(
            now=now, inbound=True, own_parties=frozenset({RECEIVER}), known_parties=frozenset({SENDER, "sirene:XC"})
        )

    def unsigned(self, document: bytes) -> bool:
        """Parse, schema, typed form, rules. Whether the form is in order."""
        return self._judged(safexml.parse(document))

    def signed(self, document: bytes) -> bool:
        """The same from the bytes that the signature covers."""
        return self._judged(safexml.parse(self._verifier.verify(document, self._partner, self._now).verified))

    def _judged(self, root: etree._Element) -> bool:
        spec = self._formats.recognise(str(root.tag), root.get("version", ""))
        findings = spec.validate(root) or spec.check(spec.decode(root), self._occasion)
        return worst(findings) is not Severity.ERROR


def plain(schema: etree.XMLSchema) -> Callable[[bytes], bool]:
    """What libxml2 needs by itself for the same bytes and the same schema."""
    return lambda document: bool(schema.validate(etree.fromstring(document)))


def measured(
    name: str, documents: list[tuple[str, bytes]], forms: int, work: Callable[[str], Callable[[bytes], bool]]
) -> dict[str, list[int]]:
    """Nanoseconds of CPU for each form, by letter; raises `SystemExit` when a form is not in order."""
    took: dict[str, list[int]] = defaultdict(list)
    step = max(1, forms // STEPS)
    for number in range(forms):
        letter, document = documents[number % len(documents)]
        act = work(letter)
        begun = time.thread_time_ns()
        fine = act(document)
        took[letter].append(time.thread_time_ns() - begun)
        if not fine:
            raise SystemExit(f"form {letter} is not in order; the figures would say nothing")
        if (number + 1) % step == 0:
            _progress(f"{name}: {number + 1} of {forms}", line=(number + 1) % (step * STEPS // 4) == 0)
    return took


def _progress(words: str, *, line: bool) -> None:
    """At a terminal one line that changes; elsewhere four lines for each way."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{words}{chr(10) if line else ''}")
    elif line:
        sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def documents_of(specs: Iterable[FormSpec], now: datetime, sign: Callable[[bytes], bytes]) -> list[tuple[str, bytes]]:
    """Variants of every letter in turn: A, E, F … and again."""
    ids = Uuid7Source()
    return [
        (letter_of(spec), sign(addressed(freshened(shipped(spec), now, ids.new()), SENDER, RECEIVER)))
        for _ in range(VARIANTS)
        for spec in specs
    ]


def letter_of(spec: FormSpec) -> str:
    return spec.id.partition("/")[2].partition("@")[0]


def run(forms: int) -> dict[str, Any]:
    """Every figure."""
    now, formats = datetime.now(UTC), discover()
    specs = [spec for spec in formats if spec.family == "sirene" and spec.id == formats.recognise(spec.root, "1.0").id]
    with tempfile.TemporaryDirectory(prefix="spoc-benchmark-") as folder:
        made = set_up_authority(Path(folder), [SENDER], (), now - timedelta(days=1))
        signer = XadesSigner(KeyRing.load(made.signing, now))
        anchor = x509.load_pem_x509_certificates(made.authority.certificate.read_bytes())[0].public_bytes(Encoding.DER)
    policy = SignaturePolicy(anchors=(anchor,), signers=(signer_name(SENDER),))
    checker = Checker(formats, Partner(party=SENDER, name="XB", signature=policy), now)
    bare = documents_of(specs, now, lambda document: document)
    signed = documents_of(specs, now, lambda document: signer.sign(safexml.parse(document), SENDER, now))
    alone = {letter_of(spec): plain(etree.XMLSchema(etree.parse(str(spec.schema.path)))) for spec in specs}
    for letter, document in (*bare, *signed):
        _ = alone[letter](document), checker.unsigned(document)
    begun, busy = time.perf_counter(), machine_busy_seconds()
    cpu = time.process_time()
    took = {
        "libxml2 alone": measured("libxml2 alone", bare, forms, lambda letter: alone[letter]),
        "check": measured("check", bare, forms, lambda _: checker.unsigned),
        "verify and check": measured("verify and check", signed, forms, lambda _: checker.signed),
    }
    wall, used = time.perf_counter() - begun, time.process_time() - cpu
    return {"machine": machine(), "forms": forms, "octets": sizes(bare), "seconds": round(wall, 1),
            "others_used_cores": round(max(0.0, machine_busy_seconds() - busy - used) / wall, 1), "ways": figures(took)}  # fmt: skip


def figures(took: dict[str, dict[str, list[int]]]) -> dict[str, dict[str, Any]]:
    """Microseconds of CPU for one form, by letter and over all, and how many times what libxml2 alone needs."""
    base = {letter: sum(each) / len(each) for letter, each in took["libxml2 alone"].items()}
    found: dict[str, dict[str, Any]] = {}
    for way, letters in took.items():
        everything = sorted(value for each in letters.values() for value in each)
        mean = sum(everything) / len(everything)
        found[way] = {
            "total_seconds": round(sum(everything) / 1e9, 2),
            "mean": round(mean / 1000, 1), "p50": round(everything[len(everything) // 2] / 1000, 1),
            "p99": round(everything[int(len(everything) * 0.99)] / 1000, 1),
            "ratio": round(mean / (sum(base.values()) / len(base)), 1),
            "letters": {letter: round(sum(each) / len(each) / 1000, 1) for letter, each in sorted(letters.items())},
        }  # fmt: skip
    return found


def sizes(documents: list[tuple[str, bytes]]) -> dict[str, int]:
    return {letter: len(document) for letter, document in documents}


def machine() -> dict[str, Any]:
    libraries = {name: metadata.version(name) for name in LIBRARIES}
    version = ".".join(map(str, etree.LIBXML_VERSION))
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "cores": os.cpu_count(), "python": platform.python_version(),
        "system": platform.system(), "libxml2": version, **libraries,
    }  # fmt: skip


def draw(found: dict[str, Any]) -> None:
    told = found["machine"]
    print(", ".join(f"{name} {value}" for name, value in told.items()))
    print(
        f"{found['forms']} forms of {len(found['octets'])} letters each way; others used {found['others_used_cores']} cores meanwhile"
    )
    ways = found["ways"]
    print("\nmicroseconds of CPU for one form")
    print("form  octets  " + "  ".join(f"{way:>16}" for way in ways))
    for letter, octets in sorted(found["octets"].items()):
        print(f"{letter:<4}  {octets:>6}  " + "  ".join(f"{ways[way]['letters'][letter]:>16}" for way in ways))
    for row in ("mean", "p50", "p99"):
        print(f"{row:<12}  " + "  ".join(f"{ways[way][row]:>16}" for way in ways))
    print(f"{'to libxml2':<12}  " + "  ".join(f"{ways[way]['ratio']:>15}x" for way in ways))
    print(f"{'total, s':<12}  " + "  ".join(f"{ways[way]['total_seconds']:>16}" for way in ways))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=10_000, help="how many forms go each way")
    parser.add_argument("--json", action="store_true", help="every figure, for programs")
    options = parser.parse_args()
    found = run(options.forms)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        draw(found)


if __name__ == "__main__":
    main()
