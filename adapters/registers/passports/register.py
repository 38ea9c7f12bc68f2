"""Asks the passport register about passports and their holders."""

from functools import partial

from adapters.registers.contract import RegisterContract, RestRegister
from adapters.registers.passports.settings import PassportsSettings
from adapters.registers.passports.translate import searches


class PassportsRegister(RestRegister):
    """Passports by number; those of a person by CPR number, or by name and date of birth."""

    def __init__(self, settings: PassportsSettings) -> None:
        ours = partial(searches, country=settings.country)
        super().__init__(
            RegisterContract(name="passports", register_id="NR-09", path="/passports/searches", searches=ours), settings
        )


SETTINGS = PassportsSettings
ADAPTER = PassportsRegister
