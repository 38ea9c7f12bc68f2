"""The home folder as the commands see it: found, read, or reported missing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gateway.commands.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from config.load import Home


def folder(terminal: Terminal) -> Path:
    """Where the home folder is or would be."""
    from config.load import home_folder

    return home_folder(terminal.home_option)


def read(terminal: Terminal) -> Home:
    """The home folder; raises `ConfigurationFaults` with everything that is wrong."""
    from config.load import load

    return load(folder(terminal))


def survey(terminal: Terminal) -> Home:
    """The home folder with its faults, for what collects all faults before it says anything."""
    from config.load import survey as look

    return look(folder(terminal))


def read_if_there(terminal: Terminal) -> Home | None:
    """The home folder, or None where nobody named one and there is none: some commands work without."""
    from config.load import HOME_VARIABLE, SETTINGS_FILE

    named = terminal.home_option is not None or bool(os.environ.get(HOME_VARIABLE))
    if not named and not (folder(terminal) / SETTINGS_FILE).is_file():
        return None
    return read(terminal)
