"""NR-10, the central register of motor vehicles (CRM)."""
