"""What the doctor sees of the keys of content: whether the master keys are there, for their owner alone, and all that is needed."""

from __future__ import annotations

from typing import Final, NamedTuple

from config.load import Home
from gateway.assembly.vault import masters_of, vault_of
from gateway.errors import GatewayError, Misconfigured

OK, WARNING, FAULT = "ok", "warning", "fault"
KEEP_SAFE: Final = "Put it back from where it is kept safe. Nothing else opens the content."


class Look(NamedTuple):
    """What was seen, and what to do."""

    state: str
    text: str
    remedy: str = ""


async def vault_looks(home: Home) -> list[Look]:
    """Nothing is made or changed by looking."""
    if home.settings.ledger.get("kind") == "memory":
        return []
    folder = masters_of(home)
    try:
        masters = folder.read()
    except Misconfigured as error:
        return [Look(FAULT, error.operator, "The gateway does not start without it.")]
    try:
        vault = vault_of(home)
        if vault.name == "files" and not (home.data / home.settings.vault.folder).is_dir():
            return [Look(OK, f"{folder.folder} holds the master key {masters.newest}; no content is sealed yet.")]
        await vault.start()
        try:
            counts = await vault.masters()
        finally:
            await vault.stop()
    except GatewayError as error:
        return [Look(FAULT, error.operator, "No message can be kept without it.")]
    looks = [
        Look(FAULT, f"{count} keys are under the master key {name}, which is missing.", KEEP_SAFE)
        for name, count in counts.items() if name not in masters
    ]  # fmt: skip
    older = [name for name in masters.names if name != masters.newest]
    if older:
        left = sum(counts.get(name, 0) for name in older)
        words = f"{len(older)} older master keys are there, with {left} keys under them."
        looks.append(
            Look(
                WARNING,
                words,
                "Once none is under them: spoc vault retire MASTER, so that old copies become worthless.",
            )
        )
    return looks or [Look(OK, f"All {sum(counts.values())} keys are under the master key {masters.newest}.")]
