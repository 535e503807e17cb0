"""Pairs of two cameras' pictures: which belong together, and what contradicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.board_spec import parse_board
from calibration.board_view import BoardView
from calibration.lens import Lens
from calibration.stereo_pairs import (
    SharedBoard,
    belonging_together,
    pair_pictures,
    shared_board,
)
from tracking.arrays import Float
from tracking.errors import CalibrationError, UsageError
from tracking.transforms import rigid, rotation_from_vector, transform_points

LENS = Lens(848, 480, np.array([600.0, 600, 424, 240]), np.zeros(5))
BOARD = parse_board("chessboard:8x6:25")  # looks the same after half a turn
RIGHT_FROM_LEFT = rigid(rotation_from_vector([0.0, 0.02, 0.0]), np.array([-50.0, 0.0, 0.0]))


def paths(*names: str) -> list[Path]:
    return [Path(name) for name in names]


def pairs(n: int = 6) -> list[SharedBoard]:
    """Exact views of a board before both cameras."""
    rng = np.random.default_rng(3)
    return [_pair(f"{k}", _board_pose(rng)) for k in range(n)]


def _board_pose(rng: np.random.Generator) -> Float:
    turn = rotation_from_vector(rng.uniform(-0.4, 0.4, 3))
    centre = BOARD.points_mm.mean(axis=0)
    return rigid(turn, np.array([25.0, 0, 480]) + rng.uniform(-30, 30, 3) - turn @ centre)


def _pair(
    name: str, left_from_board: Float, right_from_left: Float = RIGHT_FROM_LEFT
) -> SharedBoard:
    points = BOARD.points_mm
    left = LENS.project(transform_points(left_from_board, points))
    right = LENS.project(transform_points(right_from_left @ left_from_board, points))
    return SharedBoard(name, points, left, right)


def test_numbers_in_the_names_pair_and_who_is_left_over_is_named() -> None:
    left = paths("left01.png", "left02.png", "left03.png", "left05.png")
    right = paths("right01.png", "right03.png", "right04.png", "right05.png")
    found, alone = pair_pictures(left, right)
    assert [(a.name, b.name) for a, b in found] == [
        ("left01.png", "right01.png"),
        ("left03.png", "right03.png"),
        ("left05.png", "right05.png"),
    ]
    assert alone == ["left02.png", "right04.png"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (paths("a.png", "b.png"), paths("c.png", "d.png")),
        (paths("1_of_2.png", "2_of_2.png"), paths("x1_of_2.png", "x2_of_2.png")),
        (paths("t100.png", "t200.png"), paths("t101.png", "t201.png")),
    ],
    ids=["no numbers", "one number for all", "a clock of each camera"],
)
def test_other_names_pair_in_order(left: list[Path], right: list[Path]) -> None:
    assert pair_pictures(left, right) == (list(zip(left, right, strict=True)), [])


def test_unequal_counts_without_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="as many pictures"):
        pair_pictures(paths("a.png", "b.png"), paths("c.png"))


def test_a_board_that_was_read_half_a_turn_on_is_turned_back() -> None:
    true = pairs()
    read = [pair.turned if k in (1, 4) else pair for k, pair in enumerate(true)]
    kept, astray = belonging_together(read, LENS, LENS, is_turnable=True)
    assert astray == []
    for ours, theirs in zip(kept, true, strict=True):
        np.testing.assert_allclose(ours.right_px, theirs.right_px, atol=1e-9)


def test_a_pair_of_two_moments_is_named_and_left_out() -> None:
    moved = rigid(np.eye(3), np.array([-50.0, 12.0, 0.0]))
    all_pairs = [*pairs(), _pair("moved", _board_pose(np.random.default_rng(8)), moved)]
    kept, astray = belonging_together(all_pairs, LENS, LENS, is_turnable=True)
    assert astray == ["moved"]
    assert len(kept) == len(all_pairs) - 1


def test_pairs_that_do_not_belong_together_are_refused() -> None:
    true = pairs(8)
    shifted = [
        SharedBoard(a.name, a.points_mm, a.left_px, b.right_px)
        for a, b in zip(true, [*true[1:], true[0]], strict=True)
    ]
    with pytest.raises(CalibrationError, match="do not belong together"):
        belonging_together(shifted, LENS, LENS, is_turnable=False)


def test_the_same_pictures_twice_are_refused() -> None:
    same = [SharedBoard(p.name, p.points_mm, p.left_px, p.left_px.copy()) for p in pairs()]
    with pytest.raises(CalibrationError, match="the same pictures"):
        belonging_together(same, LENS, LENS, is_turnable=False)


def test_only_points_that_both_saw_are_shared() -> None:
    pair = pairs(1)[0]
    left = BoardView("l", pair.points_mm[5:], pair.left_px[5:], (848, 480))
    right = BoardView("r", pair.points_mm[:20], pair.right_px[:20], (848, 480))
    both = shared_board(left, right)
    assert both is not None
    np.testing.assert_array_equal(both.points_mm, pair.points_mm[5:20])
    np.testing.assert_array_equal(both.right_px, pair.right_px[5:20])
    few = BoardView("r", pair.points_mm[:8], pair.right_px[:8], (848, 480))
    assert shared_board(left, few) is None
