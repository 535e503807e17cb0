"""Arrays as points of a cloud, and what is said of a file that holds none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.cloud_errors import Unit, unreadable
from tracking.errors import SourceError

EXPECTED = (
    "a PLY or PCD file with x, y, z, an NPZ or NPY array (n, 3), or lines of x y z (.xyz, .txt)"
)


@dataclass(frozen=True, eq=False)
class RawCloud:
    """Points (n, 3) in the file's own unit; that unit, None where the file does not tell it.

    `note`: how the points were read where they do not stand there as (n, 3), else "".
    """

    points: NDArray[np.float64]
    unit: Unit | None
    note: str = ""


def is_cloud(array: NDArray[np.generic]) -> bool:
    """Whether the last axis holds x, y, z."""
    return array.ndim in {2, 3} and array.shape[-1] == 3 and array.dtype.kind in "fiu"


def as_points(path: Path, name: str, array: NDArray[np.generic]) -> NDArray[np.float64]:
    """Points (n, 3) of an array that is a cloud. Raises SourceError."""
    if not is_cloud(array):
        raise no_cloud(path, f"{name} of shape {array.shape}, {array.dtype}")
    return np.asarray(array, np.float64).reshape(-1, 3)


def no_cloud(path: Path, actual: str) -> SourceError:
    """The error of a file without points."""
    return unreadable(path, EXPECTED, actual)
