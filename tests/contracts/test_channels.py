"""What every channel keeps to, whichever it is.

Channels are found by their manifests. Beside each stands `tests/contracts/channel_NAME.py`, which makes its ways, not
started: `inbound()`, `outbound()`, or both; `unreachable(port)` gives a partner that its way out cannot reach, and
`on_the_broker(url, names)` is called first where the channel needs a broker.
"""

from __future__ import annotations

import importlib
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from gateway.errors import Unavailable
from gateway.ports import Intake
from tests.adapters.smtp.dialogue import Kept, outgoing

CHANNELS = Path(__file__).parents[2] / "adapters" / "channels"
FOLDERS = sorted(path.parent for path in CHANNELS.glob("*/manifest.toml"))


def made_by(folder: Path) -> ModuleType:
    return importlib.import_module(f"tests.contracts.channel_{folder.name}")


def has_maker(folder: Path) -> bool:
    return (Path(__file__).parent / f"channel_{folder.name}.py").is_file()


MADE = [folder for folder in FOLDERS if has_maker(folder)]


def ways(name: str) -> list[Any]:
    return [pytest.param(folder, id=folder.name) for folder in MADE if hasattr(made_by(folder), name)]


def everyone() -> list[Any]:
    directions = [(folder, direction) for folder in MADE for direction in ("inbound", "outbound")]
    found = [(folder, direction) for folder, direction in directions if hasattr(made_by(folder), direction)]
    return [pytest.param(folder, direction, id=f"{folder.name}-{direction}") for folder, direction in found]


@pytest.fixture(autouse=True)
def broker(request: pytest.FixtureRequest) -> None:
    """A channel that needs the broker of the run is given its address, and names there that are the test's own."""
    folder = getattr(request.node, "callspec", None) and request.node.callspec.params.get("folder")
    if folder and has_maker(folder) and hasattr(made_by(folder), "on_the_broker"):
        made_by(folder).on_the_broker(request.getfixturevalue("amqp_url"), request.getfixturevalue("amqp_names"))


async def start(way: Any, direction: str, intake: Intake) -> None:
    await (way.start(intake) if direction == "inbound" else way.start())


@contextmanager
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a channel that is only made opens nothing")

    with monkeypatch.context() as patched:
        patched.setattr(socket, "socket", refuse)
        patched.setattr("builtins.open", refuse)
        yield


def test_channels_are_found() -> None:
    assert {"amqp", "loopback", "smtp"} <= {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_channel_is_checked(folder: Path) -> None:
    assert has_maker(folder), f"write tests/contracts/channel_{folder.name}.py"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_manifest_agrees_with_the_folder(folder: Path) -> None:
    manifest = tomllib.loads((folder / "manifest.toml").read_text("utf-8"))
    assert manifest.keys() == {
        *("name", "kind", "summary", "parts", "owner", "readiness", "secrets", "personal_data", "simulator"),
    }
    assert (manifest["name"], manifest["kind"]) == (folder.name, "channel")
    assert all((folder / f"{part}.py").is_file() for part in manifest["parts"])
    assert (folder / "README.md").is_file()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_secrets_named_in_the_manifest_are_settings(folder: Path) -> None:
    manifest = tomllib.loads((folder / "manifest.toml").read_text("utf-8"))
    if not manifest["secrets"]:
        return
    settings = importlib.import_module(f"adapters.channels.{folder.name}.settings")
    structs = [one for one in vars(settings).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    assert set(manifest["secrets"]) <= {name for struct in structs for name in struct.__struct_fields__}


@pytest.mark.parametrize(("folder", "direction"), everyone())
def test_making_one_does_no_io(folder: Path, direction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make = getattr(made_by(folder), direction)
    with no_network(monkeypatch):
        assert make().name


@pytest.mark.parametrize(("folder", "direction"), everyone())
async def test_stopping_is_safe_unstarted_and_twice(folder: Path, direction: str) -> None:
    way = getattr(made_by(folder), direction)()
    await way.stop()
    await way.stop()


@pytest.mark.parametrize(("folder", "direction"), everyone())
async def test_a_way_that_is_not_open_says_so_when_probed(folder: Path, direction: str) -> None:
    way = getattr(made_by(folder), direction)()
    with pytest.raises(Unavailable):
        await way.probe()


@pytest.mark.parametrize(("folder", "direction"), everyone())
async def test_a_way_can_be_opened_closed_and_opened_again(folder: Path, direction: str) -> None:
    way, intake = getattr(made_by(folder), direction)(), Kept()
    for _ in range(2):
        await start(way, direction, intake)
        await way.probe()
        await way.stop()
        with pytest.raises(Unavailable):
            await way.probe()
    await way.stop()
    assert (intake.taken, intake.away) == ([], []), "a probe moves nothing"


@pytest.mark.parametrize("folder", ways("unreachable"))
async def test_an_unreachable_partner_is_an_outcome_and_not_an_exception(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody answers
        partner = made_by(folder).unreachable(taken.getsockname()[1])
        way = made_by(folder).outbound()
        await way.start()
        try:
            attempt = await way.send(outgoing(to=partner))
            assert (attempt.number, attempt.outcome) == (2, "unavailable")
            assert attempt.evidence
            with pytest.raises(Unavailable):
                await way.probe(partner)
        finally:
            await way.stop()
