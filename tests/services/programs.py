"""Finding programs that nobody here wrote, and installing them where the machine allows it.

`require_program("xmlsec1")` gives the path, or skips the test with a reason that the end of the report repeats. With
`SPOC_TEST_REQUIRE_SERVICES=1` a missing program fails the test instead. Packages are Debian's; they are installed only
by root, only where `apt-get` is, and without starting the system services they bring.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from glob import glob
from pathlib import Path

import pytest

from tests.services import rendezvous
from tests.services.rendezvous import Unavailable

REQUIRE_VARIABLE = "SPOC_TEST_REQUIRE_SERVICES"
SECONDS_TO_INSTALL = 600
# Places beside PATH: administrators' programs, and servers that Debian keeps out of everyone's way.
PLACES = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/lib/postgresql/*/bin", "/usr/lib/rabbitmq/bin")
# Debian's rabbitmq-server in /usr/sbin changes to the system's account and folders; the script behind it does not.
DIRECT_PLACES = {"rabbitmq-server": ("/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin", "/usr/lib/rabbitmq/lib/*/sbin")}
PACKAGES = {
    "chromium": "chromium",
    "initdb": "postgresql",
    "openssl": "openssl",
    "postfix": "postfix",
    "rabbitmq-server": "rabbitmq-server",
    "swaks": "swaks",
    "xmllint": "libxml2-utils",
    "softhsm2-util": "softhsm2",
    "xmlsec1": "xmlsec1",
}
POLICY = Path("/usr/sbin/policy-rc.d")
START_NOTHING = "#!/bin/sh\nexit 101\n"


def require_program(name: str, debian_package: str | None = None) -> str:
    """The path of a program; where it cannot be had the test is skipped, or fails where nothing may be missing."""
    try:
        return str(rendezvous.once(f"program-{name}", lambda: {"path": obtain(name, debian_package)})["path"])
    except Unavailable as refusal:
        give_up(str(refusal))


def give_up(reason: str) -> None:
    """Skip, or fail where the run was told that everything must be there."""
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(f"{reason} ({REQUIRE_VARIABLE}=1 allows no skip)", pytrace=False)
    pytest.skip(reason)


def obtain(name: str, debian_package: str | None = None) -> str:
    """Find, else install and find."""
    found = find(name)
    if found:
        return found
    package = debian_package or PACKAGES.get(name, name)
    with rendezvous.lock("apt"):
        install([package])
    found = find(name)
    if not found:
        raise Unavailable(f"{name} is not in the Debian package {package}")
    return found


def find(name: str) -> str | None:
    if name in DIRECT_PLACES:
        return shutil.which(name, path=_search_path(DIRECT_PLACES[name])) or _not_debians(shutil.which(name))
    return shutil.which(name) or shutil.which(name, path=_search_path(PLACES))


def install(packages: list[str]) -> None:
    """Install with apt, or say why not."""
    wanted = " ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Unavailable(f"not installed; as root on Debian: apt-get install {wanted}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_starts():
        for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
            try:
                done = subprocess.run(
                    ["apt-get", *arguments],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=SECONDS_TO_INSTALL,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise Unavailable(f"apt-get {arguments[0]} took over {SECONDS_TO_INSTALL} s for {wanted}") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word why"])[-1]
        raise Unavailable(f"apt-get install {wanted} failed: {last}")


@contextlib.contextmanager
def _no_service_starts() -> Iterator[None]:
    """Debian asks this file before a package starts its service; an existing policy is left alone."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text(START_NOTHING)
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _search_path(places: tuple[str, ...]) -> str:
    return os.pathsep.join(folder for place in places for folder in sorted(glob(place), reverse=True))


def _not_debians(path: str | None) -> str | None:
    return path if path and "wrapper" not in os.path.realpath(path) else None
