"""What the core asks of the technical family."""

from typing import Final

from gateway.families import Family

FAMILY: Final = Family(name="spoc", technical=True)
"""Receipts are never answered and carry nothing that a condition could protect."""
