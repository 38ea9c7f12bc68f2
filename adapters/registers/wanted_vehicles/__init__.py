"""NR-12, the police register of wanted vehicles."""
