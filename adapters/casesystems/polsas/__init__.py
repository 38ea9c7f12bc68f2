"""CA-02, the case system of the police (POLSAS)."""
