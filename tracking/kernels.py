"""Structuring elements of the morphology on label and depth images."""

from __future__ import annotations

from functools import cache

import numpy as np

from tracking.arrays import UInt8, frozen


@cache
def square(reach_px: int) -> UInt8:
    """The square that reaches so many pixels to every side, read-only."""
    return frozen(np.ones((2 * reach_px + 1,) * 2, np.uint8))
