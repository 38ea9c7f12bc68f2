"""The one room that names concrete classes and joins core and edges into a gateway.

- `whole`    a gateway from a home folder, not yet started
- `offices`  partners, our keys, the address book, tolerances
- `smime`    our S/MIME keys, and what was agreed with partners
- `judges`   what judging needs, in the front and in workers
- `edges`    store, channels, registers, case systems, calendars, alert system, routing table
- `door`     who may call the API
- `log`      the published journal, its keys and witnesses
- `built`    collects parts and faults: all that is wrong with the configuration is told at once

Nothing here does I/O beyond reading keys and tables.
"""

from gateway.assembly.built import Built, adapters_of, read_settings
from gateway.assembly.door import api_door
from gateway.assembly.edges import Channels
from gateway.assembly.judges import agreed_days, briefing, formats_of, worker_command, worker_table
from gateway.assembly.keys import key_files
from gateway.assembly.log import log_folder, log_keys
from gateway.assembly.offices import (
    algorithms_in,
    algorithms_of,
    directory_in,
    directory_of,
    partner_of,
    partners_again,
    shelf_of,
    tolerances_of,
)
from gateway.assembly.whole import assemble

__all__ = [
    "Built",
    "Channels",
    "adapters_of",
    "agreed_days",
    "algorithms_in",
    "algorithms_of",
    "api_door",
    "assemble",
    "briefing",
    "directory_in",
    "directory_of",
    "formats_of",
    "key_files",
    "log_folder",
    "log_keys",
    "partner_of",
    "partners_again",
    "read_settings",
    "shelf_of",
    "tolerances_of",
    "worker_command",
    "worker_table",
]
