"""Settings of the CRM adapter: those of every REST system, and whose vehicles it holds."""

from adapters.rest.settings import RestSettings


class CrmSettings(RestSettings, frozen=True, kw_only=True):
    """Where CRM is and how we ask it."""

    country: str = ""
    """State whose vehicles it holds, as two letters: others are then not asked about. Empty asks about all."""
