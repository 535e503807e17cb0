"""Is the slide along the axis really known? Profile of contradictions against slid poses.

Without ring or rim in view the likelihood can sit in a dip of some edge that is not the
cone's. Poses slid along the axis must contradict more pixels than the one that was found.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tracking.arrays import Float

STEPS_MM = (-40.0, -20.0, -10.0, -5.0, 5.0, 10.0, 20.0, 40.0)
RIVAL_STEP_MM = 10.0  # nearer, a few pixels of the outline decide: the likelihood's own business
SURE_SIGMA_MM = 0.3  # of a tracked pose: faces across the axis are in view, depth fixes the slide
MIN_CONTRADICTIONS = 10.0  # more pixels than the found pose: below, the two look alike


def slid(pose: Float, step_mm: float) -> Float:
    """The pose moved along its own axis."""
    moved = pose.copy()
    moved[:3, 3] += step_mm * pose[:3, 2]
    return moved


def rival_slides(pose: Float, contradictions: Callable[[Float], float]) -> tuple[float, bool]:
    """(best step, whether any slid pose is a rival) for a function counting contradicting pixels.

    The best step is 0 unless a slid pose contradicts clearly fewer pixels than `pose`.
    """
    here = contradictions(pose)
    counts = [contradictions(slid(pose, step)) for step in STEPS_MM]
    best = int(np.argmin(counts))
    best_step = STEPS_MM[best] if counts[best] < here - MIN_CONTRADICTIONS else 0.0
    far = [
        count for step, count in zip(STEPS_MM, counts, strict=True) if abs(step) >= RIVAL_STEP_MM
    ]
    return best_step, min(far) < here + MIN_CONTRADICTIONS
