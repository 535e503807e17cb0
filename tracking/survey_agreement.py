"""Whether the aligned map still is the bed: stretches of bed around the rim against it.

Single pixels are too noisy to hold against 2 mm; means over stretches around the rim are not. A
session holds twelve stretches against the limit in 18,000 frames, so 3 sigma of one frame would
call a good map stale now and then: a difference counts at once where it is beyond any noise, and
otherwise where it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.arrays import Bool, Float, frozen
from tracking.sigmas import sigma_of
from tracking.survey_agreement_loops import stretch_means
from tracking.survey_terms import SurveyTerms

MAX_DISAGREEMENT_MM = 2.0  # DESIGN section 2
SURE_SIGMA = 3.0  # a difference that noise explains is none
# Of one frame alone: 12 stretches in 10 minutes at 30 Hz, two-sided, less than one by chance.
BEYOND_CHANCE_SIGMA = 4.6
KEPT = 0.5  # of what a stretch showed before: half of a new difference at once, 7/8 in three frames
MAX_STRETCH_SIGMA_MM = 0.7  # 3 sigma is 2 mm: a stretch that tells less proves nothing
MIN_TOLD = 3  # stretches


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
    now = Stretches(
        *stretch_means(
            terms.heights_mm[is_near],
            terms.height_sigmas_mm[is_near],
            terms.weights[is_near],
            terms.points_mm[is_near],
            axis,
            centre_mm,
        )
    )
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
