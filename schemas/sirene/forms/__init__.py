"""The SIRENE forms: one module, one format."""
