"""One damped Gauss-Newton step of the pose: solved, bounded, and halved where it turns back."""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float
from tracking.compiled import compiled
from tracking.loop_types import NEW_ROWS, NEW_VECTOR, REAL, ROWS, VECTOR, several

ROLL, AXIAL = 2, 5  # of a small motion in applicator axes
# Bounds a step along directions that carry no information; pulls nowhere.
ROLL_STEP_SIGMA_RAD = 0.2
AXIAL_STEP_SIGMA_MM = 5.0


@compiled(several(NEW_ROWS, NEW_VECTOR, REAL), ROWS, VECTOR, ROWS, VECTOR, VECTOR, VECTOR)
def newton_step(
    depth_information: Float,
    depth_gradient: Float,
    edge_information: Float,
    edge_gradient: Float,
    total: Float,
    previous: Float,
) -> tuple[Float, Float, float]:
    """The next step of an iteration that holds the edges as they looked `total` steps ago.

    Parameters
    ----------
    depth_information, edge_information : (6, 6)
    depth_gradient, edge_gradient : (6,)
    total : (6,) steps since the edges were looked at
    previous : (6,) the last step: one that turns back from it goes half the way, because pixels
        that come and go with the pose can make whole steps alternate

    Returns
    -------
    information : (6, 6) of depth and edges
    step : (6,), NaN where the equations have no finite answer
    square : of the step's Mahalanobis length
    """
    information = depth_information + edge_information
    damped, gradient = information.copy(), np.empty(6)
    trace = 0.0
    for row in range(6):
        trace += information[row, row]
        moved = 0.0
        for column in range(6):
            moved += edge_information[row, column] * total[column]
        gradient[row] = depth_gradient[row] + edge_gradient[row] - moved
    for row in range(6):
        damped[row, row] += trace * 1e-9 + 1e-9
    damped[ROLL, ROLL] += 1 / ROLL_STEP_SIGMA_RAD**2
    damped[AXIAL, AXIAL] += 1 / AXIAL_STEP_SIGMA_MM**2
    if not (np.isfinite(damped).all() and np.isfinite(gradient).all()):
        return information, np.full(6, np.nan), np.nan
    step, turn, square = np.empty(6), 0.0, 0.0
    step[:] = np.linalg.solve(damped, gradient)
    for row in range(6):
        for column in range(6):
            along = step[row] * information[row, column]
            turn += along * previous[column]
            square += along * step[column]
    if turn < 0:
        step, square = step / 2, square / 4
    return information, step, square
