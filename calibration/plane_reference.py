"""The true plane of a board that the camera's picture shows, in the space of the depth camera.

Its corners place the board (PnP), the board's face is the plane: what depth should measure. The
sigma of the distance holds the corners' noise in one picture (what errs in them stays from frame to
frame, so it is not averaged away), the scatter between frames, and the lens's own covariance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.board_view import BoardView
from calibration.hand_eye_sight import Sight, make_sights
from calibration.lens import Lens
from calibration.lens_sigma import spread_by_lens
from calibration.plane_frames import Region
from calibration.twist import motion
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.errors import CalibrationError
from tracking.transforms import angle_between_deg, transform_points

MIN_VIEWS = 3
MIN_VIEW_SHARE = 0.5  # of the frames: a board that is seen less often is moved or badly lit
MAX_TILT_DEG = 70.0  # of the plane to the optical axis: steeper, and the axis meets it anywhere
STEP = 1e-4  # of a twist (rad, mm): small beside any board, large beside rounding
INSET = 0.9  # of the printed part, about its middle: pixels at its edge mix with what is behind
SIGNS = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])


@dataclass(frozen=True, eq=False)
class PlaneReference:
    """`distance_mm`: z at which the depth camera's axis meets the plane; `sigma_mm` in total.

    `noise_mm`, `scatter_mm`, `lens_mm`: what `sigma_mm` is made of. `normal`: towards the camera.
    `region`: pixels of the depth grid that the board's printed part fills.
    """

    distance_mm: float
    sigma_mm: float
    noise_mm: float
    scatter_mm: float
    lens_mm: float
    normal: Float
    region: Region
    n_views: int


def plane_reference(
    views: Sequence[BoardView],
    n_frames: int,
    lens: Lens,
    lens_covariance: Float | None,
    depth_from_picture: Float,
    grid: CameraIntrinsics,
) -> PlaneReference:
    """Return the plane from the views of a board that stands still.

    Raises
    ------
    CalibrationError
        The board is seen in too few of the frames, is tilted too much, or is not before the middle
        of the depth picture.
    """
    if len(views) < max(MIN_VIEWS, MIN_VIEW_SHARE * n_frames):
        raise CalibrationError(
            "The board is seen in too few frames of the recording.",
            expected=f"at least {max(MIN_VIEWS, int(np.ceil(MIN_VIEW_SHARE * n_frames)))} "
            f"of {n_frames}",
            actual=str(len(views)),
            remedy="Check --board and the light, and show the whole board to the camera.",
        )
    sights, _ = make_sights(views, [np.eye(4)] * len(views), lens)
    poses = [depth_from_picture @ sight.camera_from_board for sight in sights]
    distances = np.array([axis_depth_mm(pose) for pose in poses])
    middle = int(np.argsort(distances)[len(distances) // 2])
    normal = poses[middle][:3, 2]
    tilt = angle_between_deg(normal, np.array([0.0, 0.0, 1.0]))
    if not tilt <= MAX_TILT_DEG:
        raise CalibrationError(
            "The board is tilted too much to be a plane of known distance.",
            expected=f"at most {MAX_TILT_DEG:g} deg to the picture",
            actual=f"{tilt:.0f} deg",
        )
    noise = _noise_mm(sights[middle], depth_from_picture)
    scatter = float(distances.std(ddof=1) / np.sqrt(len(distances)))
    by_lens = 0.0
    if lens_covariance is not None:
        chosen = [views[middle]]

        def distance_of(moved: Lens) -> Float:
            pose = make_sights(chosen, [np.eye(4)], moved)[0][0].camera_from_board
            return np.array([axis_depth_mm(depth_from_picture @ pose)])

        by_lens = float(np.sqrt(spread_by_lens(distance_of, lens, lens_covariance)[0, 0]))
    return PlaneReference(
        distance_mm=float(distances.mean()),
        sigma_mm=float(np.sqrt(noise**2 + scatter**2 + by_lens**2)),
        noise_mm=noise,
        scatter_mm=scatter,
        lens_mm=by_lens,
        normal=np.asarray(-normal),
        region=board_region(views[middle].points_mm, poses[middle], grid),
        n_views=len(views),
    )


def axis_depth_mm(camera_from_board: Float) -> float:
    """Depth z at which the camera's axis meets the board's plane."""
    normal = camera_from_board[:3, 2]
    return float(normal @ camera_from_board[:3, 3] / normal[2])


def board_region(points_mm: Float, camera_from_board: Float, grid: CameraIntrinsics) -> Region:
    """The largest upright rectangle about the picture's middle that the seen points' span fills.

    Raises
    ------
    CalibrationError
        The middle of the picture does not lie on the board.
    """
    low, high = points_mm.min(axis=0), points_mm.max(axis=0)
    middle, half = (low + high) / 2, INSET * (high - low) / 2
    corners = transform_points(camera_from_board, middle + SIGNS * half)
    uv = corners[:, :2] / corners[:, 2:] * [grid.fx, grid.fy]  # about the principal point
    sides = np.roll(uv, -1, axis=0) - uv
    outwards = np.column_stack([sides[:, 1], -sides[:, 0]])
    outwards *= np.sign(np.einsum("ki,ki->k", outwards, uv - uv.mean(axis=0)))[:, None]
    reach = np.einsum("ki,ki->k", outwards, uv)  # of each side from the principal point
    if not (reach > 0).all():
        beside = -float((reach / np.linalg.norm(outwards, axis=1)).min())
        raise CalibrationError(
            "The board does not lie before the middle of the depth picture.",
            expected="the optical axis on the board's printed part, in every recording",
            actual=f"the axis passes it by {beside:.0f} px",
            remedy="Move the board into the middle, or give --distance-mm instead of --board.",
        )
    room = min(grid.cx, grid.width - 1 - grid.cx), min(grid.cy, grid.height - 1 - grid.cy)
    scale = min(1.0, float((reach / (np.abs(outwards) @ room)).min()))
    half_u, half_v = (int(scale * side) for side in room)
    u, v = round(grid.cx), round(grid.cy)
    return Region(u - half_u, v - half_v, u + half_u + 1, v + half_v + 1)


def _noise_mm(sight: Sight, depth_from_picture: Float) -> float:
    """1-sigma of the distance by one picture's corner noise."""
    slope = np.array(
        [
            (
                axis_depth_mm(depth_from_picture @ motion(step) @ sight.camera_from_board)
                - axis_depth_mm(depth_from_picture @ motion(-step) @ sight.camera_from_board)
            )
            / (2 * STEP)
            for step in STEP * np.eye(6)
        ]
    )
    return float(np.sqrt(slope @ sight.covariance @ slope))
