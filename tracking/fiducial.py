"""Whether the part of the rig that is fixed in the view still is where it was calibrated.

A camera that was bumped on its head makes every docking quantity wrong without a sign.
Fails to: not in place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.rig import Fiducial

MAX_SHIFT_MM = 0.5  # a bump that matters: half of the smallest docking tolerance in use
MIN_VALID_FRACTION = 0.5


def is_in_place(fiducial: Fiducial, depth_mm: NDArray[np.float32]) -> bool:
    """Compare the median depth of the fiducial's region with the calibrated one."""
    u0, v0, u1, v1 = fiducial.region_px
    region = depth_mm[v0:v1, u0:u1]
    valid = region[region > 0]
    if region.size == 0 or valid.size < MIN_VALID_FRACTION * region.size:
        return False
    return bool(abs(float(np.median(valid)) - fiducial.depth_mm) <= MAX_SHIFT_MM)
