"""The network's input as a test looks at it: plane by plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import CHANNELS
from models.plane_loops import FOLD, ZERO
from tracking.arrays import UInt8


def by_plane(folded: UInt8) -> UInt8:
    """Bytes (n, h, w) of folded planes (h / 2, w / 2, 4 n)."""
    rows, columns, _ = folded.shape
    pixels = folded.reshape(rows, columns, FOLD, FOLD, len(CHANNELS))
    return np.asarray(
        pixels.transpose(4, 0, 2, 1, 3).reshape(len(CHANNELS), rows * FOLD, columns * FOLD)
    )


def values(planes: UInt8) -> NDArray[np.float64]:
    """What bytes stand for, -1 to 1."""
    return (planes.astype(np.float64) - ZERO) / ZERO
