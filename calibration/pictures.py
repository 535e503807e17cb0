"""Calibration photographs from disk: a folder, a pattern, or files; grey, 8 bits."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from tracking.arrays import UInt8
from tracking.errors import SourceError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
WILDCARDS = "*?["
N_NAMED = 5  # sub-folders in a message; the rest is counted
DEEPEST = 3  # folders below the one that was named
MAX_PICTURES = 2000  # far beyond any calibration: the path names something else


def find_pictures(sources: Sequence[str]) -> list[Path]:
    """Return the pictures that folders, patterns and names mean, each once, sorted by name.

    Raises
    ------
    SourceError
        Nothing there, or too much to be a calibration.
    """
    found: set[Path] = set()
    for source in sources:
        paths = _meant(source)
        if not paths:
            raise _nothing(source)
        found.update(paths)
    if len(found) > MAX_PICTURES:
        raise SourceError(
            "There are too many pictures for a calibration.",
            expected=f"at most {MAX_PICTURES}",
            actual=f"{len(found)}",
            remedy="Name the folder of the calibration itself.",
        )
    return sorted(found)


def read_gray(path: Path) -> UInt8:
    """Read a picture as 8-bit grey, as it lies in the file: a rotation tag is not applied.

    Raises
    ------
    SourceError
        Missing, or no picture.
    """
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise SourceError(
            "A picture cannot be read.",
            actual=f"{path}: {error.strerror}",
            remedy="Check the path.",
        ) from error
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(data, flags) if data.size else None
    if picture is None:
        raise SourceError(
            "A file is no picture.", actual=str(path), remedy="Take it out, or save it anew."
        )
    return np.asarray(picture, dtype=np.uint8)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder itself, sorted; none where it is no folder."""
    if not folder.is_dir():
        return []
    return [p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES and p.is_file()]


def _nothing(source: str) -> SourceError:
    """The error of a source without a picture; names sub-folders that hold some."""
    below = _below(Path(source))
    if below:
        named = [f"{folder} ({n} pictures)" for folder, n in below[:N_NAMED]]
        more = [f"{len(below) - N_NAMED} more"] if len(below) > N_NAMED else []
        return SourceError(
            f"The folder {source} holds no pictures itself; its sub-folders do.",
            expected="the folder that holds the pictures of one camera",
            actual=", ".join([*named, *more]),
            remedy="Name one of them.",
        )
    return SourceError(
        "There are no pictures to calibrate from.",
        expected=f"a folder, a pattern or files of {', '.join(SUFFIXES)}",
        actual=source,
        remedy="Check the path; it is taken relative to the current folder.",
    )


def _below(folder: Path) -> list[tuple[Path, int]]:
    """Sub-folders that hold pictures, as deep as `DEEPEST`, and how many each."""
    if not folder.is_dir():
        return []
    counted: Counter[Path] = Counter()
    for depth in range(1, DEEPEST + 1):
        found = folder.glob("/".join("*" * (depth + 1)))
        counted.update(p.parent for p in found if p.suffix.lower() in SUFFIXES and p.is_file())
    return sorted(counted.items())


def _meant(source: str) -> list[Path]:
    path = Path(source)
    if path.is_dir():
        return pictures_in(path)
    if path.is_file():
        return [path]
    if any(sign in source for sign in WILDCARDS):
        matched = (Path(name) for name in sorted(glob.glob(source)))  # noqa: PTH207 - absolute too
        return [p for p in matched if p.suffix.lower() in SUFFIXES and p.is_file()]
    return []
