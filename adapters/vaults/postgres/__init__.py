"""The vault in a PostgreSQL database of its own: several gateways on several machines share it."""
