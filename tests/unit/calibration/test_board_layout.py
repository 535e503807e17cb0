"""Boards that are printed otherwise than said: named from how their points lie."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.board_layout import check_layout, is_flat
from calibration.board_notes import board_notes, board_warnings
from calibration.board_spec import BoardSpec, parse_board
from calibration.board_view import BoardView, NotFound
from calibration.board_views import find_boards, require_views
from calibration.lens import Lens
from recordings.progress import unheard
from tests.board_pictures import photograph
from tracking.arrays import Float
from tracking.errors import CalibrationError, SourceError
from tracking.transforms import rigid, rotation_from_vector, transform_points

LENS = Lens(848, 480, np.array([600.0, 600, 424, 240]), np.array([-0.1, 0.08, 0, 0, 0]))
PLAIN = Lens(848, 480, LENS.pinhole, np.zeros(5))
PRINT = parse_board("apriltag:4x3:30:9")
NOISE_PX = 0.1


def poses(n: int, size_mm: Float) -> list[Float]:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(n):
        turn = rotation_from_vector([*rng.uniform(-0.5, 0.5, 2), rng.uniform(-0.3, 0.3)])
        place = np.array([*rng.uniform(-30, 30, 2), rng.uniform(300, 420)])
        found.append(rigid(turn, place - turn @ np.array([*size_mm[:2] / 2, 0.0])))
    return found


def views(said: BoardSpec, printed_mm: Float) -> list[BoardView]:
    """Views of tags at `printed_mm`, taken for those of `said`."""
    rng = np.random.default_rng(2)
    found = []
    for i, pose in enumerate(poses(8, np.ptp(printed_mm, axis=0))):
        pixels = LENS.project(transform_points(pose, printed_mm))
        pixels += rng.normal(0, NOISE_PX, pixels.shape)
        found.append(BoardView(f"{i}.png", said.points_mm, pixels, (848, 480)))
    return found


def upwards(board: BoardSpec) -> Float:
    rows = board.points_mm.reshape(board.rows, board.columns, 4, 3)
    return np.ascontiguousarray(rows[::-1]).reshape(-1, 3)


def test_the_right_layout_passes_whatever_the_lens() -> None:
    check_layout(views(PRINT, PRINT.points_mm), PRINT)


@pytest.mark.parametrize(
    ("said", "is_upwards", "named"),
    [
        ("apriltag:3x4:30:9", False, "apriltag:4x3:30:9 ("),
        ("apriltag:4x3:30:12", False, "apriltag:4x3:30:9"),
        ("apriltag:4x3:30:9", True, "4x3:30:9, numbered from the lower left"),
        ("apriltag:3x4:30:9", True, "4x3:30:9, numbered from the lower left"),
    ],
)
def test_another_order_numbering_or_gap_is_named(said: str, is_upwards: bool, named: str) -> None:
    board = parse_board(said)
    printed = upwards(PRINT) if is_upwards else PRINT.points_mm
    with pytest.raises(CalibrationError, match="do not lie as --board says") as refused:
        check_layout(views(board, printed), board)
    if said.endswith("12"):  # the lens's distortion moves the gap by a few hundredths
        gap = float(refused.value.actual.split(" (")[0].rsplit(":", 1)[1])
        assert gap == pytest.approx(9.0, abs=0.1)
    else:
        assert named in refused.value.actual


def test_points_of_another_board_are_not_flat() -> None:
    turned = parse_board("chessboard:6x9:25")
    right = parse_board("chessboard:9x6:25")
    assert not any(is_flat(view) for view in views(turned, right.points_mm))
    assert all(is_flat(view) for view in views(right, right.points_mm))


def pictures(board: BoardSpec, folder: Path, n: int = 5) -> list[Path]:
    for i, pose in enumerate(poses(n, np.ptp(board.points_mm, axis=0))):
        cv2.imwrite(str(folder / f"{i}.png"), photograph(board, PLAIN, pose))
    return sorted(folder.iterdir())


def test_a_circle_grid_of_another_size_is_named(tmp_path: Path) -> None:
    shown = pictures(parse_board("circles:8x6:20"), tmp_path)
    board = parse_board("circles:7x6:20")
    found, missed = find_boards(shown, board, unheard)
    with pytest.raises(CalibrationError, match="board is") as refused:
        require_views(found, missed, board, 4)
    assert "8x6 circles" in refused.value.actual


def test_copies_and_files_that_are_no_picture_are_set_aside_and_named(tmp_path: Path) -> None:
    board = parse_board("chessboard:9x6:20")
    shown = pictures(board, tmp_path)
    copy, text = tmp_path / "copy.png", tmp_path / "text.jpg"
    copy.write_bytes(shown[0].read_bytes())
    text.write_text("no picture", encoding="utf-8")
    found, missed = find_boards([*shown, copy, text], board, unheard)
    assert [view.name for view in found] == [path.name for path in shown]
    warnings = board_warnings(found, missed, board)
    assert warnings == [
        "text.jpg skipped: the file is no picture",
        "copy.png skipped: the same picture as 0.png",
    ]
    with pytest.raises(SourceError, match="no picture"):
        find_boards([text], board, unheard)


@pytest.mark.parametrize(("marker_mm", "is_warned"), [(16, False), (11, True), (19, True)])
def test_a_marker_of_another_size_is_warned_of(
    tmp_path: Path, marker_mm: float, is_warned: bool
) -> None:
    shown = pictures(parse_board("charuco:8x6:22:16:5x5_100"), tmp_path)
    board = parse_board(f"charuco:8x6:22:{marker_mm}:5x5_100")
    found, missed = find_boards(shown, board, unheard)
    warnings = board_warnings(found, missed, board)
    assert bool(warnings) == is_warned
    assert not is_warned or "16." in warnings[0] or "15." in warnings[0]


def test_exchanged_counts_are_noted_where_the_board_lies_on_its_side() -> None:
    right, turned = parse_board("chessboard:9x6:25"), parse_board("chessboard:6x9:25")
    lying = views(right, right.points_mm)
    assert not any("exchanged" in note for note in board_notes(lying, right))
    on_side = []
    for view in lying:
        grid = view.points_px.reshape(6, 9, 2).transpose(1, 0, 2)[:, ::-1]
        pixels = np.ascontiguousarray(grid.reshape(-1, 2))
        on_side.append(BoardView(view.name, turned.points_mm, pixels, view.size_px))
    assert any("print is 9x6" in note for note in board_notes(on_side, turned))
    assert board_notes([], parse_board("charuco:8x6:22:16:5x5_100")) == []


def test_a_picture_without_the_board_is_no_warning() -> None:
    assert board_warnings([], [NotFound("a.png", "too dark")], PRINT) == []
