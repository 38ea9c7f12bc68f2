"""Settings of the POLSAS adapter: those of every REST system, and how we ask for a case of ours."""

from adapters.rest.settings import RestSettings


class PolsasSettings(RestSettings, frozen=True, kw_only=True):
    """Where POLSAS is and how we write to it."""

    office: str = "SPOC"
    """On whose behalf we look for a case that we opened ourselves."""
    proof_legal_basis: str = "LG-01"
    """Legal basis of that search, as reference number of the dossier: the Law Enforcement Act."""
