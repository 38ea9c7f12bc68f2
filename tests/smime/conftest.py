"""Keys are made once: offices keep theirs for years."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.smime.mailroom import XB, Mailbox, mailbox, pem


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("smime")
    (made / "authority.pem").write_bytes(pem(XB.certificate))
    return made


@pytest.fixture(scope="session")
def theirs(folder: Path) -> Mailbox:
    """XB's mailbox."""
    return mailbox(folder)


@pytest.fixture(scope="session")
def ours(folder: Path) -> Mailbox:
    """Our mailbox: others encrypt for it."""
    return mailbox(folder, name="SIRENE XA mail", addresses=("sirene@xa.spoc.example",))


@pytest.fixture(scope="session")
def ours_rsa(folder: Path) -> Mailbox:
    """Our mailbox with an RSA key."""
    return mailbox(folder, "rsa3072", name="SIRENE XA mail", addresses=("sirene@xa.spoc.example",))
