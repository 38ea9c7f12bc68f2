"""Ways to those who say when the published journal stood where it stands."""
