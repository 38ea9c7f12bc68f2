"""National case systems."""
