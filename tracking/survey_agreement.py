"""Whether the aligned map still is the bed: stretches of bed around the rim against it.

Single pixels are too noisy to hold against 2 mm; means over stretches around the rim are not. A
session holds twelve stretches against the limit in 18,000 frames, so 3 sigma of one frame would
call a good map stale now and then: a difference counts at once where it is beyond any noise, and
otherwise where it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, frozen
from tracking.robust import NORMAL_MAD, tukey
from tracking.sigmas import sigma_of
from tracking.survey_terms import SurveyTerms

MAX_DISAGREEMENT_MM = 2.0  # DESIGN section 2
SURE_SIGMA = 3.0  # a difference that noise explains is none
# Of one frame alone: 12 stretches in 10 minutes at 30 Hz, two-sided, less than one by chance.
BEYOND_CHANCE_SIGMA = 4.6
KEPT = 0.5  # of what a stretch showed before: half of a new difference at once, 7/8 in three frames
MAX_STRETCHES, MIN_STRETCHES = 12, 4  # around the rim: as many as noise lets each be told
WANTED_SIGMA_MM = 0.5  # of a stretch
MAX_STRETCH_SIGMA_MM = 0.7  # 3 sigma is 2 mm: a stretch that tells less proves nothing
MIN_STRETCH_SAMPLES = 6
MIN_TOLD = 3  # stretches
TUKEY = 4.5


@dataclass(frozen=True, eq=False)
class Stretches:
    """Mean differences of the stretches around the rim, and their sigmas in one frame.

    Attributes
    ----------
    means_mm, sigmas_mm : (n,)
        Sigma inf: the stretch was not told in this frame.
    """

    means_mm: Float
    sigmas_mm: Float

    def __post_init__(self) -> None:
        for name in ("means_mm", "sigmas_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def is_told(self) -> Bool:
        """Which stretches prove anything, (n,)."""
        told: Bool = self.sigmas_mm <= MAX_STRETCH_SIGMA_MM
        return told

    def steadied(self, before: Stretches | None) -> Stretches:
        """The means as they have been over the frames that told them; at first they agree.

        A stretch that is told now and then is one of few samples: a single frame of it counts half
        too, and what it showed is kept until it is told again. Sigmas stay those of one frame, and
        are not divided: what stays of a sensor's error does not average out.
        """
        is_known = before is not None and len(before.means_mm) == len(self.means_mm)
        shown = before.means_mm if before is not None and is_known else np.zeros_like(self.means_mm)
        means = np.where(self.is_told, KEPT * shown + (1 - KEPT) * self.means_mm, shown)
        return Stretches(means, self.sigmas_mm)

    def differ(self, n_sigma: float) -> bool:
        """Whether any told stretch is off by more than DESIGN's limit, and by so many sigmas."""
        size = np.abs(self.means_mm)
        off = (size > MAX_DISAGREEMENT_MM) & (size > n_sigma * self.sigmas_mm)
        return bool(np.any(off & self.is_told))


@dataclass(frozen=True, eq=False)
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
    stretches : Stretches or None
        As they have been over the last frames: handed in with the next one.
    """

    largest_mm: float | None
    is_stale: bool
    bending_mm: float
    stretches: Stretches | None = None


def agreement(
    terms: SurveyTerms,
    is_near: Bool,
    axis: Float,
    centre_mm: Float,
    before: Stretches | None = None,
) -> Agreement:
    """Compare the near samples (n,) in stretches around an axis through a centre, camera space.

    `before`: the stretches of the frame before, around the same cone; None: none that compare.
    """
    heights, sigmas = terms.heights_mm[is_near], terms.height_sigmas_mm[is_near]
    weights = terms.weights[is_near]
    whole = float((weights / sigmas**2).sum())  # information on the mean of all, 1/mm^2
    n_stretches = int(np.clip(whole * WANTED_SIGMA_MM**2, MIN_STRETCHES, MAX_STRETCHES))
    stretch = _stretches(terms.points_mm[is_near], axis, centre_mm, n_stretches)
    now = Stretches(*_robust_means(heights, sigmas, weights, stretch, n_stretches))
    is_told = now.is_told
    if int(is_told.sum()) < MIN_TOLD:
        return Agreement(None, is_stale=False, bending_mm=0.0)
    steadied = now.steadied(before)
    is_stale = now.differ(BEYOND_CHANCE_SIGMA) or steadied.differ(SURE_SIGMA)
    size, noise = np.abs(now.means_mm[is_told]), now.sigmas_mm[is_told]
    # the mean square in units of its noise has a standard deviation of sqrt(2 / n)
    explained = (1 + 2 * np.sqrt(2 / len(size))) * float(np.mean(noise**2))
    bending = sigma_of(float(np.mean(size**2)) - explained)
    return Agreement(float(size.max()), is_stale, bending, steadied)


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
