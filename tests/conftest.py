"""What every test may ask for. Fixtures live beside what they set up and are only named here."""

pytest_plugins = ["tests.contracts.store_fixtures", "tests.services.fixtures"]
