"""What a person asks of the recording of a live session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recordings.session.parts import LIMIT_BYTES


@dataclass(frozen=True)
class RecordingOptions:
    """Where to, and how.

    Attributes
    ----------
    limit_bytes : int
        No file becomes larger.
    """

    path: Path
    limit_bytes: int = LIMIT_BYTES
