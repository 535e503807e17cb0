"""Boards in rendered photographs: found where they are, or named for what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.board_detection import detect_board, explain_absence, pattern_variant
from calibration.board_spec import parse_board
from calibration.board_view import BoardView, NotFound
from calibration.board_views import pattern_note
from calibration.charuco import of_one_pattern
from calibration.lens import Lens
from tests.board_pictures import photograph
from tracking.arrays import Float
from tracking.errors import UsageError
from tracking.transforms import rigid, rotation_from_vector, transform_points

LENS = Lens(848, 480, np.array([600.0, 600, 424, 240]), np.zeros(5))
CORNER_PX = 0.1  # largest root mean square error of rendered corners; tilted boards blur most
CHARUCO = "charuco:9x6:25:18:4x4_50"
APRILTAG = "apriltag:5x4:30:12"


def pose(roll_deg: float) -> Float:
    turn = rotation_from_vector([0.3, -0.25, 0.0])
    turn = turn @ rotation_from_vector([0, 0, np.radians(roll_deg)])
    centre = np.array([100.0, 62.5, 0.0])
    return rigid(turn, np.array([10.0, -5.0, 420.0]) - turn @ centre)


@pytest.mark.parametrize("text", ["chessboard:9x6:25", CHARUCO, APRILTAG])
@pytest.mark.parametrize("roll_deg", [0, 70, 160, 250])
def test_a_point_is_the_same_point_however_the_board_lies(text: str, roll_deg: float) -> None:
    board = parse_board(text)
    seen = detect_board(photograph(board, LENS, pose(roll_deg)), board, "a.png")
    assert isinstance(seen, BoardView)
    expected = LENS.project(transform_points(pose(roll_deg), seen.points_mm))
    assert np.sqrt(np.mean((seen.points_px - expected) ** 2)) < CORNER_PX


def test_a_board_that_looks_the_same_after_half_a_turn_says_so() -> None:
    assert parse_board("chessboard:8x6:25").is_turnable
    assert not parse_board("chessboard:9x6:25").is_turnable


def test_a_legacy_pattern_is_read_and_named() -> None:
    board = parse_board(CHARUCO)
    picture = photograph(board, LENS, pose(10), is_legacy=True)
    seen = detect_board(picture, board, "a.png")
    assert isinstance(seen, BoardView)
    assert seen.is_legacy
    current = detect_board(photograph(board, LENS, pose(10)), board, "b.png")
    assert isinstance(current, BoardView)
    assert not current.is_legacy
    assert pattern_note([current]) == ""
    assert "in 1 of 1 views" in pattern_note([seen])
    assert "two different boards" in pattern_note([seen, current])
    assert pattern_variant(picture, board) == "legacy"
    assert pattern_variant(photograph(board, LENS, pose(10)), board) == "current"


def test_a_part_of_a_board_is_read_by_the_pattern_of_the_others() -> None:
    board = parse_board(CHARUCO)
    picture = photograph(board, LENS, pose(0), is_legacy=True)
    whole = detect_board(picture, board, "whole.png")
    hidden = picture.copy()
    hidden[:, :300] = hidden[:, 540:] = 128  # the codes at both ends tell the patterns apart
    part = detect_board(hidden, board, "part.png")
    assert isinstance(whole, BoardView)
    assert isinstance(part, BoardView)
    assert whole.twin is None
    assert part.twin is not None, "the part alone must not tell: nothing is tried here"
    assert not part.is_legacy
    read = of_one_pattern([part, whole])
    assert [view.is_legacy for view in read] == [True, True]
    for view in read:
        expected = LENS.project(transform_points(pose(0), view.points_mm))
        assert np.sqrt(np.mean((view.points_px - expected) ** 2)) < CORNER_PX


def test_parts_alone_are_read_by_the_current_pattern() -> None:
    board = parse_board(CHARUCO)
    picture = photograph(board, LENS, pose(0))
    picture[:, :300] = picture[:, 540:] = 128
    part = detect_board(picture, board, "part.png")
    assert isinstance(part, BoardView)
    assert [view.is_legacy for view in of_one_pattern([part, part])] == [False, False]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("charuco:6x9:25:18:4x4_50", f"the other order: {CHARUCO}"),
        ("charuco:9x6:25:18:5x5_100", "another dictionary"),
        ("charuco:8x6:25:18:4x4_50", "another size"),
    ],
)
def test_the_wrong_board_is_named(asked: str, why: str) -> None:
    picture = photograph(parse_board(CHARUCO), LENS, pose(5))
    board = parse_board(asked)
    assert isinstance(detect_board(picture, board, "a.png"), NotFound)
    assert why in explain_absence(picture, board)


def test_a_mirrored_picture_is_named() -> None:
    board = parse_board(CHARUCO)
    picture = np.ascontiguousarray(photograph(board, LENS, pose(5))[:, ::-1])
    assert isinstance(detect_board(picture, board, "a.png"), NotFound)
    assert "mirrored" in explain_absence(picture, board)


def test_a_smaller_chessboard_than_the_picture_shows_is_refused() -> None:
    picture = photograph(parse_board("chessboard:9x6:25"), LENS, pose(5))
    board = parse_board("chessboard:8x6:25")
    assert isinstance(detect_board(picture, board, "a.png"), NotFound)
    assert "9x6 inner corners" in explain_absence(picture, board)


@pytest.mark.parametrize(
    "text",
    [
        "chess:9x6:25",
        "chessboard:9by6:25",
        "chessboard:9x6",
        "chessboard:9x6:-25",
        "chessboard:9x6:nan",
        "chessboard:1x6:25",
        "chessboard:9x6:25:20",
        "charuco:9x6:25:25:4x4_50",
        "charuco:9x6:25:18",
        "charuco:9x6:25:18:9x9_50",
    ],
)
def test_a_specification_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_board(text)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("charuco:9x6:25:18:DICT_4X4_50", CHARUCO),
        ("apriltag:6x5:30:9", "apriltag:6x5:30:9:apriltag_36h11"),
        ("apriltag:6x5:30:9:tag36h11", "apriltag:6x5:30:9:apriltag_36h11"),
        ("circles:11x8:20", "circles:11x8:20"),
    ],
)
def test_a_specification_reads_back(typed: str, read: str) -> None:
    assert parse_board(typed).text == read
    assert parse_board(read) == parse_board(typed)
