"""What a person asks of the recording of a live session."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.recorder.veil import Veil
from recordings.session.part_limit import LIMIT_BYTES


@dataclass(frozen=True)
class RecordingOptions:
    """Where to, and how.

    Attributes
    ----------
    limit_bytes : int
        No file becomes larger.
    veil : Veil
        What of colour and patient is recorded.
    """

    path: Path
    limit_bytes: int = LIMIT_BYTES
    veil: Veil = field(default_factory=Veil)
