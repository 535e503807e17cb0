"""FILE of `sessions info|verify|recover`."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG

from tracking.errors import SourceError, UsageError


def require_session(file: Path) -> None:
    """Refuse what is no file, and a camera maker's recording, which is none of ours.

    Raises
    ------
    UsageError
        There is no file.
    SourceError
        No file can have this name, nobody may look, or it is a RealSense recording.
    """
    from recordings.opening import REALSENSE_SUFFIXES, look_up

    found = look_up(file)
    if found is None or not S_ISREG(found.st_mode):
        raise UsageError("FILE is no file.", actual=str(file))
    if file.suffix in REALSENSE_SUFFIXES:
        raise SourceError(
            f"{file} is a RealSense recording; this command reads .mcap sessions.",
            expected="an .mcap session",
            actual=file.suffix,
            remedy=f"Make one: record {file} {file.stem}.mcap.",
        )
