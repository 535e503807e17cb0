"""Depth in mm as a camera tells it: 16 bits of a tenth of a millimetre."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import UInt16

DEPTH_UNIT_MM = 0.1  # 16 bits reach 6.5 m


def raw_depth(depth_mm: NDArray[np.generic]) -> UInt16:
    """Raw steps of the same shape; what is too far for 16 bits has none, as from a sensor."""
    steps = np.round(depth_mm.astype(np.float64) / DEPTH_UNIT_MM)
    return np.where(steps > np.iinfo(np.uint16).max, 0, steps).astype(np.uint16)
