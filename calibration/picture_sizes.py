"""The pictures of a set that have one size: a lens is calibrated in one mode of its camera."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from calibration.board_view import NotFound
from calibration.pictures import read_gray
from tracking.errors import CalibrationError, SourceError


def one_size(pictures: Sequence[Path]) -> tuple[list[Path], list[NotFound]]:
    """Return the pictures of the size that more than half have, and what is left out, and why.

    Raises
    ------
    SourceError
        No file is a picture.
    CalibrationError
        No size has more than half of the pictures.
    """
    sizes: dict[Path, str] = {}
    left: list[NotFound] = []
    unreadable: SourceError | None = None
    for path in pictures:
        try:
            gray = read_gray(path)
        except SourceError as error:
            unreadable = unreadable or error
            left.append(NotFound(path.name, "skipped: the file is no picture", is_warning=True))
            continue
        sizes[path] = f"{gray.shape[1]}x{gray.shape[0]}"
    if not sizes and unreadable is not None:
        raise unreadable
    if not sizes:
        return [], left
    counts = Counter(sizes.values()).most_common()
    usual, n_usual = counts[0]
    if 2 * n_usual <= len(sizes):
        raise CalibrationError(
            "The pictures have different sizes: they are not of one camera in one mode.",
            expected="one size in more than half of the pictures",
            actual=", ".join(f"{size} in {n}" for size, n in counts),
            remedy="Take the others out, and calibrate each mode by itself.",
        )
    left += [
        NotFound(path.name, f"skipped: {size}, where most have {usual}", is_warning=True)
        for path, size in sizes.items()
        if size != usual
    ]
    return [path for path, size in sizes.items() if size == usual], left
