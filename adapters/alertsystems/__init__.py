"""Adapters to alert systems, one folder each, found by their `manifest.toml`."""
