"""What a drafted reply says in words.

English is on every state's list of languages (Directive (EU) 2023/977 Art. 11), so it is the fallback.
"""

from __future__ import annotations

from typing import Final

FALLBACK: Final = "en"

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "subject": "Reply to your request",
        "opening": "This is our answer to your request.",
        "POPULATION": "population register",
        "VEHICLES": "vehicle register",
        "WANTED_VEHICLES": "register of wanted vehicles",
        "PASSPORTS": "passport register",
        "OTHER": "national registers",
        "FOUND": "The {source} has a record.",
        "CANDIDATE": "The {source} has a record that resembles your data; a person has not yet confirmed it.",
        "NOT_FOUND": "The {source} has no record.",
        "NO_INFORMATION": "No information from the {source} can be given.",
        "stale": "This comes from an earlier copy of the {source}; the time of the copy is given.",
        "no_address": "No address is given.",
        "UNANSWERED": "The {source} did not answer in time.",
        "PARTIAL": "The answer of the {source} is not complete.",
        "PENDING": "The {source} has not finished its search.",
        "TOO_MANY": "The {source} has too many similar records; please give further particulars.",
        "OWNER_CONSENT": "Another office must consent before the {source} can be answered from.",
        "UNATTRIBUTED": "An officer must complete what the {source} says; whom it concerns is not certain.",
        "NOT_ASKED": "Not looked up for everything in your request: {source}.",
        "final": "This answer is complete.",
        "not_final": "This answer is not complete; the parts named above are open.",
        "copy": "Drafted without an assessment; no copy unless an officer decides otherwise.",
        "h0": "Only to prevent and fight crime, within the Europol Regulation and other law (H0 of the provider).",
        "restriction": "The register restricts the use: {codes}.",
    },
    "da": {
        "subject": "Svar på Deres anmodning",
        "opening": "Dette er vores svar på Deres anmodning.",
        "POPULATION": "personregistret",
        "VEHICLES": "køretøjsregistret",
        "WANTED_VEHICLES": "registret over efterlyste køretøjer",
        "PASSPORTS": "pasregistret",
        "OTHER": "nationale registre",
        "FOUND": "Der er en registrering i {source}.",
        "CANDIDATE": "Der er en lignende registrering i {source}; den er endnu ikke bekræftet af en person.",
        "NOT_FOUND": "Der er ingen registrering i {source}.",
        "NO_INFORMATION": "Der kan ikke gives oplysninger fra {source}.",
        "stale": "Oplysningen kommer fra en tidligere kopi af {source}; kopiens tidspunkt er angivet.",
        "no_address": "Der gives ingen adresse.",
        "UNANSWERED": "Der kom ikke svar i tide fra {source}.",
        "PARTIAL": "Svaret fra {source} er ikke fuldstændigt.",
        "PENDING": "Søgningen i {source} er ikke afsluttet.",
        "TOO_MANY": "Der er for mange lignende registreringer i {source}; oplys venligst nærmere.",
        "OWNER_CONSENT": "En anden myndighed skal give samtykke, før der kan svares fra {source}.",
        "UNATTRIBUTED": "En medarbejder skal færdiggøre svaret fra {source}; det er usikkert, hvem det angår.",
        "NOT_ASKED": "Ikke slået op for alt i Deres anmodning: {source}.",
        "final": "Dette svar er fuldstændigt.",
        "not_final": "Dette svar er ikke fuldstændigt; de nævnte dele er åbne.",
        "copy": "Udarbejdet uden vurdering; ingen kopi, medmindre en medarbejder beslutter andet.",
        "h0": "Kun til at forebygge og bekæmpe kriminalitet efter Europol-forordningen og anden ret (H0 fra afgiver).",
        "restriction": "Registret begrænser brugen: {codes}.",
    },
}


def language_for(asked: str) -> str:
    """The language of the reply: that of the request where we have sentences in it, English otherwise."""
    return asked if asked in SENTENCES else FALLBACK
