"""signxml writes whole documents into its log at level debug; personal data must not get there.

The level is set on the library's own logger, so that no setting of the logs above it can open it by accident.
"""

import logging


def keep_content_out_of_logs() -> None:
    """Silence the logger that would write what is signed."""
    logging.getLogger("signxml.processor").setLevel(logging.INFO)
