"""The technical forms: one module, one format."""
