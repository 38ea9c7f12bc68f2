"""Keys in a PKCS#11 token (HSM, smart card, SoftHSM): named by a URI of RFC 7512, used where they are, never read.

`pkcs11:token=spoc;object=sirene-XA?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/spoc/pin`

Needs the optional package python-pkcs11 (`pip install spoc-gateway[hsm]`); without it, naming such a key is a fault.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from msgspec import Struct

from gateway.errors import Misconfigured
from gateway.signing.remote import SigningPublicKey

SCHEME: Final = "pkcs11:"
_DIGEST_INFO: Final = {
    # RFC 8017, section 9.2, note 1: what stands before the digest in PKCS#1 v1.5
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


class TokenKey(Struct, frozen=True, kw_only=True):
    """Where a key is."""

    token: str
    object: str
    module: str
    pin_file: str

    def __repr__(self) -> str:
        return f"TokenKey({self.token}, {self.object})"


def read_uri(text: str) -> TokenKey:
    """The parts of a URI; raises `Misconfigured` for one that does not name token, object, module and file of the PIN."""
    path, _, query = text.removeprefix(SCHEME).partition("?")
    parts = dict(part.partition("=")[::2] for part in path.split(";") if part)
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    found = TokenKey(
        token=unquote(parts.get("token", "")), object=unquote(parts.get("object", "")), module=asked.get("module-path", ""),
        pin_file=asked.get("pin-source", "").removeprefix("file:"),
    )  # fmt: skip
    missing = [name for name in ("token", "object", "module", "pin_file") if not getattr(found, name)]
    if missing:
        raise _wrong(f"The key {path} does not say its {', '.join(missing)}.")
    return found


class Pkcs11Key:
    """One key in a token."""

    def __init__(self, key: Any, mechanism: Any, *, is_rsa: bool) -> None:
        self._key, self._mechanism, self._is_rsa = key, mechanism, is_rsa

    def sign_digest(self, digest: bytes, hash: str) -> bytes:
        """The signature of a digest; raises what the token raises."""
        if self._is_rsa:
            return bytes(self._key.sign(_DIGEST_INFO[hash] + digest, mechanism=self._mechanism))
        raw = bytes(self._key.sign(digest, mechanism=self._mechanism))
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


class Tokens:
    """Sessions with tokens, one each, open for as long as the process lives."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str], Any] = {}

    def key(self, uri: str, public: SigningPublicKey) -> Pkcs11Key:
        """Log in and find a key; raises `Misconfigured`."""
        where, is_rsa = read_uri(uri), isinstance(public, rsa.RSAPublicKey)
        try:
            import pkcs11
        except ImportError as error:
            raise _wrong(
                "A key in a token needs the package python-pkcs11: pip install 'spoc-gateway[hsm]'."
            ) from error
        try:
            kind = pkcs11.KeyType.RSA if is_rsa else pkcs11.KeyType.EC
            session = self._session(where, pkcs11)
            key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, key_type=kind, label=where.object)
        except (OSError, UnicodeDecodeError, RuntimeError, pkcs11.PKCS11Error) as error:
            # The library's words name slots and codes, never the PIN; the kind of error is enough.
            words = f"The key {where.object} in the token {where.token} cannot be used: {type(error).__name__}."
            raise _wrong(words) from error
        return Pkcs11Key(key, pkcs11.Mechanism.RSA_PKCS if is_rsa else pkcs11.Mechanism.ECDSA, is_rsa=is_rsa)

    def _session(self, where: TokenKey, pkcs11: Any) -> Any:
        session = self._sessions.get((where.module, where.token))
        if session is None:
            pin = Path(where.pin_file).read_text("ascii").strip()
            session = pkcs11.lib(where.module).get_token(token_label=where.token).open(user_pin=pin)
            self._sessions[where.module, where.token] = session
        return session


def _wrong(operator: str) -> Misconfigured:
    return Misconfigured("signing.token", "The gateway cannot sign with its settings.", operator=operator)
