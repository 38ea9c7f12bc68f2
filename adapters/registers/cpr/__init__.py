"""NR-01, the civil register of persons (CPR)."""
