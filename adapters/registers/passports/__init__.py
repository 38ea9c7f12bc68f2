"""NR-09, the central passport register."""
