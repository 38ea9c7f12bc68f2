"""Settings of the passport adapter: those of every REST system, and whose passports it holds."""

from adapters.rest.settings import RestSettings


class PassportsSettings(RestSettings, frozen=True, kw_only=True):
    """Where the register is and how we ask it."""

    country: str = ""
    """State whose passports it holds, as two letters: others are then not asked about. Empty asks about all."""
