"""Where the share of applicator passes a half, along normals across an edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.compiled import compiled
from tracking.loop_types import NEW_VECTOR, REAL, ROWS, SINGLE, array_in, array_out, several

SEARCH_PX = 7.0  # further off is another edge
STEP_PX = 0.5
N_STEPS = 29  # from -SEARCH_PX to SEARCH_PX

PLACES = array_out(SINGLE, 2)


@compiled(several(PLACES, PLACES), ROWS, ROWS, REAL, REAL)
def places_across(
    uv: Float, normals: Float, left: float, top: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Places u and v (n, N_STEPS) along the normals, in an image that begins at (left, top)."""
    n = len(uv)
    u, v = np.empty((n, N_STEPS), np.float32), np.empty((n, N_STEPS), np.float32)
    for row in range(n):
        for step in range(N_STEPS):
            along = step * STEP_PX - SEARCH_PX
            u[row, step] = uv[row, 0] + along * normals[row, 0] - left
            v[row, step] = uv[row, 1] + along * normals[row, 1] - top
    return u, v


@compiled(NEW_VECTOR, array_in(SINGLE, 2))
def steps_across(shares: NDArray[np.float32]) -> Float:
    """Signed distance (n,) to the step out of the applicator, NaN: none.

    `shares` (n, N_STEPS) of applicator along each normal. Taken is the step that leaves most
    applicator inside and most background outside; one from or to NaN is none.
    """
    offsets = np.empty(len(shares))
    for row in range(len(shares)):
        best, balance, most = 0, 0.0, -np.inf
        for step in range(N_STEPS - 1):
            share = np.float64(shares[row, step])
            if not np.isnan(share):
                balance += share - 0.5
            if balance > most:
                best, most = step, balance
        before, after = np.float64(shares[row, best]), np.float64(shares[row, best + 1])
        offsets[row] = np.nan
        if before >= 0.5 and after < 0.5:
            beyond = (before - 0.5) / (before - after)
            offsets[row] = best * STEP_PX - SEARCH_PX + beyond * STEP_PX
    return offsets
