"""Asks the register of wanted vehicles."""

from adapters.registers.contract import RegisterContract, RestRegister
from adapters.registers.wanted_vehicles.settings import WantedVehiclesSettings
from adapters.registers.wanted_vehicles.translate import searches

CONTRACT = RegisterContract(
    name="wanted_vehicles",
    register_id="NR-12",
    path="/wanted-vehicles/searches",
    searches=searches,
    every_search=True,
)


class WantedVehiclesRegister(RestRegister):
    """Vehicles and plates that are wanted, by VIN and by plate."""

    def __init__(self, settings: WantedVehiclesSettings) -> None:
        super().__init__(CONTRACT, settings)


SETTINGS = WantedVehiclesSettings
ADAPTER = WantedVehiclesRegister
