"""The key that supervisor and second computer share: a file of hex digits, for its owner's eyes."""

from __future__ import annotations

import stat
from pathlib import Path

from calibration.text_file import read_text_file
from pipeline.supervisor.message import KEY_BYTES
from tracking.errors import ConfigurationError


def read_key_file(path: Path) -> bytes:
    """Return the key.

    Raises
    ------
    ConfigurationError
        Missing, unreadable, no hex digits, too short, or readable by others than its owner.
    """
    text = read_text_file(path, "key")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            "The key file may be read or written by others.",
            expected="access for its owner alone",
            actual=f"{path} has mode {mode:o}",
            remedy=f"Make a new key, and run: chmod 600 {path}",
        )
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise ConfigurationError(
            "The key file does not hold a key.",
            expected=f"{2 * KEY_BYTES} hex digits or more",
            actual=f"{path}: {len(text.strip())} characters",
            remedy=f"Write it with: openssl rand -hex {KEY_BYTES}",
        )
    return key
