"""`calibrate rig` with a robot: pictures and poses brought together."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from calibration.board_notes import board_warnings
from calibration.board_spec import BoardSpec
from calibration.board_views import find_boards, pattern_note, require_views
from calibration.camera_file import Camera
from calibration.hand_eye import MIN_POSES, RigCalibration, calibrate_rig
from calibration.hand_eye_sight import half_turn, motion_of
from calibration.poses_file import RobotPoses, read_poses
from pipeline.cli.calibrate_checks import lens_notes, require_size
from pipeline.cli.progress import progress_bar
from tracking.errors import CalibrationError, SourceError


def run_robot(
    images: Path, poses: Path, mount: Literal["hand", "world"], board: BoardSpec, camera: Camera
) -> tuple[RigCalibration, dict[str, object]]:
    """Calibrate, and return notes on what was left aside.

    Raises
    ------
    TrackerError
        Files that are missing or do not fit, or a set that determines no rig.
    """
    robot = read_poses(poses)
    pictures = _pictures(images, robot)
    with progress_bar("boards") as report:
        views, missed = find_boards(list(pictures), board, report)
    if len(pictures) < MIN_POSES:
        raise CalibrationError(
            "There are too few poses.",
            expected=f"at least {MIN_POSES}, better 15",
            actual=f"{len(pictures)}",
            remedy="Take more pictures, each with its pose.",
        )
    require_views(views, missed, board, MIN_POSES)
    require_size(views, camera)
    names = {path.name: name for path, name in pictures.items()}
    motions = [motion_of(robot.base_from_gripper[names[v.name]], mount) for v in views]
    found = calibrate_rig(
        views,
        motions,
        camera.lens,
        mount,
        lens_covariance=camera.covariance,
        turned_from_board=half_turn(np.ptp(board.points_mm, axis=0)) if board.is_turnable else None,
        unit=robot.unit,
    )
    notes: dict[str, object] = {
        "mount": mount,
        "unit": robot.unit,
        "n_poses": len(views),
        "notes": [
            *board_warnings(views, missed, board),
            *lens_notes(camera),
            *([robot.note] if robot.note else []),
        ],
        "pattern": pattern_note(views),
        "not_found": [{"image": miss.name, "why": miss.why} for miss in missed],
    }
    return found, notes


def _pictures(folder: Path, robot: RobotPoses) -> dict[Path, str]:
    """Picture of each pose; names are as in the file, relative to the folder."""
    found = {folder / name: name for name in robot.base_from_gripper}
    missing = [name for path, name in found.items() if not path.is_file()]
    if missing:
        raise SourceError(
            "A pose has no picture.",
            expected=f"{len(found)} pictures in {folder}",
            actual=f"missing: {', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}",
            remedy="Check --images, and the names in the poses.",
        )
    if len({path.name for path in found}) != len(found):
        raise SourceError(
            "Two poses name pictures of the same name.", remedy="Give each picture its own name."
        )
    return found
