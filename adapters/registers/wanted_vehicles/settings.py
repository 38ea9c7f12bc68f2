"""Settings of the adapter to the register of wanted vehicles: those of every REST system."""

from adapters.rest.settings import RestSettings


class WantedVehiclesSettings(RestSettings, frozen=True, kw_only=True):
    """Where the register is and how we ask it."""
