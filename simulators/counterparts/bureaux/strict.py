"""What a strict bureau refuses although it is a warning only: read from `strict.toml`.

The one idea: a demand is a row of data about fields that can be looked up by their path; nothing here knows a form.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

HEADER = "Header/"
_HEADER_FACTS = {"To": "to", "ReplyBy": "reply_by", "Urgency": "urgency", "Subject": "subject"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    rule: str
    letters: str
    wants: str
    text: str
    matches: str = r"\S"
    at_most: int = 0  # 0: any number
    where: Mapping[str, str] = field(default_factory=dict)

    def is_met(self, message: Mapping[str, Any]) -> bool:
        texts = texts_of(message, self.wants)
        fit = bool(texts) and all(re.search(self.matches, each) for each in texts)
        return fit and (self.at_most == 0 or len(texts) <= self.at_most)


@cache
def all_demands() -> tuple[Demand, ...]:
    rows = tomllib.loads(resources.files(__package__).joinpath("strict.toml").read_text("utf-8"))
    return tuple(Demand(**row) for row in rows["demand"])


def unmet(message: Mapping[str, Any]) -> Iterator[Demand]:
    """The demands that this message, as the mailbag knows it, does not meet."""
    letter = letter_of(message)
    for demand in all_demands():
        if letter and letter in demand.letters and fits(message, demand.where) and not demand.is_met(message):
            yield demand


def letter_of(message: Mapping[str, Any]) -> str:
    """G of a form G; empty for what is no form of the family."""
    root = str(message["root"])
    return root[4:] if message.get("family") == "sirene" and root.startswith("Form") else ""


def fits(message: Mapping[str, Any], where: Mapping[str, str]) -> bool:
    """Whether in each field some text matches."""
    return all(
        any(re.search(pattern, text, re.IGNORECASE) for text in texts_of(message, path))
        for path, pattern in where.items()
    )


def texts_of(message: Mapping[str, Any], path: str) -> Sequence[str]:
    if not path.startswith(HEADER):
        return list(message["body"].get(path, ()))
    found = message[_HEADER_FACTS[path.removeprefix(HEADER)]]
    return [each for each in (found if isinstance(found, list) else [found]) if each]
