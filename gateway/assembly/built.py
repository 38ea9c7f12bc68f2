"""Collects what is built and what is wrong with it, and reads the settings of adapters."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from config.faults import ConfigurationFaults, Fault
from config.load import Home
from gateway.errors import Misconfigured

PATH_SETTINGS: Final = frozenset({
    "tls_certificate", "tls_key", "client_certificate", "client_key", "ca_file", "token_file", "url_file", "path",
})  # fmt: skip
"""Settings of adapters that name files; relative ones stand below the home folder."""
TABLES: Final = {
    "channels": "channels", "registers": "registers", "casesystems": "case_systems", "alertsystems": "alert_systems",
}  # fmt: skip
"""Kinds of adapters (their folders) and the tables of `spoc.toml` that configure them."""
T = TypeVar("T")


class Built:
    """Collects parts and faults: a fault never hides the next one."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.faults: list[Fault] = list(home.faults)

    def attempt(self, setting: tuple[str | int, ...], make: Callable[[], T]) -> T | None:
        """What `make` gives, or None with the fault noted."""
        try:
            return make()
        except Misconfigured as error:
            self.faults += [self._of(setting, text.strip()) for text in error.operator.splitlines()]
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            self.faults.append(self.home.fault(setting, f"{error}."))
        return None

    def _of(self, setting: tuple[str | int, ...], text: str) -> Fault:
        """Adapters name the setting first (`starttls: write …`): then the fault is told at its own line."""
        name, found, rest = text.partition(": ")
        return (
            self.home.fault((*setting, name), rest) if found and name.isidentifier() else self.home.fault(setting, text)
        )

    def finish(self) -> None:
        """Raise everything that was noted."""
        if self.faults:
            raise ConfigurationFaults(self.faults)


def read_settings(home: Home, table: Mapping[str, Any], kind: type[T]) -> T:
    """An adapter's own settings from its table; raises `msgspec.ValidationError` with the field that is wrong."""
    resolved = {
        name: str(home.folder / value) if name in PATH_SETTINGS and value else value
        for name, value in table.items()
        if name != "enabled"
    }
    unknown = resolved.keys() - set(kind.__struct_fields__)  # type: ignore[attr-defined]  # settings are msgspec structs
    if unknown:
        raise msgspec.ValidationError("there is no setting " + ", ".join(sorted(unknown)))
    return msgspec.convert(resolved, kind, strict=False)


def adapters_of(kind: str) -> frozenset[str]:
    """Names of the shipped adapters of a kind: the folders that hold a manifest."""
    folder = Path(str(resources.files("adapters"))) / kind
    return frozenset(manifest.parent.name for manifest in folder.glob("*/manifest.toml"))


def part_of(built: Built, kind: str, name: str, part: str) -> Any:
    """The module `adapters/KIND/NAME/PART.py`, or None with the fault noted."""
    if name in adapters_of(kind):
        return importlib.import_module(f"adapters.{kind}.{name}.{part}")
    built.faults.append(
        built.home.fault((TABLES[kind], name), f"There is no adapter {name!r}.", "`spoc adapters` lists all.")
    )
    return None


def systems_of(built: Built, kind: str, part: str, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Registers or case systems by name: `adapters/KIND/NAME/PART.py` with its `SETTINGS` and `ADAPTER`."""
    opened: dict[str, Any] = {}
    for name, table in tables.items():
        if not table.get("enabled", True):
            continue
        module = part_of(built, kind, name, part)
        if module is None:
            continue
        adapter = _open_system(built, (TABLES[kind], name), module, table)
        if adapter is not None:
            opened[name] = adapter
    return opened


def _open_system(built: Built, setting: tuple[str, str], module: Any, table: Mapping[str, Any]) -> Any:
    return built.attempt(setting, lambda: module.ADAPTER(read_settings(built.home, table, module.SETTINGS)))
