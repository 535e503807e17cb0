"""Whether the part of the rig that is fixed in the view still is where it was calibrated.

A camera that was bumped on its head makes every docking quantity wrong without a sign. One frame
tells the distance to 0.03 mm and a tilt to about 0.1 deg only, so the tilt is told by the mean of
the last frames. What a caller keeps between frames goes in and comes out.

Fails to: cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.fiducial_sight import MIN_VALID_FRACTION, FiducialSight, see_fiducial
from tracking.picture import ColorPicture
from tracking.rig import Fiducial

MAX_SHIFT_MM = 0.5  # a bump that matters: half of the smallest docking tolerance in use
MAX_TURN_DEG = 0.1
K_MEAN = 3.0  # a mean counts as in place only this many sigma inside the limit
K_SHARP = 6.0  # of a mean that can say "moved": noise alone never leads it out of "in place"
K_SINGLE = 5.0  # one frame alone says "moved" only this many sigma outside it
N_WINDOW = 60  # frames that are averaged: 2 s at 30 per second
WINDOW_NS = 3_000_000_000  # older frames say nothing of now
MM_FLOOR, DEG_FLOOR = 0.02, 0.003  # of a mean: what averaging does not take away


class FiducialStatus(StrEnum):
    """IN_PLACE: proven. MOVED: seen elsewhere. CANNOT_TELL: hidden, or not yet enough frames."""

    IN_PLACE = "IN_PLACE"
    MOVED = "MOVED"
    CANNOT_TELL = "CANNOT_TELL"


@dataclass(frozen=True)
class FiducialState:
    """The sights of the last frames with their stamps, oldest first."""

    sights: tuple[tuple[int, FiducialSight], ...] = ()


@dataclass(frozen=True)
class FiducialCheck:
    """The answer, and how far it moved: means of the last frames, None where not told.

    `sees_slide` is False where nothing shows a slide or spin within the fiducial's plane.
    """

    status: FiducialStatus
    shift_mm: float | None = None
    turn_deg: float | None = None
    n_frames: int = 0
    sees_slide: bool = False


def watch(
    fiducial: Fiducial,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    picture: ColorPicture | None,
    stamp_ns: int,
    state: FiducialState,
) -> tuple[FiducialCheck, FiducialState]:
    """Check one frame. `depth_mm` is without the rig's bias.

    A rig without a calibrated plane has its median depth compared, frame by frame, as before.
    """
    if fiducial.plane is None:
        return FiducialCheck(_by_median(fiducial, depth_mm)), state
    sight = see_fiducial(fiducial, depth_mm, intrinsics, noise, picture)
    recent = tuple(
        (stamp, old)
        for stamp, old in state.sights[-(N_WINDOW - 1) :]
        if 0 < stamp_ns - stamp <= WINDOW_NS
    )
    if sight is None:
        return FiducialCheck(FiducialStatus.CANNOT_TELL), FiducialState(recent)
    state = FiducialState((*recent, (stamp_ns, sight)))
    return _judged([old for _, old in state.sights], sight), state


def _judged(sights: list[FiducialSight], newest: FiducialSight) -> FiducialCheck:
    """Hold the newest frame, then the mean of all, against the limits."""
    n = len(sights)
    limits = (
        (MAX_SHIFT_MM, MM_FLOOR, _single_mm(newest)),
        (MAX_TURN_DEG, DEG_FLOOR, _single_deg(newest)),
    )
    lengths, in_place, is_sharp, moved = [], True, True, False
    for k, (limit, floor, single) in enumerate(limits):
        rows = np.array([sight.lengths[k] for sight in sights])
        mean = float(np.linalg.norm(rows.mean(axis=0)))
        sigma = max(floor, max(single, _spread(rows)) / float(np.sqrt(n)))
        lengths.append(mean)
        now = float(np.linalg.norm(rows[-1]))
        moved |= now - K_SINGLE * max(single, _spread(rows[:-1])) > limit
        moved |= mean - K_MEAN * sigma > limit
        is_sharp &= (K_MEAN + K_SHARP) * sigma <= limit
        in_place &= mean + K_MEAN * sigma <= limit
    if moved or (is_sharp and not in_place):
        status = FiducialStatus.MOVED
    else:
        status = FiducialStatus.IN_PLACE if in_place else FiducialStatus.CANNOT_TELL
    return FiducialCheck(status, lengths[0], lengths[1], n, newest.spin_deg is not None)


def _single_mm(sight: FiducialSight) -> float:
    return max(sight.offset_sigma_mm, sight.shift_sigma_mm)


def _single_deg(sight: FiducialSight) -> float:
    return max(sight.tilt_sigma_deg, sight.spin_sigma_deg)


def _spread(rows: Float) -> float:
    """Largest standard deviation of a component over the frames; 0 of fewer than three."""
    return float(rows.std(axis=0, ddof=1).max()) if len(rows) > 2 else 0.0


def _by_median(fiducial: Fiducial, depth_mm: NDArray[np.float32]) -> FiducialStatus:
    """Compare the median depth of the region with the calibrated one."""
    u0, v0, u1, v1 = fiducial.region_px
    region = depth_mm[v0:v1, u0:u1]
    valid = region[region > 0]
    if region.size == 0 or valid.size < MIN_VALID_FRACTION * region.size:
        return FiducialStatus.CANNOT_TELL
    off_mm = abs(float(np.median(valid)) - fiducial.depth_mm)
    return FiducialStatus.IN_PLACE if off_mm <= MAX_SHIFT_MM else FiducialStatus.MOVED
