"""Calibration photographs of others, against their reference results."""

from __future__ import annotations

import re

import numpy as np
import pytest

from calibration.board_spec import parse_board
from calibration.board_views import find_boards, require_views
from calibration.intrinsics import MIN_VIEWS, Intrinsics, calibrate_intrinsics
from calibration.pictures import find_pictures, read_gray
from calibration.stereo import calibrate_stereo
from calibration.tag_detection import APRILTAG_OFFSET_PX, detect_tags
from recordings.progress import unheard
from tests.integration.shared_data import shared
from tracking.errors import CalibrationError

pytestmark = pytest.mark.real_data

LEFT_FX, FX_FRACTION = 535.916, 0.01  # left_intrinsics.yml
BASELINE_MM, BASELINE_TOLERANCE_MM = 83.2, 0.5
TAG_CORNER_PX = 1.0
N_CELLS = 8  # across a tag of this family
CLEAR_CELL_PX, N_UNCLEAR = 2.5, 3
SAME_TAG_PX = 20.0  # neighbouring tags lie farther apart
MIN_TAGS_FOUND = 0.9  # of the reference's: it names cut and tiny ones too


def calibrated(pattern: str, spec: str) -> Intrinsics:
    board = parse_board(spec)
    views, missed = find_boards(find_pictures([pattern]), board, unheard)
    require_views(views, missed, board, MIN_VIEWS)
    return calibrate_intrinsics(views, unheard)


def test_the_left_camera_has_its_focal_length() -> None:
    found = calibrated(str(shared("opencv_leftright") / "left*.jpg"), "chessboard:9x6:25")
    assert len(found.views) == 13
    assert found.fit.lens.pinhole[0] == pytest.approx(LEFT_FX, rel=FX_FRACTION)
    assert found.fit.rms_px < 0.4  # the reference's own
    assert found.view_set.warnings == ()


@pytest.mark.slow
def test_the_stereo_pair_has_its_baseline() -> None:
    folder, board = shared("opencv_leftright"), parse_board("chessboard:9x6:25")
    cameras, seen = [], []
    for side in ("left", "right"):
        views, _ = find_boards(find_pictures([str(folder / f"{side}*.jpg")]), board, unheard)
        cameras.append(calibrate_intrinsics(views, unheard))
        seen.append({view.name.removeprefix(side): view for view in views})
    pairs = [(seen[0][name], seen[1][name]) for name in sorted(set(seen[0]) & set(seen[1]))]
    found = calibrate_stereo(cameras[0], cameras[1], pairs, is_turnable=board.is_turnable)
    assert found.baseline_mm == pytest.approx(BASELINE_MM, abs=BASELINE_TOLERANCE_MM)
    assert found.baseline_sigma_mm < BASELINE_TOLERANCE_MM


def test_a_weak_spread_of_poses_is_warned_of() -> None:
    found = calibrated(str(shared("sksurgery_bard_chessboard")), "chessboard:14x10:6")
    assert any("weak pose spread" in text for text in found.view_set.warnings)
    assert abs(found.fit.lens.pinhole[0] - 608.67) < 4 * found.stated_sigma[0]


def test_a_wrong_size_of_board_is_named() -> None:
    with pytest.raises(CalibrationError) as refused:
        calibrated(str(shared("opencv_leftright") / "left0[1-4].jpg"), "chessboard:8x6:25")
    assert "9x6 inner corners" in refused.value.actual


def test_tag_corners_lie_at_the_reference() -> None:
    """The reference is the AprilTag library's, whose pixels' centres are at .5.

    Three small tags differ by more: two blurred ones, where the reference lies outside the black,
    and one seen at so flat an angle (10 px high) that its sharp corner is anywhere along 3 px.
    """
    found, errors, cells_px = 0, [], []
    for path in find_pictures([str(shared("apriltag_photos"))]):
        tags = [tag.corners_px for tag in detect_tags(read_gray(path), "apriltag_36h11")]
        for line in path.with_suffix(".txt").read_text(encoding="utf-8").splitlines():
            numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", line)]
            if len(numbers) != 9:
                continue
            corners = np.array(numbers[1:]).reshape(4, 2) - APRILTAG_OFFSET_PX
            misses = [_miss(tag, corners) for tag in tags]
            found += 1
            if min(misses) < SAME_TAG_PX / 2:
                errors.append(min(misses))
                cells_px.append(_cell_px(corners))
    assert len(errors) >= MIN_TAGS_FOUND * found
    is_near = np.array(errors) <= TAG_CORNER_PX
    assert is_near[np.array(cells_px) >= CLEAR_CELL_PX].all()
    assert np.sum(~is_near) <= N_UNCLEAR


def _miss(tag: np.ndarray, corners: np.ndarray) -> float:
    """Largest distance of a corner, from whichever corner and way round the counting starts."""
    ways = [np.roll(t, k, axis=0) for t in (tag, tag[::-1]) for k in range(4)]
    return min(float(np.linalg.norm(way - corners, axis=1).max()) for way in ways)


def _cell_px(corners: np.ndarray) -> float:
    """Width of a tag's cells across its longest side."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    (a, b), (c, d) = corners[2] - corners[0], corners[3] - corners[1]
    return float(abs(a * d - b * c) / 2 / sides.max() / N_CELLS)
