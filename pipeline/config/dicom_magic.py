"""Whether a file is DICOM's, told without reading it."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".dcm"
PREAMBLE_BYTES = 128
MAGIC = b"DICM"


def is_dicom(path: Path) -> bool:
    """Whether the file begins like a DICOM file, or bears the name of one."""
    if path.suffix.lower() == SUFFIX:
        return True
    try:
        with path.open("rb") as file:
            return file.read(PREAMBLE_BYTES + len(MAGIC))[PREAMBLE_BYTES:] == MAGIC
    except OSError:
        return False
