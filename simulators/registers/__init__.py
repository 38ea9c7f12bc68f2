"""National registers, each after its contract in the proposed REST interface; `seeds/` holds fictitious records."""
