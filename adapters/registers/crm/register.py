"""Asks CRM about vehicles."""

from functools import partial

from adapters.registers.contract import RegisterContract, RestRegister
from adapters.registers.crm.settings import CrmSettings
from adapters.registers.crm.translate import searches


class CrmRegister(RestRegister):
    """Vehicles by VIN, then by plate."""

    def __init__(self, settings: CrmSettings) -> None:
        ours = partial(searches, country=settings.country)
        super().__init__(
            RegisterContract(name="crm", register_id="NR-10", path="/vehicles/searches", searches=ours), settings
        )


SETTINGS = CrmSettings
ADAPTER = CrmRegister
