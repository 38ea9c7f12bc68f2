"""Benchmarks: programs that drive the running gateway and print figures. Nothing shipped imports them; README.md has the last table."""
