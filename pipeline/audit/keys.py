"""Ed25519 keys in memory: signing and checking. The only importer of `cryptography`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

KEY_ID_DIGITS = 32  # 128 bits: nobody makes a second key with the same
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


class KeyFormatError(ValueError):
    """Bytes that are no Ed25519 key."""


@dataclass(frozen=True)
class PublicKey:
    """What checks signatures; `raw` are its 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        try:
            _loaded(self.raw)
        except ValueError as error:
            raise KeyFormatError("an Ed25519 public key has 32 bytes") from error

    @classmethod
    def from_hex(cls, text: str) -> PublicKey:
        """Raises KeyFormatError for anything but 64 lower-case digits."""
        if len(text) != 2 * PUBLIC_KEY_BYTES or text.lower() != text:
            raise KeyFormatError("not 64 lower-case hexadecimal digits")
        try:
            return cls(bytes.fromhex(text))
        except ValueError as error:
            raise KeyFormatError("not 64 lower-case hexadecimal digits") from error

    @classmethod
    def from_pem(cls, data: bytes) -> PublicKey:
        """Raises KeyFormatError for any other file and any other kind of key."""
        try:
            key = load_pem_public_key(data)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFormatError("no public key in PEM form") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyFormatError(f"a key of another kind ({type(key).__name__})")
        return cls(key.public_bytes(Encoding.Raw, PublicFormat.Raw))

    def pem(self) -> bytes:
        """The key as a file."""
        return _loaded(self.raw).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def key_id(self) -> str:
        """Fingerprint: the first digits of the key's SHA-256."""
        return sha256(self.raw).hexdigest()[:KEY_ID_DIGITS]

    def has_signed(self, message: bytes, signature: str) -> bool:
        """Whether `signature` (128 lower-case hexadecimal digits) is this key's. Fails to: no."""
        if len(signature) != 2 * SIGNATURE_BYTES or signature.lower() != signature:
            return False
        try:
            data = bytes.fromhex(signature)
            _loaded(self.raw).verify(data, message)
        except (ValueError, InvalidSignature):
            return False
        return True


@lru_cache(maxsize=64)
def _loaded(raw: bytes) -> Ed25519PublicKey:
    """Loading takes a fifth of checking a signature."""
    return Ed25519PublicKey.from_public_bytes(raw)


class SigningKey:
    """The private key; it is never printed and never leaves the process."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Make the key of a known seed of 32 bytes: for tests and campaigns."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, data: bytes) -> SigningKey:
        """Raises KeyFormatError for any other file, a locked one, and any other kind of key."""
        try:
            key = load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFormatError("no unlocked private key in PEM form") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFormatError(f"a key of another kind ({type(key).__name__})")
        return cls(key)

    def pem(self) -> bytes:
        """The key as a file; write it with mode 0600 only."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> str:
        """Return 128 hexadecimal digits."""
        return self._key.sign(message).hex()
