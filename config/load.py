"""Reading the home folder: `spoc.toml`, `partners.toml`, `routes.toml`. All faults are collected before anything is
said.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from config.faults import ConfigurationFaults, Fault
from config.locate import line_of, lines_of
from config.settings import Partners, Settings

SETTINGS_FILE: Final = "spoc.toml"
PARTNERS_FILE: Final = "partners.toml"
ROUTES_FILE: Final = "routes.toml"
HOME_VARIABLE: Final = "SPOC_HOME"
DEFAULT_HOME: Final = "spoc-home"
OVERRIDE: Final = "SPOC_SET_"
"""`SPOC_SET_api__listen_port=9000` overrides one setting, for containers and tests."""

NOBODY: Final = "unit:UNKNOWN"
"""Stands in for our parties while faults are looked for in the rest."""
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One home folder as it was read."""

    folder: Path
    settings: Settings
    partners: Partners
    routes: Path
    """The routing table in force: the home folder's own, else the one that is shipped."""
    faults: tuple[Fault, ...] = ()
    """What `survey` found wrong; a home with faults is good for finding more of them and for nothing else."""

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / self.settings.folders.data

    @property
    def log(self) -> Path:
        """The log folder."""
        return self.folder / self.settings.folders.log

    @property
    def keys(self) -> Path:
        """The folder of our keys."""
        return self.folder / self.settings.folders.keys

    def line(self, *path: str | int) -> int:
        """The line of a setting in `spoc.toml`."""
        return line_of(lines_of((self.folder / SETTINGS_FILE).read_text("utf-8")), path)

    def fault(self, setting: tuple[str | int, ...], text: str, remedy: str = "") -> Fault:
        """A fault in `spoc.toml`, with its line."""
        return Fault(
            file=self.folder / SETTINGS_FILE,
            line=self.line(*setting),
            setting=".".join(map(str, setting)),
            text=text,
            remedy=remedy,
        )


def home_folder(given: Path | None = None) -> Path:
    """The home folder: as given, else `SPOC_HOME`, else `spoc-home` in the working folder."""
    return (given or Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)).absolute()


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Home:
    """Everything in the home folder; raises `ConfigurationFaults` with all that is wrong in these files."""
    home = survey(folder, environment)
    if home.faults:
        raise ConfigurationFaults(home.faults)
    return home


def survey(folder: Path, environment: Mapping[str, str] | None = None) -> Home:
    """The home folder as far as it can be understood, with its faults, so that whoever looks further finds the others too.

    Raises `ConfigurationFaults` only where a file cannot be read at all.
    """
    faults: list[Fault] = []
    file = folder / SETTINGS_FILE
    if not file.is_file():
        raise ConfigurationFaults(
            [
                Fault(
                    file=file,
                    line=1,
                    setting="file",
                    text="There is no such file.",
                    remedy=f"Create one with: spoc --home {folder} init",
                )
            ]
        )
    settings = _read(file, Settings, faults, dict(environment if environment is not None else os.environ))
    partner_file = folder / PARTNERS_FILE
    partners = _read(partner_file, Partners, faults) if partner_file.is_file() else Partners()
    if settings is None or partners is None:
        raise ConfigurationFaults(faults)
    own_routes = folder / ROUTES_FILE
    routes = own_routes if own_routes.is_file() else Path(str(files("config") / ROUTES_FILE))
    return Home(folder=folder, settings=settings, partners=partners, routes=routes, faults=tuple(faults))


def _read(
    file: Path, model: type[Model], faults: list[Fault], environment: Mapping[str, str] | None = None
) -> Model | None:
    try:
        text = file.read_text("utf-8")
        values = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        faults.append(Fault(file=file, line=1, setting="file", text=f"It cannot be read: {error}."))
        return None
    except tomllib.TOMLDecodeError as error:
        line = int(str(error).rpartition("line ")[2].partition(",")[0]) if "line " in str(error) else 1
        faults.append(Fault(file=file, line=line, setting="syntax", text=f"This is not TOML: {error}."))
        return None
    _override(values, environment or {})
    try:
        return model.model_validate(values)
    except ValidationError as invalid:
        lines = lines_of(text)
        faults += [_fault(file, lines, dict(error)) for error in invalid.errors()]
        return _without_faults(model, values, invalid)


def _without_faults(model: type[Model], values: dict[str, Any], invalid: ValidationError) -> Model | None:
    """The model from what is not at fault: offending tables, or offending rows of a list of tables, are left out."""
    wrong = {error["loc"][:2] for error in invalid.errors()}
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list):
            kept[name] = [row for index, row in enumerate(value) if (name, index) not in wrong and (name,) not in wrong]
        elif all(path[:1] != (name,) for path in wrong):
            kept[name] = value
    if model is Settings and "office" not in kept:
        kept["office"] = {"parties": [NOBODY]}
    try:
        return model.model_validate(kept)
    except ValidationError:
        return None


def _fault(file: Path, lines: dict[tuple[str | int, ...], int], error: Mapping[str, Any]) -> Fault:
    path = tuple(error["loc"])
    remedy = {
        "extra_forbidden": "Remove it, or mend its spelling; docs/operating.md lists every setting.",
        "missing": "Add it.",
    }.get(error["type"], "")
    text = {"extra_forbidden": "There is no such setting.", "missing": "It is missing."}.get(
        error["type"], str(error["msg"]) + "."
    )
    return Fault(file=file, line=line_of(lines, path), setting=".".join(map(str, path)), text=text, remedy=remedy)


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if name.startswith(OVERRIDE):
            *tables, key = name.removeprefix(OVERRIDE).split("__")
            place = values
            for table in tables:
                place = place.setdefault(table, {})
            place[key] = value
