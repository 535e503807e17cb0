"""Structuring elements of the morphology on label and depth images."""

from __future__ import annotations

import numpy as np

from tracking.arrays import UInt8


def square(reach_px: int) -> UInt8:
    """The square that reaches so many pixels to every side."""
    return np.ones((2 * reach_px + 1,) * 2, np.uint8)
