"""The hash of a whole file, read piece by piece: a recording may be larger than the memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

PIECE_BYTES = 1 << 20


def file_sha256(path: Path) -> str:
    """SHA-256 of the file's bytes, 64 hex digits. Raises OSError."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            found.update(piece)
    return found.hexdigest()
