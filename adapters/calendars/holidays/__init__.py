"""Public holidays from the library `holidays`, zones from a table, days off of an office from its settings."""
