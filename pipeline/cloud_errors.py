"""Units of cloud files, and what is said of one that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tracking.errors import SourceError

Unit = Literal["mm", "m"]

MAX_HEADER_BYTES = 16_384
UNIT_OF: dict[str, Unit] = {
    "mm": "mm",
    **dict.fromkeys(("millimeter", "millimeters", "millimetre", "millimetres"), "mm"),
    "m": "m",
    **dict.fromkeys(("meter", "meters", "metre", "metres"), "m"),
}
OTHER_LENGTHS = (
    *("cm", "centimeter", "centimeters", "centimetre", "centimetres", "km"),
    *("um", "micrometer", "micrometers", "micrometre", "micrometres", "micron", "microns"),
    *("inch", "inches", "ft", "foot", "feet"),
)


def unit_of(word: str) -> Unit | None:
    """The unit that a word means, None for any other word; raises ValueError for another length."""
    plain = word.strip().casefold()
    if plain in OTHER_LENGTHS:
        raise ValueError(f'unit "{word}", where mm or m may stand')
    return UNIT_OF.get(plain)


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
