"""Pose of a flat board from one view, by a lens that is known."""

from __future__ import annotations

import cv2
import numpy as np

from calibration.board_view import BoardView
from calibration.lens import Lens
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import rigid, rotation_from_vector, transform_points


def board_pose(view: BoardView, lens: Lens) -> Float:
    """Return `camera_from_board`: IPPE's better solution (Collins 2014), refined on pixels.

    Raises
    ------
    CalibrationError
        The points have no pose.
    """
    rays = lens.normalised(view.points_px).reshape(-1, 1, 2)
    points = np.ascontiguousarray(view.points_mm).reshape(-1, 1, 3)
    try:
        n_found, turns, shifts, _ = cv2.solvePnPGeneric(
            points, rays, np.eye(3), np.zeros(4), flags=cv2.SOLVEPNP_IPPE
        )
        turns, shifts = turns[:n_found], shifts[:n_found]  # none: the line below raises
        pixels = np.ascontiguousarray(view.points_px).reshape(-1, 1, 2)
        turn, shift = cv2.solvePnPRefineLM(
            points, pixels, lens.matrix, lens.distortion, turns[0], shifts[0]
        )
    except (cv2.error, IndexError) as error:
        raise CalibrationError(
            f"{view.name}: the board's points have no pose.",
            expected="at least four points that are not on one line",
            actual=f"{view.n_points} points",
            remedy="Leave the picture out.",
        ) from error
    return rigid(rotation_from_vector(np.ravel(turn)), np.ravel(shift))


def reprojection_px(view: BoardView, lens: Lens, camera_from_board: Float) -> Float:
    """Seen minus expected pixels, shape (n, 2)."""
    return view.points_px - lens.project(transform_points(camera_from_board, view.points_mm))
