"""What the rig's noise model says about many pixels together."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np


@lru_cache(maxsize=16)  # of a session's rig there are few
def correlation_inflation(stride_px: int, correlation_px: float) -> float:
    """Factor by which the variance of a mean over a pixel grid exceeds that of white noise.

    Sum over the grid of the autocorrelation exp(-r^2 / (4 c^2)) of the disparity error
    (DESIGN section 5); 1 for white noise, about 4 pi c^2 for every pixel of a smooth field.
    """
    if correlation_px <= 0:
        return 1.0
    reach = ceil(8 * correlation_px / stride_px)
    steps = np.arange(-reach, reach + 1) * stride_px
    row = np.exp(-(steps**2) / (4 * correlation_px**2))
    return float(row.sum() ** 2)
