"""A proof bundle in the hands of programs that nobody here wrote: unzip, openssl, xmlsec1; and its checkpoint checked from the specification alone."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.evidence.conftest import Made, bundle_of
from tests.evidence.plays import vehicle_hit
from tests.gateway.rig import NOON
from tests.services.programs import require_program


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return asyncio.run(bundle_of(tmp_path_factory.mktemp("strangers"), vehicle_hit))


@pytest.fixture(scope="module")
def place(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, unpacked by unzip."""
    place = tmp_path_factory.mktemp("unpacked")
    (place / "hit.asice").write_bytes(made.bundle)
    done = run(place, "unzip", "-q", "hit.asice")
    assert done.returncode == 0, done.stderr
    return place


def run(place: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [require_program(program), *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60, check=False)


def pinned(made: Made, party: str, place: Path) -> str:
    """The authority of an office as a file, from its card."""
    card = json.loads((made.trust / f"{party.replace(':', '-')}.json").read_text())
    file = place / f"{party.replace(':', '-')}.pem"
    file.write_text("".join(card["anchors_pem"]))
    return str(file)


def test_unzip_finds_nothing_wrong(place: Path) -> None:
    done = run(place, "unzip", "-t", "hit.asice")
    assert done.returncode == 0
    assert "No errors detected" in done.stdout


def test_the_mimetype_stands_first_and_plain(made: Made) -> None:
    """ETSI EN 319 162-1: a file program finds it without unpacking."""
    assert made.bundle[30:38] == b"mimetype"
    assert made.bundle[38:69] == b"application/vnd.etsi.asic-e+zip"


def test_openssl_accepts_the_signature_over_the_list(made: Made, place: Path) -> None:
    told = json.loads((place / "summary.json").read_text())
    arguments = [
        "cms", "-verify", "-binary", "-inform", "DER", "-in", "META-INF/signature.p7s", "-content", "META-INF/ASiCManifest.xml",
        "-CAfile", pinned(made, told["made_by"], place), "-purpose", "any", "-attime", str(int(NOON.timestamp())), "-cades", "-out", "listed",
    ]  # fmt: skip
    done = run(place, "openssl", *arguments)
    assert done.returncode == 0, done.stderr
    assert (place / "listed").read_bytes() == (place / "META-INF" / "ASiCManifest.xml").read_bytes()
    (place / "other.xml").write_bytes(
        (place / "META-INF" / "ASiCManifest.xml").read_bytes().replace(b"payload", b"pay1oad", 1)
    )
    arguments[arguments.index("META-INF/ASiCManifest.xml")] = "other.xml"
    assert run(place, "openssl", *arguments).returncode != 0


def test_sha256sum_finds_what_the_list_says(place: Path) -> None:
    text = (place / "META-INF" / "ASiCManifest.xml").read_text()
    rows = re.findall(r'DataObjectReference URI="([^"]+)".*?<ds:DigestValue>([^<]+)<', text)
    assert len(rows) > 100
    (place / "sums").write_text("".join(f"{base64.b64decode(value).hex()}  {name}\n" for name, value in rows))
    done = run(place, "sha256sum", "--check", "--strict", "--quiet", "sums")
    assert done.returncode == 0, done.stdout


def test_openssl_accepts_the_time_stamp(made: Made, place: Path) -> None:
    told = json.loads((place / "summary.json").read_text())
    (stamped,) = [each for each in told["earlier"] if each["stamps"]]
    arguments = (
        "ts", "-verify", "-token_in", "-in", stamped["stamps"][0], "-CAfile", str(made.trust / "tsa" / "stamps.pem"),
        "-attime", str(int(NOON.timestamp())),
    )  # fmt: skip
    done = run(place, "openssl", *arguments, "-data", stamped["note"])
    assert done.returncode == 0, done.stderr
    assert run(place, "openssl", *arguments, "-data", "log/log.vkey").returncode != 0


def test_xmlsec1_accepts_every_form(made: Made, place: Path) -> None:
    told = json.loads((place / "summary.json").read_text())
    forms = [(row["form"], row["sender"]) for row in told["messages"]]
    assert len(forms) == 6
    for form, sender in forms:
        ids = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"
        moment = f"{NOON:%Y-%m-%d %H:%M:%S}"
        done = run(
            place, "xmlsec1", "--verify", "--trusted-pem", pinned(made, sender, place), "--verification-time", moment, "--id-attr:Id", ids, form
        )  # fmt: skip
        assert done.returncode == 0, (form, done.stderr)


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_a_checkpoint_and_its_proofs_from_the_specification_alone(place: Path) -> None:
    """C2SP signed-note, tlog-checkpoint, tlog-proof, RFC 9162: thirty lines that share nothing with gateway or verifier."""
    name, key_id, key = (place / "log" / "log.vkey").read_text().strip().split("+", 2)
    public = base64.b64decode(key)
    assert hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8] == key_id
    note = (place / "log" / "checkpoint").read_text()
    text, _, lines = note.partition("\n\n")
    signature = next(base64.b64decode(line.split(" ")[2]) for line in lines.splitlines() if line.split(" ")[1] == name)
    assert signature[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature[4:], f"{text}\n".encode())
    origin, size, root = text.split("\n")[:3]
    assert origin == name
    entries = sorted((place / "journal").glob("*[0-9].json"))
    assert len(entries) > 50
    for entry in entries:
        head, _, below = entry.with_suffix(".tlog-proof").read_text().partition("\n\n")
        _, extra, place_, *proof = head.split("\n")
        assert below == note and base64.b64decode(extra.split(" ")[1]) == entry.read_bytes()
        index, last = int(place_.split(" ")[1]), int(size) - 1
        hash_ = hashlib.sha256(b"\x00" + entry.read_bytes()).digest()
        for each in map(base64.b64decode, proof):
            if index % 2 or index == last:
                hash_ = node(each, hash_)
                while index % 2 == 0 and index:
                    index, last = index >> 1, last >> 1
            else:
                hash_ = node(hash_, each)
            index, last = index >> 1, last >> 1
        assert base64.b64encode(hash_).decode() == root and last == 0


def test_a_plain_zip_reader_sees_the_same(made: Made, place: Path) -> None:
    with zipfile.ZipFile(place / "hit.asice") as file:
        assert file.testzip() is None
        assert all(each.compress_type == zipfile.ZIP_STORED for each in file.infolist())
        assert file.namelist()[0] == "mimetype"
        assert file.namelist()[-2:] == ["META-INF/ASiCManifest.xml", "META-INF/signature.p7s"]
