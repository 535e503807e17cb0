"""Units of cloud files, and what is said of one that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tracking.errors import SourceError

Unit = Literal["mm", "m"]

MAX_HEADER_BYTES = 16_384


def cut_short(path: Path, expected: str, actual: str) -> SourceError:
    """The error of a file with less than its header counts."""
    return SourceError(
        f"The cloud {path} is cut short.",
        expected=expected,
        actual=actual,
        remedy="Copy or export it again.",
    )


def unreadable(path: Path, expected: str, actual: str) -> SourceError:
    """The error of a file that is no such cloud."""
    return SourceError(
        f"The cloud {path} cannot be read.",
        expected=expected,
        actual=actual,
        remedy="Export it again.",
    )
