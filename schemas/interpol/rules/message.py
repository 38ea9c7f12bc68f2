"""What every INTERPOL message must have, whatever it is about."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from schemas.interpol import conditions
from schemas.interpol.vocabulary import (
    ALL_BUREAUS,
    GROUP_ROLE,
    LANGUAGES,
    LEVELS,
    MAX_ATTACHMENTS_OCTETS,
    MEDIA_TYPES,
    PURPOSES,
    ROLES_NEVER_CARRIED,
    SENDER_ROLES,
)

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
OLDEST_OUTGOING: Final = timedelta(days=7)
_CONTACTS: Final = ("Originator", "User")


def _is_complete(form: Form, _: Occasion) -> Iterable[Problem]:
    if not form.header.language:
        yield "Header/Language", "The message does not say in which language it is written."


def _sender_is_an_office(form: Form, occasion: Occasion) -> Iterable[Problem]:
    sender = form.header.sender
    if sender.partition(":")[0] not in SENDER_ROLES:
        yield "The sender is not a national central bureau, the General Secretariat or the Commission."
    elif not occasion.inbound and sender not in occasion.own_parties:
        yield "The sender of an outgoing message is not one of our own offices."


def _time_is_plausible(form: Form, occasion: Occasion) -> Iterable[Problem]:
    if form.header.sent > occasion.now + CLOCK_TOLERANCE:
        yield "The time of sending lies more than five minutes in the future."
    elif not occasion.inbound and form.header.sent < occasion.now - OLDEST_OUTGOING:
        yield "The time of sending of an outgoing message is more than seven days ago."


def is_reply(form: Form) -> bool:
    """Whether the message answers one: the answer forms, and free messages that hold answers."""
    return form.format.partition("@")[0].endswith("Answer") or bool(form.named("Answer"))


def _reply_names_the_question(form: Form, _: Occasion) -> Iterable[Problem]:
    if is_reply(form) and not form.header.your_references and not form.header.in_reply_to:
        yield "The message answers another one and does not say which."


def audience(form: Form, occasion: Occasion) -> tuple[str, ...]:
    """Everybody who is to have the message, a diffusion's audience included; groups that can be expanded are."""
    named = (*form.header.to, *form.header.info, *(field.value for field in form.named("Audience")))
    bureaus = sorted(party for party in occasion.known_parties if party.startswith("ncb:"))
    expanded = (bureaus if party == ALL_BUREAUS else [party] for party in dict.fromkeys(named))
    return tuple(dict.fromkeys(party for parties in expanded for party in parties))


def _recipients_are_known(form: Form, occasion: Occasion) -> Iterable[Problem]:
    addressed = (*form.header.to, *form.header.info, *(field.value for field in form.named("Audience")))
    if ALL_BUREAUS in addressed and not any(party.startswith("ncb:") for party in occasion.known_parties):
        yield "Header/To", "The group has no members."
    if occasion.inbound:
        # An incoming message may go to offices that only its sender knows; one of the addressees must be us.
        if not occasion.own_parties & set(addressed) and not any(_is_group(party) for party in addressed):
            yield "Header/To", "The message is addressed to none of our offices."
        return
    known = occasion.known_parties | occasion.own_parties | {ALL_BUREAUS}
    if any(party not in known for party in addressed):
        yield "Header/To", "A recipient is not in the directory, or is a group that cannot be expanded."


def _is_group(party: str) -> bool:
    return party.partition(":")[0] == GROUP_ROLE


def _nobody_is_shut_out(form: Form, occasion: Occasion) -> Iterable[Problem]:
    for condition in form.header.handling:
        if condition.code not in (conditions.EXCLUDE, conditions.ONLY):
            continue
        named = conditions.countries(condition)
        if named is None:
            yield f"The condition {condition.code} does not hold a list of country codes, so it shuts everybody out."
        elif conditions.shuts_out(condition, form.header.sender):
            yield f"The condition {condition.code} shuts out the sender, so that no answer could be given."
        elif any(conditions.shuts_out(condition, party) for party in audience(form, occasion) if not _is_group(party)):
            yield f"The condition {condition.code} shuts out an office that the message is addressed to."
        elif condition.code == conditions.ONLY and any(map(_is_group, audience(form, occasion))):
            yield "The condition C7-ONLY does not go together with a group of recipients that cannot be expanded."


def _level_is_stated(form: Form, occasion: Occasion) -> Iterable[Problem]:
    stated = conditions.levels(form.header)
    if not occasion.inbound and not stated:
        yield "The outgoing message states no confidentiality level."
    elif len(set(stated)) > 1:
        yield "The message states several confidentiality levels."


def _level_is_assumed(form: Form, occasion: Occasion) -> Iterable[Problem]:
    if occasion.inbound and not conditions.levels(form.header):
        yield f"The message states no confidentiality level; it is treated as {LEVELS[0]}."


def _purpose_is_listed(form: Form, _: Occasion) -> Iterable[Problem]:
    if not form.header.purposes:
        yield "The message states no purpose."
    if any(purpose not in PURPOSES for purpose in form.header.purposes):
        yield "A purpose is not in the list P1 to P9."
    for condition in form.header.handling:
        if condition.code == conditions.PURPOSE and condition.text.strip() not in PURPOSES:
            yield "Header/Handling", "The condition C8-PURPOSE does not name a purpose of the list P1 to P9."


def _language_is_a_working_one(form: Form, _: Occasion) -> Iterable[Problem]:
    language = form.header.language
    if language and language not in LANGUAGES and not form.value("LanguageReason"):
        yield "The language is not Arabic, English, French or Spanish, and no reason is given."


def _attachments_fit(form: Form, _: Occasion) -> Iterable[Problem]:
    if sum(entry.size for entry in form.header.attachments) > MAX_ATTACHMENTS_OCTETS:
        yield f"The attachments together are larger than {MAX_ATTACHMENTS_OCTETS} octets."


def _attachments_are_of_known_types(form: Form, _: Occasion) -> Iterable[Problem]:
    if any(entry.media_type not in MEDIA_TYPES for entry in form.header.attachments):
        yield "An attachment is of a media type that is not taken."


def _deadline_is_readable(form: Form, _: Occasion) -> Iterable[Problem]:
    for condition in form.header.handling:
        if condition.code == conditions.DESTROY_BY and conditions.day(condition.text) is None:
            yield "The condition C9-DESTROY-BY does not hold a date."


def _no_forbidden_images(form: Form, _: Occasion) -> Iterable[Problem]:
    if any(entry.role.upper() in ROLES_NEVER_CARRIED for entry in form.header.attachments):
        yield "An attachment announces child-abuse images, which are never carried here."


def _urgent_names_a_contact(form: Form, _: Occasion) -> Iterable[Problem]:
    # An answer asks for nothing, and an automatic one has no duty officer; questions and alerts need somebody to call.
    contacts = [field for name in _CONTACTS for field in form.named(name)]
    if form.header.urgency != "NORMAL" and not is_reply(form) and not any(field.text("Phone") for field in contacts):
        yield "The message is urgent and names no duty officer with a telephone number."


def _conditions_are_known(form: Form, _: Occasion) -> Iterable[Problem]:
    if not all(map(conditions.is_known, form.header.handling)):
        yield "A handling code is not in the list of the family, so nobody can say what it allows."


def _reply_time_follows(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.header.reply_by and form.header.reply_by <= form.header.sent:
        yield "The answer is asked for before the message was sent; the default time applies."


MESSAGE_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPV-001",
        severity=Severity.ERROR,
        check=_is_complete,
        text="Every message states its language.",
        citation="IPV-001, message layout 1.5",
        confidence="proposal",
        remedy="Write the language of the free text, for example en.",
    ),
    Rule(
        id="IPV-002",
        severity=Severity.ERROR,
        check=_sender_is_an_office,
        field="Header/From",
        text="Messages are sent by national central bureaus and bodies of INTERPOL.",
        citation="IPV-002, roles 1.1",
        confidence="verified",
        remedy="Send the message through the national central bureau, for example ncb:XB.",
    ),
    Rule(
        id="IPV-003",
        severity=Severity.ERROR,
        check=_time_is_plausible,
        field="Header/Sent",
        text="The time of sending is not in the future, and new outgoing messages are fresh.",
        citation="IPV-003",
        confidence="proposal",
        remedy="Set the clock by a time server and send the message with its true time.",
    ),
    Rule(
        id="IPV-005",
        check=_reply_names_the_question,
        severity=Severity.WARNING,
        field="Header/InReplyTo",
        text="A reply names the message that it answers.",
        citation="IPV-005, message layout 1.5",
        confidence="unverified",
        remedy="Write InReplyTo or YourReference.",
    ),
    Rule(
        id="IPV-006",
        severity=Severity.ERROR,
        check=_recipients_are_known,
        text="Every recipient is known, and a group has members.",
        citation="IPV-006, addressing 1.4",
        confidence="proposal",
        remedy="Address offices of the directory, for example ncb:XA.",
    ),
    Rule(
        id="IPV-007",
        severity=Severity.ERROR,
        check=_nobody_is_shut_out,
        field="Header/Handling",
        text="No recipient is shut out by C6-EXCLUDE or C7-ONLY.",
        citation="IPV-007, RPD 58-59 and 66",
        confidence="unverified",
        remedy="Write country codes parted by commas, and address only countries that may see the message.",
    ),
    Rule(
        id="IPV-009",
        severity=Severity.ERROR,
        check=_level_is_stated,
        field="Header/Handling",
        text="Outgoing messages state exactly one confidentiality level.",
        citation="IPV-009, RPD 112-114",
        confidence="unverified",
        remedy=f"Write one of {', '.join(LEVELS)} as handling code.",
    ),
    Rule(
        id="IPV-009-IN",
        check=_level_is_assumed,
        severity=Severity.WARNING,
        field="Header/Handling",
        text="A message without a confidentiality level is for official use only.",
        citation="IPV-009, RPD 112-114",
        confidence="unverified",
        remedy=f"Write one of {', '.join(LEVELS)} as handling code.",
    ),
    Rule(
        id="IPV-010",
        severity=Severity.ERROR,
        check=_purpose_is_listed,
        field="Header/Purpose",
        text="Every message states a purpose of the list P1 to P9.",
        citation="IPV-010, RPD 10",
        confidence="unverified",
        remedy="Write at least one purpose, for example P7.",
    ),
    Rule(
        id="IPV-044",
        severity=Severity.ERROR,
        check=_language_is_a_working_one,
        field="Header/Language",
        text="Messages are in Arabic, English, French or Spanish, or say why not.",
        citation="IPV-044, working languages 1.6",
        confidence="secondary",
        remedy="Send a translation, or write LanguageReason.",
    ),
    Rule(
        id="IPV-045",
        severity=Severity.ERROR,
        check=_attachments_fit,
        field="Header/Attachment",
        text="All attachments together stay under the limit of the channel.",
        citation="IPV-045",
        confidence="proposal",
        remedy="Send fewer or smaller files, or several messages.",
    ),
    Rule(
        id="IPV-046",
        severity=Severity.ERROR,
        check=_attachments_are_of_known_types,
        field="Header/Attachment",
        text="Attachments are of the types that are taken.",
        citation="IPV-046",
        confidence="proposal",
        remedy=f"Send files of the types {', '.join(sorted(MEDIA_TYPES))}.",
    ),
    Rule(
        id="IPV-052",
        severity=Severity.ERROR,
        check=_deadline_is_readable,
        field="Header/Handling",
        text="A date of deletion can be read.",
        citation="IPV-052, RPD 10 and 49-53",
        confidence="unverified",
        remedy="Write the date as the text of C9-DESTROY-BY, for example 2031-01-31.",
    ),
    Rule(
        id="IPV-055",
        severity=Severity.ERROR,
        check=_no_forbidden_images,
        field="Header/Attachment",
        text="Child-abuse images are never attached, and their database is never queried here.",
        citation="IPV-055, databases 3.3",
        confidence="secondary",
        remedy="Use the access of certified users to the image database.",
    ),
    Rule(
        id="IPV-056",
        check=_urgent_names_a_contact,
        severity=Severity.WARNING,
        text="Urgent messages name a duty officer with a telephone number.",
        citation="IPV-056, message layout 1.5",
        confidence="unverified",
        remedy="Write Phone in the contact of the message.",
    ),
    Rule(
        id="IPX-001",
        check=_conditions_are_known,
        severity=Severity.HOLD,
        field="Header/Handling",
        text="Handling codes are of the list of the family.",
        citation="Conditions of use 1.9",
        confidence="proposal",
        remedy="Use the codes C0-TEXT to C9-DESTROY-BY; say other conditions in the text of C0-TEXT.",
    ),
    Rule(
        id="IPX-002",
        check=_reply_time_follows,
        severity=Severity.WARNING,
        field="Header/ReplyBy",
        text="ReplyBy is later than Sent.",
        citation="Urgency 1.7, header 9.1",
        confidence="proposal",
        remedy="Write a time after Sent, or leave ReplyBy out.",
    ),
)
