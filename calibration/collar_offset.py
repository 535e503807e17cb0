"""Where a marker collar truly sits on its applicator, from views that measured both apart.

    applicator_from_collar = invert(camera_from_applicator) @ camera_from_collar

The identity, where the paper is where the catalogue puts it. A cone whose roll depth does not tell
gets the collar's: the offset then has no turn about the axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.twist import mean_pose, twist_between, worst_sigma
from tracking.arrays import Bool, Float
from tracking.errors import CalibrationError
from tracking.transforms import angle_between_deg, invert, rigid, rotation_from_vector

MIN_VIEWS = 3
MAX_OUTLIER_RATIO = 5.0  # of the middle view's distance from the median
STEADY_MM, STEADY_DEG = 0.5, 0.5  # a view that lies nearer to the others is never an outlier
GOOD_TURN_DEG = 15.0  # between views: below it, errors of the camera are the same in all of them


@dataclass(frozen=True, eq=False)
class CollarOffset:
    """`applicator_from_collar`, and the sigmas of its mean from the scatter of the views.

    `is_used` of each view; `off_mm`, `off_deg`: how far each lies from the mean. `is_roll_known`:
    the turn about the axis was measured, not taken from the collar. `view_turn_deg`: largest turn
    of the applicator before the camera, between the views used.
    """

    applicator_from_collar: Float
    position_sigma_mm: float
    angle_sigma_deg: float
    is_used: Bool
    off_mm: Float
    off_deg: Float
    is_roll_known: bool
    view_turn_deg: float

    @property
    def n_views(self) -> int:
        """How many views the mean rests on."""
        return int(self.is_used.sum())

    @property
    def along_mm(self) -> float:
        """How far the paper sits towards the source."""
        return float(self.applicator_from_collar[2, 3])

    @property
    def across_mm(self) -> float:
        """How far its middle lies beside the axis."""
        return float(np.linalg.norm(self.applicator_from_collar[:2, 3]))

    @property
    def tilt_deg(self) -> float:
        """Between the collar's axis and the applicator's."""
        return angle_between_deg(self.applicator_from_collar[:3, 2], np.array([0.0, 0.0, 1.0]))

    @property
    def roll_deg(self) -> float:
        """About the axis; 0 where it is not known."""
        return float(np.degrees(_roll(self.applicator_from_collar[:3, :3])))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the sigmas do not hold."""
        if self.view_turn_deg >= GOOD_TURN_DEG:
            return ()
        text = (
            f"the applicator is seen from one side ({self.view_turn_deg:.0f} deg): errors of depth "
            "and of the colour camera's place are the same in all views, and not in the sigma"
        )
        return (text,)


def collar_offset(
    camera_from_applicator: Sequence[Float],
    camera_from_collar: Sequence[Float],
    *,
    is_roll_known: bool = True,
) -> CollarOffset:
    """Mean place of a collar; views far from the others are left out.

    Raises
    ------
    CalibrationError
        Fewer than `MIN_VIEWS` views that agree.
    """
    pairs = list(zip(camera_from_applicator, camera_from_collar, strict=True))
    _require(len(pairs), len(pairs))
    offsets = np.array([invert(applicator) @ collar for applicator, collar in pairs])
    if not is_roll_known:
        offsets = np.array([_without_roll(offset) for offset in offsets])
    middle = np.median(offsets[:, :3, 3], axis=0)
    centre = offsets[int(np.argmin(np.linalg.norm(offsets[:, :3, 3] - middle, axis=1)))]
    off_mm, off_deg = _off(offsets, centre)
    used = (off_mm <= _limit(off_mm, STEADY_MM)) & (off_deg <= _limit(off_deg, STEADY_DEG))
    n = int(used.sum())
    _require(n, len(pairs))
    mean = mean_pose(offsets[used])
    mean[:3, 3] = offsets[used, :3, 3].mean(axis=0)
    twists = np.array([twist_between(offset, mean)[:3] for offset in offsets[used]])
    shifts = offsets[used, :3, 3] - mean[:3, 3]
    off_mm, off_deg = _off(offsets, mean)
    return CollarOffset(
        applicator_from_collar=mean,
        position_sigma_mm=worst_sigma(shifts.T @ shifts / (n - 1) / n),
        angle_sigma_deg=float(np.degrees(worst_sigma(twists.T @ twists / (n - 1) / n))),
        is_used=used,
        off_mm=off_mm,
        off_deg=off_deg,
        is_roll_known=is_roll_known,
        view_turn_deg=_largest_turn_deg([p for p, u in zip(pairs, used, strict=True) if u]),
    )


def _limit(off: Float, steady: float) -> float:
    """Largest distance of a view from the middle one, whose own 0 does not count."""
    others = np.sort(off)[1:]
    return max(steady, MAX_OUTLIER_RATIO * float(np.median(others)))


def _off(offsets: Float, mean: Float) -> tuple[Float, Float]:
    turns = np.array([twist_between(offset, mean)[:3] for offset in offsets])
    apart = np.linalg.norm(offsets[:, :3, 3] - mean[:3, 3], axis=1)
    return apart, np.degrees(np.linalg.norm(turns, axis=1))


def _largest_turn_deg(pairs: Sequence[tuple[Float, Float]]) -> float:
    first = pairs[0][1]
    turns = [twist_between(collar, first)[:3] for _, collar in pairs]
    return float(np.degrees(np.linalg.norm(turns, axis=1).max()))


def _roll(rotation: Float) -> float:
    """Turn about z that brings a rotation nearest to the identity, rad."""
    return float(np.arctan2(rotation[1, 0] - rotation[0, 1], rotation[0, 0] + rotation[1, 1]))


def _without_roll(offset: Float) -> Float:
    turn = rotation_from_vector([0.0, 0.0, -_roll(offset[:3, :3])])
    return np.asarray(rigid(turn, np.zeros(3)) @ offset)


def _require(n: int, n_given: int) -> None:
    if n < MIN_VIEWS:
        raise CalibrationError(
            "Too few views of the collar on its applicator.",
            expected=f"at least {MIN_VIEWS} that agree",
            actual=f"{n} of {n_given}",
            remedy="Take more views from different sides, and move nothing while one is taken.",
        )
