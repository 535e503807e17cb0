"""The argument of commands that look into one .mcap file."""

from __future__ import annotations

from pathlib import Path

from tracking.errors import SourceError, UsageError


def require_session(file: Path) -> None:
    """Refuse what is no file, and a camera maker's recording, which is none of ours.

    Raises
    ------
    UsageError, SourceError
    """
    from recordings.opening import REALSENSE_SUFFIXES

    if not file.is_file():
        raise UsageError("FILE is no file.", actual=str(file))
    if file.suffix in REALSENSE_SUFFIXES:
        raise SourceError(
            f"{file} is a RealSense recording; this command reads .mcap sessions.",
            expected="an .mcap session",
            actual=file.suffix,
            remedy=f"Make one: record {file} {file.stem}.mcap.",
        )
