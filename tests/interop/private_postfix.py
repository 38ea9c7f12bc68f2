"""A Postfix of our own: queue, configuration and log in a temporary folder, listening on loopback, gone afterwards."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.services.ports import free_port
from tests.services.programs import give_up, require_program

SECONDS = 60
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/lib
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.xb.example
mydomain = xb.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_host_lookup = native
disable_dns_lookups = yes
smtpd_peername_lookup = no
minimal_backoff_time = 1s
queue_run_delay = 1s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """A running instance."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        """What it has written, for the words of a failing test."""
        return (self.folder / "log").read_text(errors="replace") if (self.folder / "log").exists() else ""


@contextmanager
def private_postfix(settings: dict[str, str]) -> Iterator[Postfix]:
    """Start one with these settings beside the ones above; only root can, as its parts change accounts."""
    program = require_program("postfix")
    if os.geteuid() != 0:
        give_up("Postfix starts only as root")
    folder = Path(tempfile.mkdtemp(prefix="spoc-postfix-"))
    try:
        port = _write(folder, settings)
        master = subprocess.Popen(
            _command(program, folder, "start-fg"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(folder),
        )
        try:
            postfix = Postfix(port=port, folder=folder)
            _wait(master, postfix)
            yield postfix
        finally:
            if master.poll() is None:
                subprocess.run(
                    _command(program, folder, "abort"),
                    env=_environment(folder),
                    capture_output=True,
                    timeout=SECONDS,
                    check=False,
                )
            master.wait(SECONDS)
    finally:
        shutil.rmtree(folder)


def _write(folder: Path, settings: dict[str, str]) -> int:
    folder.chmod(0o755)  # Postfix' own account works below it
    for name in ("etc", "queue", "lib"):
        (folder / name).mkdir()
    os.chown(folder / "lib", pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postfix").gr_gid)
    port = free_port()
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=port))
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    (folder / "etc" / "main.cf").write_text(MAIN.format(folder=folder) + "".join(lines))
    return port


def _command(program: str, folder: Path, command: str) -> list[str]:
    return [program, "-c", str(folder / "etc"), command]


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "MAIL_CONFIG": str(folder / "etc")}


def _wait(master: subprocess.Popen[bytes], postfix: Postfix) -> None:
    """Until somebody listens."""
    for _ in range(SECONDS * 20):
        with suppress(OSError), socket.create_connection(("127.0.0.1", postfix.port), 1):
            return
        with suppress(subprocess.TimeoutExpired):
            master.wait(0.05)
            break
    raise RuntimeError(f"Postfix did not start: {postfix.log}")
