"""Whether the robot moved enough, about enough axes, and in the unit that was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from calibration.hand_eye_closed import solve
from calibration.hand_eye_errors import mirrored
from calibration.hand_eye_sight import Sight
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import invert

MIN_TURN_DEG = 5.0  # largest turn between two poses; below, corner noise is all there is
GOOD_TURN_DEG = 30.0  # Tsai-Lenz 1989: the error falls with the angle between poses
MIN_SECOND_DEG = 2.0  # root mean square turn about the second axis
GOOD_SECOND_DEG = 10.0
GOOD_N_POSES = 12
GOOD_SHIFT_MM = 50.0
N_SUBSETS = 40
N_SUBSET = 5
MAX_SPREAD = 0.5  # of the middle: subsets that agree on a sign, and do not draw it
UNIT_FACTOR = 30.0  # half of 1000 on a logarithmic scale, nearly


@dataclass(frozen=True)
class MotionDiversity:
    """`second_turn_deg`: rms turn about the second axis; 0 if every turn is about one axis."""

    n_poses: int
    largest_turn_deg: float
    second_turn_deg: float
    shift_mm: float
    advice: tuple[str, ...]


def judge_motion(sights: Sequence[Sight]) -> MotionDiversity:
    """Measure the motion and advise.

    Raises
    ------
    CalibrationError
        It does not determine the rig: no turn, or turns about one axis only.
    """
    turns = _turns(sights)
    largest = float(np.degrees(np.linalg.norm(turns, axis=1).max()))
    values = np.linalg.svd(turns, compute_uv=False)
    second = float(np.degrees(values[1] / np.sqrt(len(turns))))
    if largest < MIN_TURN_DEG or second < MIN_SECOND_DEG:
        raise CalibrationError(
            "The robot's motion does not determine the rig.",
            expected=f"turns of at least {MIN_TURN_DEG:g} deg, about at least two axes",
            actual=f"turns of up to {largest:.1f} deg, about a second axis {second:.2f} deg",
            remedy="Turn the robot by 20 to 60 degrees about different axes between pictures.",
        )
    places = np.array([sight.motion[:3, 3] for sight in sights])
    shift = float(np.linalg.norm(np.ptp(places, axis=0)))
    found = (
        (len(sights) < GOOD_N_POSES, f"only {len(sights)} poses: take {GOOD_N_POSES} or more"),
        (
            largest < GOOD_TURN_DEG,
            f"the largest turn is {largest:.0f} deg: turn by {GOOD_TURN_DEG:g} to 60 deg",
        ),
        (
            second < GOOD_SECOND_DEG,
            f"turns about a second axis are of {second:.0f} deg only: make them 20 to 60 deg",
        ),
        (shift < GOOD_SHIFT_MM, f"the robot moved by {shift:.0f} mm only: a wrong unit would hide"),
    )
    return MotionDiversity(
        len(sights), largest, second, shift, tuple(text for is_so, text in found if is_so)
    )


def check_unit(sights: Sequence[Sight], unit: str, seed: int) -> None:
    """Refuse lengths that are a thousandth or a thousandfold of the board's, or run backwards.

    Raises
    ------
    CalibrationError
        As said; names the other unit.
    """
    scales = rough_scales(sights, seed)
    low, middle, high = np.quantile(scales, [0.25, 0.5, 0.75])
    if high < 0 and high - low < MAX_SPREAD * -middle:
        raise mirrored(f"{1 / middle:.3g} of the board's")
    scale = float(np.median(scales[scales > 0])) if (scales > 0).any() else 1.0
    if 1 / UNIT_FACTOR < scale < UNIT_FACTOR:
        return
    other = "m" if scale >= UNIT_FACTOR else "mm"
    likely = f'; they look like "{other}"' if other != unit else ""
    raise CalibrationError(
        "The poses' unit does not fit the board.",
        expected=f'translations in {unit}, as "unit" says, that move the board as it is seen',
        actual=f"the board moves {scale:.3g} times as far as the poses say{likely}",
        remedy='Correct "unit" in the poses, or the sizes in --board.',
    )


def rough_scales(sights: Sequence[Sight], seed: int) -> Float:
    """How far the board moves over how far the poses say, by each of some random subsets."""
    rng = np.random.default_rng(seed)
    scales = []
    for _ in range(N_SUBSETS):
        chosen = rng.choice(len(sights), size=min(N_SUBSET, len(sights)), replace=False)
        scale = _scale([sights[i] for i in sorted(chosen.tolist())])
        if scale is not None:
            scales.append(scale)
    return np.array(scales or [1.0])


def _scale(sights: Sequence[Sight]) -> float | None:
    """Solve (R_A - I) t_X + s t_A = R_X t_B for t_X and s, R_X from the turns (Park-Martin)."""
    chains = solve(sights, ("Park-Martin",))
    if not chains:
        return None
    rotation = chains[0].mount_from_camera[:3, :3]
    left, right = [], []
    for first, second in combinations(sights, 2):
        a = first.motion @ invert(second.motion)
        b = first.camera_from_board @ invert(second.camera_from_board)
        left.append(np.hstack([a[:3, :3] - np.eye(3), a[:3, 3:]]))
        right.append(rotation @ b[:3, 3])
    matrix = np.concatenate(left)
    sizes = np.linalg.norm(matrix, axis=0)
    if not np.all(sizes > 0):
        return None
    solution = np.linalg.lstsq(matrix / sizes, np.concatenate(right), rcond=None)[0] / sizes
    return float(solution[3]) if np.isfinite(solution[3]) and solution[3] else None


def _turns(sights: Sequence[Sight]) -> Float:
    """Rotation vectors between every two poses, shape (n, 3), rad."""
    turns = []
    for first, second in combinations(sights, 2):
        relative = first.motion[:3, :3] @ second.motion[:3, :3].T
        turns.append(np.ravel(cv2.Rodrigues(np.ascontiguousarray(relative))[0]))
    return np.array(turns)
