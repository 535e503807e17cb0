"""FILE of `sessions info|verify|recover`."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG

from tracking.errors import UsageError


def require_file(file: Path) -> None:
    """Refuse what is no file.

    Raises
    ------
    UsageError
        There is none.
    SourceError
        No file can have this name, or nobody may look.
    """
    from recordings.opening import look_up

    found = look_up(file)
    if found is None or not S_ISREG(found.st_mode):
        raise UsageError("FILE is no file.", actual=str(file))
