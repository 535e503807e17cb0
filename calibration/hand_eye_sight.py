"""One pose of the robot and the board as the camera saw it: what a hand-eye calibration is made of.

    camera_from_board = invert(mount_from_camera) @ motion @ other_from_board

`hand` (camera on the gripper): motion = gripper_from_base, mount the gripper, other the base.
`world` (camera fixed, board on the gripper): motion = base_from_gripper, mount the base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from calibration.board_pose import board_pose, reprojection_px
from calibration.board_view import BoardView
from calibration.lens import Lens
from tracking.arrays import Float
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

Mount = Literal["hand", "world"]


@dataclass(frozen=True, eq=False)
class Sight:
    """`covariance` (6, 6) of `camera_from_board` as a twist in camera space, from corner noise.

    `turned_from_board`: what half a turn makes of the board's space; None where it cannot be
    mistaken for its own half turn.
    """

    name: str
    motion: Float
    camera_from_board: Float
    covariance: Float
    centre_mm: Float
    turned_from_board: Float | None = None


def motion_of(base_from_gripper: Float, mount: Mount) -> Float:
    """The robot's part of the chain."""
    return invert(base_from_gripper) if mount == "hand" else base_from_gripper


def make_sights(
    views: Sequence[BoardView],
    motions: Sequence[Float],
    lens: Lens,
    turned_from_board: Float | None = None,
) -> tuple[list[Sight], float]:
    """Return the sights, and the corner noise in pixels, common to all views.

    Raises
    ------
    CalibrationError
        A view without a pose.
    """
    poses = [board_pose(view, lens) for view in views]
    residuals = [reprojection_px(v, lens, p) for v, p in zip(views, poses, strict=True)]
    loss = np.array([float((r**2).sum()) / (2 * len(r) - 6) for r in residuals])
    noise_px = float(np.sqrt(np.median(loss) if len(loss) > 2 else loss.mean()))
    sights = [
        Sight(
            view.name,
            motion,
            pose,
            noise_px**2 * _unit_covariance(view, lens, pose),
            view.points_mm.mean(axis=0),
            turned_from_board,
        )
        for view, motion, pose in zip(views, motions, poses, strict=True)
    ]
    return sights, noise_px


def half_turn(size_mm: Float) -> Float:
    """Half a turn of a board of this size (width, height) about its middle."""
    return rigid(rotation_from_vector([0, 0, np.pi]), [size_mm[0], size_mm[1], 0.0])


def _unit_covariance(view: BoardView, lens: Lens, camera_from_board: Float) -> Float:
    points = np.ascontiguousarray(transform_points(camera_from_board, view.points_mm))
    zero = np.zeros(3)
    _, jacobian = cv2.projectPoints(
        points.reshape(-1, 1, 3), zero, zero, lens.matrix, lens.distortion
    )
    by_twist = np.asarray(jacobian[:, :6], dtype=np.float64)  # at the identity: about the camera
    return np.asarray(np.linalg.inv(by_twist.T @ by_twist))
