"""What results call a source: the same, from wherever its file was named."""

from __future__ import annotations

import os
from pathlib import Path

LIVE_NAME = "realsense"
SIMULATION_PREFIX = "sim:"


def source_name(uri: str) -> str:
    """Return `sim:` and `realsense` names as they are, of a path the file's or folder's name."""
    if uri.partition(":")[0] == LIVE_NAME or uri.startswith(SIMULATION_PREFIX):
        return uri
    return file_name(Path(uri))


def file_name(path: Path) -> str:
    """Return the name without the folders above it: `.` and `..` have names of their own."""
    return Path(os.path.abspath(path)).name or str(path)  # noqa: PTH100 - keeps a link's name
