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
from calibration.pose_pictures import PosePictures, listed, match_pictures
from calibration.poses_file import read_poses
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
    matched = match_pictures(images, list(robot.base_from_gripper), poses.parent)
    _require_poses(matched, images)
    with progress_bar("boards") as report:
        views, missed = find_boards(list(matched.pose_of), board, report)
    require_views(views, missed, board, MIN_POSES)
    require_size(views, camera)
    names = {path.name: name for path, name in matched.pose_of.items()}
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
        "warnings": [*found.warnings, *matched.warnings, *board_warnings(views, missed, board)],
        "notes": [
            *matched.notes,
            *lens_notes(camera),
            *([robot.note] if robot.note else []),
        ],
        "pattern": pattern_note(views),
        "not_found": [{"image": miss.name, "why": miss.why} for miss in missed],
    }
    return found, notes


def _require_poses(matched: PosePictures, folder: Path) -> None:
    """Refuse a set of too few poses; those without a picture do not count."""
    n_found, missing = len(matched.pose_of), matched.missing
    if n_found >= MIN_POSES:
        return
    if missing:
        raise SourceError(
            "Too few poses have a picture.",
            expected=f"pictures of at least {MIN_POSES} poses in {folder}",
            actual=f"{n_found} of {n_found + len(missing)}; missing: {listed(missing)}",
            remedy="Check --images, and the names in the poses.",
        )
    raise CalibrationError(
        "There are too few poses.",
        expected=f"at least {MIN_POSES}, better 15",
        actual=f"{n_found}",
        remedy="Take more pictures, each with its pose.",
    )
