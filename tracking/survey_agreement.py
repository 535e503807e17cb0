"""Whether the aligned map still is the bed: stretches of bed around the rim against it.

Single pixels are too noisy to hold against 2 mm; means over stretches around the rim are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.arrays import Bool, Float
from tracking.survey_terms import SurveyTerms

MAX_DISAGREEMENT_MM = 2.0  # DESIGN section 2
SURE_SIGMA = 3.0  # a difference that noise explains is none
N_STRETCHES = 12
MIN_STRETCH_SAMPLES = 6
MAX_STRETCH_SIGMA_MM = 0.7  # 3 sigma is 2 mm: a stretch that tells less proves nothing
MIN_STRETCHES = 3
TUKEY = 4.5


@dataclass(frozen=True)
class Agreement:
    """How well the frame's bed lies on the aligned map.

    Attributes
    ----------
    largest_mm : float or None
        Largest mean difference of a stretch; None where too few stretches can tell.
    is_stale : bool
        A stretch surely differs by more than DESIGN's 2 mm.
    bending_mm : float
        What the stretches scatter beyond their noise: the bed has changed shape.
    """

    largest_mm: float | None
    is_stale: bool
    bending_mm: float


def agreement(terms: SurveyTerms, is_near: Bool, axis: Float, centre_mm: Float) -> Agreement:
    """Compare the near samples (n,) in stretches around an axis through a centre, camera space."""
    stretch = _stretches(terms.points_mm[is_near], axis, centre_mm)
    heights, sigmas = terms.heights_mm[is_near], terms.height_sigmas_mm[is_near]
    weights = terms.weights[is_near]
    means, errors = [], []
    for index in range(N_STRETCHES):
        inside = stretch == index
        if int(inside.sum()) < MIN_STRETCH_SAMPLES:
            continue
        mean, error = _robust_mean(heights[inside], sigmas[inside], weights[inside])
        if error <= MAX_STRETCH_SIGMA_MM:
            means.append(mean)
            errors.append(error)
    if len(means) < MIN_STRETCHES:
        return Agreement(None, is_stale=False, bending_mm=0.0)
    size, noise = np.abs(means), np.array(errors)
    is_stale = bool(np.any((size > MAX_DISAGREEMENT_MM) & (size > SURE_SIGMA * noise)))
    # the mean square in units of its noise has a standard deviation of sqrt(2 / n)
    explained = (1 + 2 * np.sqrt(2 / len(size))) * float(np.mean(noise**2))
    bending = np.sqrt(max(0.0, float(np.mean(size**2)) - explained))
    return Agreement(float(size.max()), is_stale, float(bending))


def _stretches(points: Float, axis: Float, centre_mm: Float) -> Float:
    """Which stretch (0 .. N_STRETCHES - 1) around the axis each point lies in."""
    helper = np.eye(3)[int(np.argmin(np.abs(axis)))]
    first = np.cross(axis, helper)
    second = np.cross(axis, first)
    levers = points - centre_mm
    angle = np.arctan2(levers @ second, levers @ first)
    share: Float = np.floor((angle / (2 * np.pi) + 0.5) * N_STRETCHES) % N_STRETCHES
    return share


def _robust_mean(heights: Float, sigmas: Float, weights: Float) -> tuple[float, float]:
    """Mean height and its sigma: one reweighting from the median, whose outliers fall away."""
    middle = float(np.median(heights))
    spread = max(1.0, 1.4826 * float(np.median(np.abs(heights - middle) / sigmas)))
    off = (heights - middle) / (TUKEY * spread * sigmas)
    weights = weights * np.maximum(0.0, 1 - off**2) ** 2 / (spread * sigmas) ** 2
    total = float(weights.sum())
    return float((weights * heights).sum() / total), float(1 / np.sqrt(total))
