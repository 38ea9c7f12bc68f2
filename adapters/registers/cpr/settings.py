"""Settings of the CPR adapter: those of every REST system."""

from adapters.rest.settings import RestSettings


class CprSettings(RestSettings, frozen=True, kw_only=True):
    """Where CPR is and how we ask it."""
