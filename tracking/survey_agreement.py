"""Whether the aligned map still is the bed: stretches of bed around the rim against it.

Single pixels are too noisy to hold against 2 mm; means over stretches around the rim are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.robust import NORMAL_MAD, tukey
from tracking.survey_terms import SurveyTerms

MAX_DISAGREEMENT_MM = 2.0  # DESIGN section 2
SURE_SIGMA = 3.0  # a difference that noise explains is none
MAX_STRETCHES, MIN_STRETCHES = 12, 4  # around the rim: as many as noise lets each be told
WANTED_SIGMA_MM = 0.5  # of a stretch
MAX_STRETCH_SIGMA_MM = 0.7  # 3 sigma is 2 mm: a stretch that tells less proves nothing
MIN_STRETCH_SAMPLES = 6
MIN_TOLD = 3  # stretches
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
    heights, sigmas = terms.heights_mm[is_near], terms.height_sigmas_mm[is_near]
    weights = terms.weights[is_near]
    whole = float((weights / sigmas**2).sum())  # information on the mean of all, 1/mm^2
    n_stretches = int(np.clip(whole * WANTED_SIGMA_MM**2, MIN_STRETCHES, MAX_STRETCHES))
    stretch = _stretches(terms.points_mm[is_near], axis, centre_mm, n_stretches)
    means, errors = _robust_means(heights, sigmas, weights, stretch, n_stretches)
    is_told = errors <= MAX_STRETCH_SIGMA_MM
    if int(is_told.sum()) < MIN_TOLD:
        return Agreement(None, is_stale=False, bending_mm=0.0)
    size, noise = np.abs(means[is_told]), errors[is_told]
    is_stale = bool(np.any((size > MAX_DISAGREEMENT_MM) & (size > SURE_SIGMA * noise)))
    # the mean square in units of its noise has a standard deviation of sqrt(2 / n)
    explained = (1 + 2 * np.sqrt(2 / len(size))) * float(np.mean(noise**2))
    bending = np.sqrt(max(0.0, float(np.mean(size**2)) - explained))
    return Agreement(float(size.max()), is_stale, float(bending))


def _stretches(points: Float, axis: Float, centre_mm: Float, n_stretches: int) -> NDArray[np.intp]:
    """Which stretch (0 .. n_stretches - 1) around the axis each point lies in."""
    helper = np.eye(3)[int(np.argmin(np.abs(axis)))]
    first = np.cross(axis, helper)
    second = np.cross(axis, first)
    levers = points - centre_mm
    angle = np.arctan2(levers @ second, levers @ first)
    stretch = ((angle / (2 * np.pi) + 0.5) * n_stretches).astype(np.intp)
    within: NDArray[np.intp] = np.minimum(stretch, n_stretches - 1)
    return within


def _robust_means(
    heights: Float, sigmas: Float, weights: Float, stretch: NDArray[np.intp], n_stretches: int
) -> tuple[Float, Float]:
    """Mean height of every stretch and its sigma (inf: too few samples).

    One reweighting from the stretch's median, whose outliers fall away.
    """
    counts = np.bincount(stretch, minlength=n_stretches)
    ordered = np.lexsort((heights, stretch))
    middle = np.cumsum(counts) - counts + counts // 2
    medians = heights[ordered[np.minimum(middle, len(heights) - 1)]]
    off = (heights - medians[stretch]) / sigmas
    spread = max(1.0, NORMAL_MAD * float(np.median(np.abs(off))))
    weights = weights * tukey(off, TUKEY * spread) / (spread * sigmas) ** 2
    total = np.bincount(stretch, weights, n_stretches)
    sums = np.bincount(stretch, weights * heights, n_stretches)
    is_enough = (counts >= MIN_STRETCH_SAMPLES) & (total > 0)
    safe = np.where(is_enough, total, 1.0)
    return sums / safe, np.where(is_enough, 1 / np.sqrt(safe), np.inf)
