"""Ways to those who countersign the published journal."""
