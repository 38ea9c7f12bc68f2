"""The offices we exchange messages with, and what we have agreed with each.

The directory's content is replaced as a whole when the partner file changes; nobody edits one partner in place.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from string import ascii_lowercase, ascii_uppercase
from types import MappingProxyType

from msgspec import Struct

from gateway.addressbook.book import Book
from gateway.identity import Digest, PartyId
from gateway.signing.revocation import RevocationBook
from gateway.tolerances import Tolerances

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def without_case(address: str) -> str:
    """A mail address or domain for comparing: the case of ASCII letters alone is levelled. `str.lower` would also make a
    plain k of the Kelvin sign, and another's address of ours.
    """
    return address.translate(_LOWER)


class SignaturePolicy(Struct, frozen=True, kw_only=True):
    """What signatures of this partner must look like."""

    anchors: tuple[bytes, ...]
    """DER certificates; the signer must chain to one of them. No anchor, no verification: an empty list refuses
    everything.
    """
    signers: tuple[str, ...]
    """Common names (X.509 subject CN) that may sign for the partner. Empty refuses everything."""
    plain_xmldsig: bool = False
    """Whether XML-DSig without the XAdES properties is accepted."""
    weak_rsa_until: date | None = None
    """Until when RSA keys of 2048 bits are tolerated; None for never."""
    revocation: str = "none"
    """Whether its authority must be heard: `none`, `soft` (without an answer a message goes on, and that is noted) or
    `hard` (it waits).
    """
    crl: tuple[str, ...] = ()
    """Where lists of revoked certificates are: addresses, or files below the home folder."""
    ocsp: str = ""
    """Where the responder is."""


class SmimePolicy(Struct, frozen=True, kw_only=True):
    """What was agreed about S/MIME around mails. It comes beside the signature inside the form, never instead of it."""

    mode: str = "none"
    """How our mails go out: `none`, `signed`, `encrypted` or `signed-encrypted`."""
    required: bool = False
    """Whether mails from the partner must have all that the mode names."""
    certificate: bytes = b""
    """DER; what we encrypt for."""
    signers: tuple[str, ...] = ()
    """Common names of its S/MIME certificates; empty for the same as in the signature policy."""

    @property
    def layers(self) -> frozenset[str]:
        """What the mode names: `signed`, `encrypted`."""
        return frozenset() if self.mode == "none" else frozenset(self.mode.split("-"))


class MailLeg(Struct, frozen=True, kw_only=True):
    """How mail goes to and comes from the partner."""

    host: str
    port: int = 25
    starttls: str = "required"
    """Outbound: `required` (verified against `ca`), or `never` for loopback tests."""
    ca: tuple[bytes, ...] = ()
    """DER certificates that the partner's mail server must chain to."""
    client_certificate: str = "optional"
    """Inbound: `optional` or `required`."""
    client_certificates: tuple[Digest, ...] = ()
    """SHA-256 of the client certificates that the partner may show; empty for any that chains to `ca`."""
    max_connections: int = 4
    messages_per_hour: int = 3600


class QueueLeg(Struct, frozen=True, kw_only=True):
    """How messages go to the partner over the broker."""

    exchange: str = ""
    routing_key: str = ""


class Partner(Struct, frozen=True, kw_only=True):
    """One office."""

    party: PartyId
    name: str
    signature: SignaturePolicy
    addresses: tuple[str, ...] = ()
    """Mail addresses it writes from and reads; the first is where we write to."""
    domains: tuple[str, ...] = ()
    """Mail domains that are the partner's own: any sender there is the partner."""
    urgent_address: str = ""
    channel: str = "smtp"
    """The outbound channel used for it."""
    mail: MailLeg | None = None
    queue: QueueLeg | None = None
    smime: SmimePolicy = SmimePolicy()
    receipts: bool = True
    """Whether the partner understands our technical receipts, and sends its own."""
    receipt_stages: tuple[str, ...] = ("RECEIVED", "VALID", "INVALID")
    """Which stages it wants to be told."""
    receipt_hours: int = 24
    """Within how many hours its receipt for a message of ours must be here."""
    urgent_receipt_hours: int = 1
    """The same for an urgent message."""
    languages: tuple[str, ...] = ("en",)
    max_message_octets: int = 10_000_000
    retry_hours: int = 72
    test_only: bool = False
    numbers: bool = False
    """Whether our messages to it carry running numbers."""
    sheets: bool = False
    """Whether it gets a sheet of each day."""
    versions: Mapping[str, tuple[int, ...]] = {}
    """Major versions that it reads, by family; the current one of a family that is not named."""

    def owns_address(self, address: str) -> bool:
        """Whether a mail address is this partner's."""
        levelled = without_case(address)
        _, at, domain = levelled.rpartition("@")
        own = levelled in map(without_case, self.addresses) or domain in map(without_case, self.domains)
        return bool(at) and own


class Directory:
    """Every partner by party and by mail address."""

    def __init__(self, partners: Iterable[Partner] = (), book: Book | None = None) -> None:
        self._by_party: Mapping[str, Partner] = MappingProxyType({})
        self.book = book
        """The address book of the bureaux; None where there is none. Replaced as a whole, too."""
        self.tolerances = Tolerances()
        """What is put up with from a partner for a time."""
        self.revocation = RevocationBook()
        """What authorities say of certificates that they have taken back."""
        self.replace(partners)

    def replace(self, partners: Iterable[Partner]) -> None:
        """Put other partners in place of all; whoever holds the directory sees them at once."""
        self._by_party = MappingProxyType({partner.party: partner for partner in partners})

    def __iter__(self) -> Iterator[Partner]:
        return iter(self._by_party.values())

    def __len__(self) -> int:
        return len(self._by_party)

    def get(self, party: str) -> Partner | None:
        """The partner with this party id."""
        return self._by_party.get(party)

    def by_address(self, address: str) -> Partner | None:
        """The partner that writes from this mail address."""
        return next((partner for partner in self._by_party.values() if self._writes_from(partner, address)), None)

    def _writes_from(self, partner: Partner, address: str) -> bool:
        """Whether an address is the partner's by what was agreed with it, or by the address book."""
        listed = self.book is not None and self.book.mailbox_kind(partner.party, address) is not None
        return listed or partner.owns_address(address)

    @property
    def parties(self) -> frozenset[str]:
        """Every known party id."""
        return frozenset(self._by_party)
