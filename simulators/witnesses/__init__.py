"""Those who watch the published logs of gateways."""
