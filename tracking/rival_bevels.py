"""Could another bevel's rim lie where this one's was measured? Asked where little of it is seen.

A short arc of the rim tells how high it lies and how it leans there. Which bevel that is follows
with the roll, and a wrong bevel at a wrong roll, drawn over by tissue or met at a corner only, is
a dip of the likelihood too, whose sigma knows nothing of the others. So every bevel of the
diameter is fitted as itself at the rolls that suit it best, and all of them are held against the
pixels around the exit.

Fails to: a bevel that is not told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.cone_models import ConeModels
from tracking.first_search import exit_pixels, rolled
from tracking.frame_view import FrameView
from tracking.identity import fits, identify
from tracking.judge import judge
from tracking.pose_score import ScorePixels, contradictions
from tracking.registration import Dimensions, Registration
from tracking.slide import MIN_CONTRADICTIONS, slid

LONG_ARC_DEG = 100.0  # of the rim. Of 1,624 bevels measured on 80 deg or more none erred by more
# than 2.3 sigma; of 57 measured on less, four erred by more than 3.5
UNTOLD_DEG = 90.0  # sigma of a bevel that is not told
N_JUDGING_PIXELS = 6000  # every pixel around the exit of a 90 mm cone at 0.5 m


@dataclass(frozen=True)
class _Fit:
    """How a bevel explains the view: pixels around the exit that contradict it, its own measure."""

    n_contradicting: float
    agrees: bool


def held_against_bevels(
    view: FrameView, fitted: Registration, models: ConeModels
) -> Dimensions | None:
    """The dimensions, their bevel not told where another one explains the view about as well.

    Parameters
    ----------
    view : FrameView
        With the model that was fitted.
    """
    known, pose = fitted.dimensions, fitted.camera_from_applicator
    if known is None or pose is None or known.rim_arc_deg >= LONG_ARC_DEG:
        return known
    planned = view.model.applicator
    named = identify(known, planned, models.peers(planned))
    entry = models.catalogue.get(named.value or "", planned)
    if not named.decided:
        return known
    pixels = exit_pixels(view, pose, N_JUDGING_PIXELS)
    own = _fit(view, pose, entry, models, pixels)
    if not own.agrees:
        return _with_untold_bevel(known)
    for rival in models.rivals(entry):
        if rival.inner_diameter_mm == entry.inner_diameter_mm:
            other = _fit(view, pose, rival, models, pixels)
            if other.agrees and other.n_contradicting < own.n_contradicting + MIN_CONTRADICTIONS:
                return _with_untold_bevel(known)
    return known


def _with_untold_bevel(dimensions: Dimensions) -> Dimensions:
    return replace(dimensions, bevel_sigma_deg=UNTOLD_DEG, covariance=None)


def _fit(
    view: FrameView, pose: Float, entry: Applicator, models: ConeModels, pixels: ScorePixels
) -> _Fit:
    """The entry fitted as itself, its top where the pose of `view.model` has it."""
    length_mm = view.model.applicator.length_mm
    own = replace(view, model=models.model(entry), hidden_rim=None)
    found = []
    for start in rolled(own, slid(pose, length_mm - entry.length_mm)):
        refined = own.refine(start)
        known = judge(own, refined).dimensions
        count = contradictions(own.model, refined.pose, pixels, own.tolerance_mm(refined.pose))
        found.append(_Fit(count, known is None or fits(known, entry)))
    return min(found, key=lambda fit: (not fit.agrees, fit.n_contradicting))
