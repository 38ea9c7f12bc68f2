"""National case systems: each folder hands matters to one of them, exactly once."""
