"""What an office says of the calendar of one state."""

from __future__ import annotations

from datetime import date

from msgspec import Struct


class CalendarSettings(Struct, frozen=True, kw_only=True):
    """The table `[calendars.CODE]` of `spoc.toml`; what is left out is as `zones.csv` says."""

    zone: str = ""
    """IANA name of the legal time, such as `Europe/Copenhagen`."""
    holidays_of: str = ""
    """ISO code of the state whose public holidays count: for a state that the table does not know."""
    days_off: tuple[date, ...] = ()
    """Further days on which the authorities do not work."""
    working_days: tuple[date, ...] = ()
    """Public holidays on which they work all the same."""
