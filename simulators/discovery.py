"""Finding simulators by their place.

The one idea: a module in one of `FOLDERS` that exposes `SIMULATOR` is a
simulator; its name is the module's name with dashes. Asking for one by name imports that module only.
"""

from importlib import import_module, resources

from simulators.declaration import Simulator

FOLDERS = ("registers", "casesystems", "alertsystems", "counterparts", "witnesses", "timestamps")


class SimulatorUnknown(Exception):
    """No module of that name, or one without a declaration."""


def names() -> dict[str, str]:
    """Name -> module path of every candidate, without importing any."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        room = resources.files("simulators").joinpath(folder)
        if not room.is_dir():
            continue
        for entry in sorted(room.iterdir(), key=lambda each: each.name):
            stem, _, extension = entry.name.rpartition(".")
            if extension == "py" and not stem.startswith("_"):
                found[stem.replace("_", "-")] = f"simulators.{folder}.{stem}"
    return found


def find(name: str) -> Simulator:
    """The simulator of this name; underscores are as good as dashes."""
    plain = name.replace("_", "-")
    path = names().get(plain)
    declared = getattr(import_module(path), "SIMULATOR", None) if path else None
    if not isinstance(declared, Simulator):
        raise SimulatorUnknown(f"no simulator is named {name!r}; known are {', '.join(sorted(all_names()))}")
    if declared.name != plain:
        raise SimulatorUnknown(f"{path} declares the name {declared.name!r}; it must be {plain!r}")
    return declared


def find_all() -> list[Simulator]:
    return [find(name) for name in all_names()]


def all_names() -> list[str]:
    """The names of the modules that declare a simulator; others in these folders are their parts."""
    return [name for name, path in names().items() if hasattr(import_module(path), "SIMULATOR")]
