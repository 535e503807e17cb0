"""How much single pixels change from frame to frame.

Source: "Intel RealSense Camera Depth Testing Methodology", January 2018.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def temporal_noise_percent(depth_mm: NDArray[np.floating[Any]]) -> float:
    """Median over pixels of SD / median over frames, %; (n frames, n pixels), all known."""
    return float(100 * np.median(depth_mm.std(axis=0, ddof=1) / np.median(depth_mm, axis=0)))
