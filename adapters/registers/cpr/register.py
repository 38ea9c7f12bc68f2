"""Asks CPR about persons."""

from adapters.registers.contract import RegisterContract, RestRegister
from adapters.registers.cpr.settings import CprSettings
from adapters.registers.cpr.translate import new_record, searches

CONTRACT = RegisterContract(
    name="cpr", register_id="NR-01", path="/cpr/searches", searches=searches, new_reference=new_record,
    name_fields=("names", "previousNames"),
)  # fmt: skip


class CprRegister(RestRegister):
    """Persons by number, or by name and date of birth."""

    def __init__(self, settings: CprSettings) -> None:
        super().__init__(CONTRACT, settings)


SETTINGS = CprSettings
ADAPTER = CprRegister
