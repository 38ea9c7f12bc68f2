"""The INTERPOL forms: one module, one format."""
