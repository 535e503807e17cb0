"""`calibrate rig --target head`: a board on the head's docking reference, and no robot."""

from __future__ import annotations

from pathlib import Path

from calibration.board_notes import board_warnings
from calibration.board_spec import BoardSpec
from calibration.board_views import find_boards, pattern_note, require_views
from calibration.camera_file import Camera
from calibration.head_target_file import read_head_target
from calibration.pictures import find_pictures
from calibration.target_head import MIN_VIEWS, HeadTarget, calibrate_on_head
from pipeline.cli.calibrate_checks import lens_notes, require_size
from pipeline.cli.progress import progress_bar
from tracking.errors import UsageError


def run_head(
    images: Path, target: Path, board: BoardSpec, camera: Camera
) -> tuple[HeadTarget, dict[str, object]]:
    """Calibrate from a folder of pictures, and return notes.

    Raises
    ------
    TrackerError
        Files that are missing or do not fit, a board that can be taken the wrong way round, or
        views that do not agree.
    """
    if board.is_turnable:
        raise UsageError(
            "--target head: this board looks the same after half a turn.",
            expected="a ChArUco or AprilTag board, or a chessboard with one even and one odd count",
            actual=board.text,
            remedy="Use another board: its place on the head could be taken the wrong way round.",
        )
    placed = read_head_target(target)
    with progress_bar("boards") as report:
        views, missed = find_boards(find_pictures([str(images)]), board, report)
    require_views(views, missed, board, MIN_VIEWS)
    require_size(views, camera)
    found = calibrate_on_head(
        views,
        camera.lens,
        placed.head_from_board,
        target_sigma_mm=placed.sigma_mm,
        target_sigma_deg=placed.sigma_deg,
        lens_covariance=camera.covariance,
    )
    warnings = [*found.warnings, *board_warnings(views, missed, board)]
    return found, {
        "pattern": pattern_note(views),
        "warnings": warnings,
        "notes": lens_notes(camera),
    }
