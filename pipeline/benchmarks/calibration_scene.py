"""Simulated calibrations: a known lens, board and rig, and corners with realistic noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from calibration.board_spec import BoardSpec, parse_board
from calibration.board_view import BoardView
from calibration.hand_eye_sight import Mount, motion_of
from calibration.lens import Lens
from calibration.twist import motion
from tracking.arrays import Float
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

WIDTH, HEIGHT = 848, 480
CORNER_NOISE_PX = 0.1  # per axis; refined chessboard corners of a sharp picture: 0.05 to 0.15
ROBOT_SIGMA_DEG, ROBOT_SIGMA_MM = 0.01, 0.05  # repeatability of a small arm
OUTLIER_DEG, OUTLIER_MM = 3.0, 15.0  # of a pose noted wrongly: at least a third of it
MIN_VISIBLE_PX = 5.0  # every corner lies this far inside the picture
MAX_TRIES = 200
BOARD: Final[BoardSpec] = parse_board("chessboard:9x6:25")


def random_lens(rng: np.random.Generator) -> Lens:
    """A camera like a D4xx's colour camera."""
    fx = rng.uniform(560, 680)
    pinhole = [fx, fx * rng.uniform(0.998, 1.002), *rng.normal([424, 240], 8.0)]
    distortion = rng.normal([-0.1, 0.08, 0, 0, 0], [0.05, 0.05, 0.0008, 0.0008, 0.03])
    return Lens(WIDTH, HEIGHT, np.array(pinhole), distortion)


def random_board_pose(rng: np.random.Generator, lens: Lens) -> Float:
    """`camera_from_board` of a board wholly in the picture, tilted by up to 40 deg."""
    points = BOARD.points_mm
    for _ in range(MAX_TRIES):
        tilt, lean = np.radians(rng.uniform(5, 40)), rng.uniform(0, 2 * np.pi)
        turn = rotation_from_vector([tilt * np.cos(lean), tilt * np.sin(lean), 0.0])
        rotation = turn @ rotation_from_vector([0, 0, rng.uniform(-np.pi, np.pi)])
        distance = rng.uniform(260, 520)
        aim = rng.uniform([60, 50], [WIDTH - 60, HEIGHT - 50])
        place = distance * np.array([*((aim - lens.pinhole[2:]) / lens.pinhole[:2]), 1.0])
        pose = rigid(rotation, place - rotation @ points.mean(axis=0))
        if _is_visible(transform_points(pose, points), lens):
            return pose
    raise ValueError("the board does not fit into the picture")


def seen_board(
    rng: np.random.Generator, lens: Lens, camera_from_board: Float, name: str
) -> BoardView:
    """The board's corners with `CORNER_NOISE_PX` on each axis."""
    pixels = lens.project(transform_points(camera_from_board, BOARD.points_mm))
    noisy = pixels + rng.normal(0, CORNER_NOISE_PX, pixels.shape)
    return BoardView(name, BOARD.points_mm, noisy, (WIDTH, HEIGHT))


@dataclass(frozen=True, eq=False)
class RigTrial:
    """Views and motions as given to the calibration, and what is true."""

    lens: Lens
    mount: Mount
    views: tuple[BoardView, ...]
    motions: tuple[Float, ...]
    mount_from_camera: Float
    other_from_board: Float
    wrong: frozenset[str]


def rig_trial(
    rng: np.random.Generator, mount: Mount, n_poses: int, n_wrong: int, robot_noise: float = 1.0
) -> RigTrial:
    """Draw a rig and poses; `n_wrong` of them are noted wrongly."""
    lens = random_lens(rng)
    mount_from_camera = _random_pose(rng, 100.0 if mount == "hand" else 900.0)
    other_from_board = _random_pose(rng, 700.0 if mount == "hand" else 80.0)
    wrong = frozenset(f"{i:02d}" for i in rng.choice(n_poses, n_wrong, replace=False))
    views, motions = [], []
    for index in range(n_poses):
        name = f"{index:02d}"
        camera_from_board = random_board_pose(rng, lens)
        exact = mount_from_camera @ camera_from_board @ invert(other_from_board)
        base_from_gripper = motion_of(exact, mount)  # its own inverse, or itself
        views.append(seen_board(rng, lens, camera_from_board, name))
        sigma = np.repeat([np.radians(ROBOT_SIGMA_DEG), ROBOT_SIGMA_MM], 3) * robot_noise
        noted = base_from_gripper @ motion(rng.normal(0, sigma))
        if name in wrong:
            noted = noted @ motion(_gross(rng))
        motions.append(motion_of(noted, mount))
    return RigTrial(
        lens, mount, tuple(views), tuple(motions), mount_from_camera, other_from_board, wrong
    )


def _gross(rng: np.random.Generator) -> Float:
    axis, way = (v / np.linalg.norm(v) for v in rng.normal(size=(2, 3)))
    turn = np.radians(OUTLIER_DEG) * rng.uniform(1 / 3, 1)
    return np.concatenate([turn * axis, OUTLIER_MM * rng.uniform(1 / 3, 1) * way])


def _random_pose(rng: np.random.Generator, reach_mm: float) -> Float:
    axis = rng.normal(size=3)
    turn = rng.uniform(0, np.pi) * axis / np.linalg.norm(axis)
    return rigid(rotation_from_vector(turn), rng.uniform(-reach_mm, reach_mm, 3))


def _is_visible(points_camera_mm: Float, lens: Lens) -> bool:
    if points_camera_mm[:, 2].min() <= 0:
        return False
    pixels = lens.project(points_camera_mm)
    room = np.array([WIDTH, HEIGHT]) - 1 - MIN_VISIBLE_PX
    return bool((pixels >= MIN_VISIBLE_PX).all() and (pixels <= room).all())
