"""Hand-eye calibration in closed form, by every solver that OpenCV has.

AX = XB: Tsai-Lenz 1989, Park-Martin 1994, Horaud-Dornaika 1995, Andreff 1999, Daniilidis 1999.
AX = ZB: Shah 2013, Li 2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from calibration.hand_eye_sight import Sight
from calibration.twist import mean_pose
from tracking.arrays import Float
from tracking.transforms import ORTHONORMAL_TOLERANCE, invert, orthonormal_error, rigid

PAIRS = {
    "Tsai-Lenz": cv2.CALIB_HAND_EYE_TSAI,
    "Park-Martin": cv2.CALIB_HAND_EYE_PARK,
    "Horaud-Dornaika": cv2.CALIB_HAND_EYE_HORAUD,
    "Andreff": cv2.CALIB_HAND_EYE_ANDREFF,
    "Daniilidis": cv2.CALIB_HAND_EYE_DANIILIDIS,
}
BOTH = {
    "Shah": cv2.CALIB_ROBOT_WORLD_HAND_EYE_SHAH,
    "Li": cv2.CALIB_ROBOT_WORLD_HAND_EYE_LI,
}
QUICK = ("Park-Martin", "Daniilidis")


@dataclass(frozen=True, eq=False)
class Chain:
    """The two unknowns. See `hand_eye_sight` for the spaces."""

    solver: str
    mount_from_camera: Float
    other_from_board: Float

    def expected(self, motion: Float) -> Float:
        """`camera_from_board` at this pose of the robot."""
        return invert(self.mount_from_camera) @ motion @ self.other_from_board


def solve(sights: Sequence[Sight], solvers: Sequence[str] = (*PAIRS, *BOTH)) -> list[Chain]:
    """Return what each solver finds; one that fails is left out."""
    motions = [sight.motion for sight in sights]
    poses = [sight.camera_from_board for sight in sights]
    found = []
    for name in solvers:
        try:
            mount_from_camera = _mount_from_camera(name, motions, poses)
        except (cv2.error, np.linalg.LinAlgError):
            continue
        if not _is_pose(mount_from_camera):
            continue
        others = [invert(m) @ mount_from_camera @ p for m, p in zip(motions, poses, strict=True)]
        found.append(Chain(name, mount_from_camera, mean_pose(np.array(others))))
    return found


def _mount_from_camera(name: str, motions: Sequence[Float], poses: Sequence[Float]) -> Float:
    seen = ([p[:3, :3] for p in poses], [p[:3, 3] for p in poses])
    if name in PAIRS:
        back = [invert(m) for m in motions]
        rotation, shift = cv2.calibrateHandEye(
            [m[:3, :3] for m in back], [m[:3, 3] for m in back], *seen, method=PAIRS[name]
        )
        return rigid(rotation, np.ravel(shift))
    _, _, rotation, shift = cv2.calibrateRobotWorldHandEye(
        *seen, [m[:3, :3] for m in motions], [m[:3, 3] for m in motions], method=BOTH[name]
    )
    camera_from_mount = rigid(rotation, np.ravel(shift))
    return invert(camera_from_mount)


def _is_pose(transform: Float) -> bool:
    return bool(
        np.isfinite(transform).all()
        and orthonormal_error(transform[:3, :3]) < 1000 * ORTHONORMAL_TOLERANCE
        and np.linalg.det(transform[:3, :3]) > 0
    )
