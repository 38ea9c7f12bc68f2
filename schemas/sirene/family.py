"""What the core asks of the SIRENE family."""

from typing import Final

from gateway.families import Family
from gateway.findings import Finding, Severity
from schemas.sirene import dialogues
from schemas.sirene.alerts.law import ALERT_LAW
from schemas.sirene.concerned import kept_from_form
from schemas.sirene.continuation import continued
from schemas.sirene.field_numbers import EVERY_FORM, field_name
from schemas.sirene.figures import figures
from schemas.sirene.rules.stories import STORY_RULES

SUBJECTS: Final = ("Person", "Vehicle", "Aircraft", "Document", "Firearm", "Banknote", "OtherObject")
CARRIED: Final = (("SchengenId",), ("AlertArticle",), SUBJECTS)
REUSED_REFERENCE: Final = Finding(
    rule="R03", severity=Severity.ERROR, field="002", label=field_name(EVERY_FORM, "002"), citation="RO Orders 212/2010 and 58/2024, field 002",
    text="The reference in 002 stands on an earlier message with other content.",
    remedy="Send the form again with a reference of its own in 002.",
)  # fmt: skip
FAMILY: Final = Family(
    name="sirene", channel_origin="SIRENE", legal_basis="LG-SIS-1862", kept_from=kept_from_form, alerts=ALERT_LAW, figures=figures,
    charts=dialogues.charts(), clocks=dialogues.clocks(), shared_fact="schengen_id", story_rules=STORY_RULES, reused_reference=REUSED_REFERENCE,
    continued=continued, carried=CARRIED, binding=frozenset({"R04", "R36", "R41", "R42", "R54"}),
)  # fmt: skip
"""Forms between bureaux carry no handling codes of their own: one that appears all the same needs an officer."""
