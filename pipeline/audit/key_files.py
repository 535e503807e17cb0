"""Key files: the private one is for the session's computer alone, the public one for everyone."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from pipeline.audit.keys import KeyFormatError, PublicKey, SigningKey
from pipeline.audit.lines import open_regular
from pipeline.audit.naming import KEYS_NAME
from tracking.errors import ConfigurationError

PRIVATE_NAME = "audit_key.pem"
PUBLIC_NAME = "audit_key.pub.pem"
PSEUDONYM_NAME = "pseudonym_key.hex"
PRIVATE_MODE = 0o600
PUBLIC_MODE = 0o644
MAX_KEY_BYTES = 16 * 1024
PSEUDONYM_KEY_BYTES = 32


@dataclass(frozen=True)
class KeyPaths:
    """Where the files of a new key lie."""

    private: Path
    public: Path
    pseudonym: Path


def make_key_files(folder: Path) -> tuple[KeyPaths, PublicKey]:
    """Make a signing key, and a key for pseudonyms that belongs elsewhere than the archive.

    Raises
    ------
    ConfigurationError
        One of the files exists already: a key is never overwritten; or the folder refuses.
    """
    key = SigningKey.generate()
    paths = KeyPaths(folder / PRIVATE_NAME, folder / PUBLIC_NAME, folder / PSEUDONYM_NAME)
    secret = secrets.token_hex(PSEUDONYM_KEY_BYTES) + "\n"
    for path in (paths.private, paths.public, paths.pseudonym):
        if path.exists():
            raise ConfigurationError(
                f"The key {path}: exists already and is not overwritten.",
                remedy="Choose another folder; logs signed with a lost key cannot be continued.",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(paths.private, key.pem(), PRIVATE_MODE)
        _write(paths.public, key.public.pem(), PUBLIC_MODE)
        _write(paths.pseudonym, secret.encode(), PRIVATE_MODE)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder}: keys cannot be written.", actual=error.strerror or str(error)
        ) from error
    return paths, key.public


def public_key_beside(archive: Path) -> Path:
    """Where sessions put the public key of the archive that they write to."""
    return archive / KEYS_NAME / PUBLIC_NAME


def load_signing_key(path: Path) -> SigningKey:
    """Read a private key.

    Raises
    ------
    ConfigurationError
        It cannot be read, others may read it, or it is no unlocked Ed25519 key.
    """
    data = _read_private(path, "The signing key")
    try:
        return SigningKey.from_pem(data)
    except KeyFormatError as error:
        raise _no_key(path, "an unlocked Ed25519 private key in PEM form", error) from error


def load_public_key(path: Path) -> PublicKey:
    """Read a public key.

    Raises
    ------
    ConfigurationError
        It cannot be read, or it is no Ed25519 public key.
    """
    with open_regular(path, "The public key", ConfigurationError) as stream:
        data = stream.read(MAX_KEY_BYTES)
    try:
        return PublicKey.from_pem(data)
    except KeyFormatError as error:
        raise _no_key(path, "an Ed25519 public key in PEM form", error) from error


def load_pseudonym_key(path: Path) -> bytes:
    """Read the secret for pseudonyms.

    Raises
    ------
    ConfigurationError
        It cannot be read, others may read it, or it is not 64 hexadecimal digits.
    """
    data = _read_private(path, "The key for pseudonyms")
    try:
        secret = bytes.fromhex(data.decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != PSEUDONYM_KEY_BYTES:
        raise ConfigurationError(
            f"The key {path}: cannot be used.", expected="64 hexadecimal digits"
        )
    return secret


def _read_private(path: Path, what: str) -> bytes:
    with open_regular(path, what, ConfigurationError) as stream:
        mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
        if mode & 0o077:
            raise ConfigurationError(
                f"{what} {path}: others may read or change it.",
                expected=f"mode {PRIVATE_MODE:04o}",
                actual=f"mode {mode:04o}",
                remedy=f"chmod 600 {path}, and think about whether it was copied.",
            )
        return stream.read(MAX_KEY_BYTES)


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _no_key(path: Path, expected: str, error: KeyFormatError) -> ConfigurationError:
    return ConfigurationError(
        f"The key {path}: cannot be used.",
        expected=expected,
        actual=str(error),
        remedy="`sessions audit key` makes a pair.",
    )
