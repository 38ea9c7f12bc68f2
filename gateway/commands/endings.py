"""How a command ends: exit codes that scripts can rely on (those above 63 are the codes of sysexits.h), and the error that carries one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

DONE: Final = 0
FINDINGS: Final = 1
"""The command worked, and what it looked at is not in order."""
USAGE: Final = 2
REFUSED: Final = 65
NOT_FOUND: Final = 66
NOT_RUNNING: Final = 69
OUR_FAULT: Final = 70
CANNOT_WRITE: Final = 73
NOT_YET: Final = 75
"""What was waited for has not happened in time; it may still happen."""
NOT_ALLOWED: Final = 77
CONFIGURATION: Final = 78


class Ending(Exception):
    """A command cannot do what it was asked: the exit code, a stable code, what is wrong, and what to do about it."""

    def __init__(
        self, exit_code: int, code: str, text: str, remedy: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(text)
        self.exit_code, self.code, self.text, self.remedy = exit_code, code, text, remedy
        self.details = dict(details or {})

    def document(self) -> dict[str, Any]:
        """The ending for a program."""
        return {
            "error": {
                "code": self.code,
                "text": self.text,
                "remedy": self.remedy,
                "exit_code": self.exit_code,
                **self.details,
            }
        }
