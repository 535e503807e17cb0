"""Configuration text from disk, with one message for each way a file can be unreadable."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tracking.errors import ConfigurationError

MAX_BYTES = 4 * 2**20  # a catalogue of 10,000 applicators is smaller; a recording is not
ID_HASH_LENGTH = 12  # hex digits: 48 bits, no accidental collision in a site's lifetime
BYTE_ORDER_MARK = "\ufeff"


def read_text_file(path: Path, what: str) -> str:
    """Return the file's text.

    Parameters
    ----------
    what : str
        What the file is to the reader of a message: "rig", "plan", ...

    Raises
    ------
    ConfigurationError
        Missing, not a regular file, unreadable, too large, not UTF-8, or with a byte-order mark.
    """
    if not path.exists():
        raise ConfigurationError(
            f"The {what} file does not exist.",
            expected=f"a {what} file in TOML",
            actual=str(path),
            remedy="Check the path; it is taken relative to the current folder.",
        )
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "not a regular file"
        raise ConfigurationError(
            f"The {what} must be a file.",
            expected=f"a {what} file in TOML",
            actual=f"{path} is {kind}",
            remedy=f"Name the {what} file itself.",
        )
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise ConfigurationError(
            f"The {what} file cannot be read.",
            actual=f"{path}: {error.strerror}",
            remedy="Check the file's permissions.",
        ) from error
    if size > MAX_BYTES:
        raise ConfigurationError(
            f"The {what} file is too large to be one.",
            expected=f"at most {MAX_BYTES} bytes",
            actual=f"{path} has {size} bytes",
            remedy=f"Check that the path names the {what} and not a recording.",
        )
    return _decode(data, path, what)


def content_id(name: str, text: str, *more: bytes) -> str:
    """Identity of a configuration: its name and the first digits of its content's sha256."""
    digest = hashlib.sha256(text.encode())
    for part in more:
        digest.update(hashlib.sha256(part).digest())
    return f"{name}@{digest.hexdigest()[:ID_HASH_LENGTH]}"


def _decode(data: bytes, path: Path, what: str) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"The {what} file is not UTF-8 text.",
            expected="UTF-8",
            actual=f"{path}: byte 0x{data[error.start]:02x} at position {error.start}",
            remedy="Save it as UTF-8, and check that the path names the right file.",
        ) from error
    if text.startswith(BYTE_ORDER_MARK):
        raise ConfigurationError(
            f"The {what} file starts with a byte-order mark.",
            expected="UTF-8 without a byte-order mark",
            actual=str(path),
            remedy="Save it as plain UTF-8.",
        )
    return text
