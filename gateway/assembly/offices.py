"""Who there is: partners and our own keys, the address book, the table of tolerances."""

from __future__ import annotations

from datetime import datetime

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from config import settings as files
from config.agreements import partner_faults
from config.algorithms import algorithm_file, read_algorithms
from config.faults import ConfigurationFaults, Fault
from config.load import PARTNERS_FILE, Home, load
from config.tolerances import Known as KnownToTolerances
from config.tolerances import read_tolerances, tolerance_file
from gateway.addressbook.shelf import Shelf
from gateway.assembly.built import Built, adapters_of
from gateway.assembly.smime import smime_policy
from gateway.errors import Misconfigured
from gateway.partners import Directory, MailLeg, Partner, QueueLeg, SignaturePolicy
from gateway.ports import Formats
from gateway.signing.algorithms import AlgorithmPolicy, Row, known
from gateway.signing.verify import StrictVerifier
from gateway.tolerances import Tolerance, Tolerances
from schemas.address_book import reading as address_book


def directory_of(partners: files.Partners) -> Directory:
    """The partner file as a directory; raises `ValueError` for a certificate that cannot be read."""
    return Directory(partner_of(partner) for partner in partners.partner)


def partner_of(partner: files.Partner) -> Partner:
    """One partner of the file in the core's words."""
    mail, queue = partner.mail, partner.queue
    return Partner(
        party=partner.party, name=partner.name, addresses=partner.addresses, domains=partner.domains,
        urgent_address=partner.urgent_address, channel=partner.channel, receipts=partner.receipts,
        numbers=partner.numbers, sheets=partner.sheets, languages=partner.languages,
        max_message_octets=partner.max_message_octets, retry_hours=partner.retry_hours, test_only=partner.test_only,
        versions=partner.versions, smime=smime_policy(partner), receipt_stages=partner.receipt_stages,
        receipt_hours=partner.receipt_hours, urgent_receipt_hours=partner.urgent_receipt_hours,
        signature=SignaturePolicy(
            anchors=certificates_in(partner.anchors_pem), signers=partner.signers,
            plain_xmldsig=partner.plain_xmldsig, weak_rsa_until=partner.weak_rsa_until,
            revocation=partner.revocation, crl=partner.crl, ocsp=partner.ocsp,
        ),
        mail=MailLeg(
            host=mail.host, port=mail.port, starttls=mail.starttls, ca=certificates_in(mail.ca_pem),
            client_certificate=mail.client_certificate, client_certificates=mail.client_certificates,
            max_connections=mail.max_connections, messages_per_hour=mail.messages_per_hour,
        ) if mail else None,
        queue=QueueLeg(exchange=queue.exchange, routing_key=queue.routing_key) if queue else None,
    )  # fmt: skip


def certificates_in(pems: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(
        certificate.public_bytes(Encoding.DER)
        for pem in pems
        for certificate in x509.load_pem_x509_certificates(pem.encode())
    )


def directory_in(built: Built) -> Directory:
    built.faults += partner_faults(built.home, adapters_of("channels"))
    try:
        return directory_of(built.home.partners)
    except ValueError as error:
        built.faults.append(
            Fault(file=built.home.folder / "partners.toml", line=1, setting="partner", text=f"{error}.")
        )
        return Directory()


def shelf_of(home: Home) -> Shelf | None:
    """Where the address book is kept and whose signature on it is believed; None where the settings name no publisher.

    Raises `Misconfigured` for anchors that cannot be read.
    """
    settings = home.settings.address_book
    if settings is None:
        return None
    anchors_file = home.folder / settings.anchors_file
    try:
        anchors = certificates_in((anchors_file.read_text("ascii"),))
    except (OSError, ValueError) as error:
        raise Misconfigured(
            "address-book.anchors", "The publisher of the address book cannot be verified.",
            operator=f"{anchors_file} holds no certificates in PEM: {error}.",
        ) from error  # fmt: skip
    publisher = Partner(
        party="book:PUBLISHER", name="Publisher of the address book",
        signature=SignaturePolicy(anchors=anchors, signers=settings.signers),
    )  # fmt: skip
    verifier = StrictVerifier(algorithms_of(home)[0])
    return Shelf(
        home.folder / settings.file, lambda document, now: address_book.read(document, publisher, verifier, now)
    )


def use_book(built: Built, directory: Directory, now: datetime) -> None:
    shelf = built.attempt(("address_book", "anchors_file"), lambda: shelf_of(built.home))
    if shelf is not None:
        directory.book = built.attempt(("address_book", "file"), lambda: shelf.in_force(now))


def tolerances_of(home: Home, directory: Directory, formats: Formats) -> tuple[Tolerances, list[Fault]]:
    """The table of tolerances, and what is wrong with it."""
    severities = {rule.id: str(rule.severity) for spec in formats for rule in spec.rules}
    binding = {rule for spec in formats for rule in formats.family(spec.id).binding}
    known = KnownToTolerances(partners=directory.parties, severities=severities, binding=binding)
    rows, faults = read_tolerances(tolerance_file(home.folder), known)
    return Tolerances(msgspec.convert(row.model_dump(), Tolerance) for row in rows), faults


def use_tolerances(built: Built, directory: Directory, formats: Formats) -> None:
    directory.tolerances, faults = tolerances_of(built.home, directory, formats)
    built.faults += faults


def algorithms_of(home: Home) -> tuple[AlgorithmPolicy, list[Fault]]:
    """The table of algorithms in force, and what is wrong with it."""
    rows, faults = read_algorithms(algorithm_file(home.folder), list(known()))
    return AlgorithmPolicy(rows=tuple(Row(kind=kind, **row.model_dump()) for kind, row in rows)), faults


def algorithms_in(built: Built) -> AlgorithmPolicy:
    """The same, with the faults noted."""
    policy, faults = algorithms_of(built.home)
    built.faults += faults
    return policy


def partners_again(home: Home) -> list[Partner]:
    """The partner file as it stands now; raises `Misconfigured` with everything that is wrong. One that is not there would
    remove every partner, and is more likely being written just now.
    """
    if not (home.folder / PARTNERS_FILE).is_file():
        raise Misconfigured("partners.invalid", f"There is no {PARTNERS_FILE} now; nothing was changed.")
    try:
        built = Built(load(home.folder))
        directory = directory_in(built)
        built.finish()
        return list(directory)
    except ConfigurationFaults as error:
        raise Misconfigured(
            "partners.invalid", f"The configuration cannot be read again; nothing was changed. {error}"
        ) from error
