"""Hold the roll of a bevelled cone against the direction in which its rim leans.

Rolls and slides can conspire where little of the cone is seen: a wrong roll, slid to touch the
outline, is a dip of the likelihood too. Then the rim, measured without believing the roll, leans
into another direction than the registered one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from tracking.arrays import Float
from tracking.cone_model import EXIT
from tracking.first_search import rolled, shows_face, turned
from tracking.frame_view import FrameView
from tracking.judge import judge
from tracking.pose_change import pose_change
from tracking.pose_covariance import slide_sigma_mm, without_roll, without_slide
from tracking.registration import Dimensions, Registration
from tracking.slide import SURE_SIGMA_MM, slid
from tracking.transforms import invert

MAX_TURN_DEG = 20.0  # between the registered and the measured direction of the bevel
MAX_TURN_SIGMA = 4.0
MAX_OPEN_TURN_DEG = 45.0  # a direction that may be this far off tells no slide
N_TRIALS = 2
TWIN_TURNS_RAD = (-np.pi / 2, np.pi / 2, np.pi)
RIVAL_MISFIT = 1.5  # times the best roll's


def with_known_roll(view: FrameView, result: Registration, *, is_new: bool = False) -> Registration:
    """Follow a rim that leans elsewhere; where that does not help, the roll is unknown.

    With the roll goes a slide that only the rim tells. A roll that is not told at all is sought
    anew: the rim may have come into view where the last roll does not reach it. So is one that
    `is_new`, of which no frame before knows, unless something else tells the slide.
    """
    if view.model.applicator.bevel_deg == 0:
        return result
    view = replace(view, hidden_rim=None)  # it is told for the prior's roll
    if result.is_ok and not result.roll_observable:
        result = _with_found_roll(view, result) or result
    elif result.is_ok and is_new and not _has_sure_slide(view, result):
        result = _with_found_roll(view, result) or without_slide(result)
    for _ in range(N_TRIALS):
        turn_deg = _turn_deg(result)
        if turn_deg == 0.0 or result.camera_from_applicator is None:
            break
        start = turned(result.camera_from_applicator, np.radians(turn_deg))
        followed = judge(view, view.refine(start))
        if not (followed.is_ok and abs(_turn_deg(followed)) < abs(turn_deg)):
            break
        result = followed.with_start(result.start)
    is_sure = _has_sure_slide(view, result)
    if _turn_deg(result) == 0.0:
        return result if is_sure or _shows_direction(result) else without_slide(result)
    return without_roll(result) if is_sure else without_slide(result)


def is_turned(prior: Float, pose: Float) -> bool:
    """Whether a pose has another roll than the one before."""
    return abs(_turn_between_deg(prior, pose)) > MAX_TURN_DEG


def _with_found_roll(view: FrameView, result: Registration) -> Registration | None:
    """The roll that fits the rim best; None where another one fits about as well."""
    if result.camera_from_applicator is None:
        return None
    fits = sorted(
        (_fit(view, start) for start in rolled(view, result.camera_from_applicator)),
        key=lambda fit: fit.rim_px,
    )
    best = next((fit for fit in fits if fit.tells_roll), None)
    if best is None:
        return None
    rivals = chain(fits, (_fit(view, start) for start in _twins(view, best.pose)))
    is_sure = not any(_is_rival(rival, best) for rival in rivals)
    return best.registration.with_start(result.start) if is_sure else None


@dataclass(frozen=True, eq=False)
class _Fit:
    """A refined roll, and how far the rim's outline lies off its form, px (mean; inf: unseen)."""

    pose: Float
    registration: Registration
    rim_px: float

    @property
    def tells_roll(self) -> bool:
        """Whether it may be believed, roll and all."""
        return self.registration.is_ok and self.registration.roll_observable


def _fit(view: FrameView, start: Float) -> _Fit:
    refined = view.refine(start)
    rims = [edge.offsets_px for edge in refined.edges if edge.name == EXIT]
    off_px = float(np.abs(rims[0] - np.median(rims[0])).mean()) if rims else float("inf")
    found = judge(view, refined)
    return _Fit(refined.pose, found, off_px if found.is_ok else float("inf"))


def _twins(view: FrameView, pose: Float) -> list[Float]:
    """Other rolls, slid until the rim's nearest point is where it is."""
    applicator = view.model.applicator
    camera = invert(pose)[:3, 3]
    azimuth = np.arctan2(camera[1], camera[0])
    return [
        slid(
            turned(pose, turn),
            applicator.bevel_rise_mm * float(np.cos(azimuth - turn) - np.cos(azimuth)),
        )
        for turn in TWIN_TURNS_RAD
    ]


def _is_rival(other: _Fit, best: _Fit) -> bool:
    """Whether another roll fits nearly as well."""
    is_other = abs(_turn_between_deg(best.pose, other.pose)) > MAX_OPEN_TURN_DEG
    return is_other and other.rim_px < RIVAL_MISFIT * best.rim_px


def _turn_between_deg(first: Float, second: Float) -> float:
    """By how much the second pose is turned about the first one's axis."""
    return float(np.degrees(pose_change(first, second)[:3] @ first[:3, 2]))


def _turn_deg(result: Registration) -> float:
    """How far the measured bevel is turned from the registered one; 0: as far as chance allows."""
    dimensions = result.dimensions
    if dimensions is None or not result.roll_observable:
        return 0.0
    turn_deg = abs(dimensions.bevel_direction_deg)
    if not np.isfinite(turn_deg) or turn_deg <= max(
        MAX_TURN_DEG, MAX_TURN_SIGMA * _direction_sigma_deg(dimensions)
    ):
        return 0.0
    return dimensions.bevel_direction_deg


def _has_sure_slide(view: FrameView, result: Registration) -> bool:
    """Whether something else than the rim tells the slide."""
    pose = result.camera_from_applicator
    return slide_sigma_mm(result) <= SURE_SIGMA_MM or (pose is not None and shows_face(view, pose))


def _shows_direction(result: Registration) -> bool:
    """Whether the rim tells its direction well enough to tell the slide too."""
    dimensions = result.dimensions
    if dimensions is None:
        return False
    return MAX_TURN_SIGMA * _direction_sigma_deg(dimensions) <= MAX_OPEN_TURN_DEG


def _direction_sigma_deg(dimensions: Dimensions) -> float:
    return float(
        np.degrees(np.arctan2(dimensions.bevel_sigma_deg, max(dimensions.bevel_deg, 1e-6)))
    )
