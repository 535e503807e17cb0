"""A board on the head, simulated: its pose is found; the lens's sigma is part of the rig's."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.board_view import BoardView
from calibration.lens import N_LENS, Lens
from calibration.lens_sigma import independent_covariance, spread_by_lens
from calibration.target_head import calibrate_on_head
from calibration.twist import motion, twist_between
from pipeline.benchmarks.calibration_scene import random_board_pose, random_lens, seen_board
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import invert, rigid, rotation_from_vector

HEAD_FROM_BOARD = rigid(rotation_from_vector([3.0, 0.1, 0.2]), [-100.0, 60.0, -5.0])
CAMERA_FROM_BOARD = rigid(rotation_from_vector([0.3, -0.2, 0.1]), [-100.0, -60.0, 420.0])
TRUTH = HEAD_FROM_BOARD @ invert(CAMERA_FROM_BOARD)
N_VIEWS = 6
FX_SIGMA_PX = 3.0
N_LENSES = 60
SPREAD_RATIO = 0.35  # 60 draws tell a sigma to 9 %; four times that


def views(lens: Lens, seed: int, n: int = N_VIEWS) -> list[BoardView]:
    rng = np.random.default_rng(seed)
    return [seen_board(rng, lens, CAMERA_FROM_BOARD, f"{k}") for k in range(n)]


def head(seen: list[BoardView], lens: Lens, covariance: Float | None = None) -> tuple[Float, Float]:
    found = calibrate_on_head(
        seen,
        lens,
        HEAD_FROM_BOARD,
        target_sigma_mm=0.0,
        target_sigma_deg=0.0,
        lens_covariance=covariance,
    )
    return found.head_from_camera, found.covariance


def test_a_focal_length_that_is_out_moves_the_head_by_what_is_stated() -> None:
    """z is proportional to the focal length: 3 of 620 px are 2 mm at 420 mm."""
    lens = random_lens(np.random.default_rng(1))
    common = np.zeros((N_LENS, N_LENS))
    common[:2, :2] = FX_SIGMA_PX**2  # fx and fy err together
    seen = views(lens, 2)
    exact, stated = head(seen, lens)[1], head(seen, lens, common)[1]
    along = TRUTH[:3, :3] @ np.array([0.0, 0.0, 1.0])  # the camera's axis in head space
    before, after = (float(np.sqrt(along @ c[3:, 3:] @ along)) for c in (exact, stated))
    expected = FX_SIGMA_PX / lens.pinhole[0] * CAMERA_FROM_BOARD[2, 3]
    assert before < 0.2 * expected
    assert after == pytest.approx(expected, rel=0.25)  # the tilted board's middle is not its origin


def test_the_stated_spread_is_that_of_lenses_drawn_from_their_covariance() -> None:
    lens = random_lens(np.random.default_rng(3))
    rng = np.random.default_rng(4)
    covariance = independent_covariance(np.array([2.0, 2.0, 1.5, 1.5]))
    covariance[0, 1] = covariance[1, 0] = 0.9 * 4.0
    covariance[4, 4] = 0.01**2
    seen = views(lens, 5)
    stated = head(seen, lens, covariance)[1] - head(seen, lens)[1]
    drawn = []
    for step in rng.multivariate_normal(np.zeros(N_LENS), covariance, N_LENSES):
        moved = Lens(lens.width, lens.height, lens.pinhole + step[:4], lens.distortion + step[4:])
        drawn.append(twist_between(head(seen, moved)[0], head(seen, lens)[0]))
    sigma = np.std(np.array(drawn), axis=0)
    np.testing.assert_allclose(np.sqrt(np.diag(stated)), sigma, rtol=SPREAD_RATIO)


def test_an_exact_lens_adds_nothing() -> None:
    lens = random_lens(np.random.default_rng(6))
    nothing = spread_by_lens(lambda moved: moved.pinhole, lens, np.zeros((N_LENS, N_LENS)))
    assert nothing.shape == (4, 4)
    assert not nothing.any()


def test_the_lens_s_covariance_comes_back_through_the_identity() -> None:
    lens = random_lens(np.random.default_rng(7))
    root = np.random.default_rng(8).normal(size=(N_LENS, N_LENS)) * np.array([1.0] * 4 + [1e-3] * 8)
    covariance = root.T @ root
    same = spread_by_lens(
        lambda moved: np.concatenate([moved.pinhole, moved.distortion]), lens, covariance
    )
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    np.testing.assert_allclose(same / scale, covariance / scale, atol=1e-9)


def test_two_views_are_too_few() -> None:
    lens = random_lens(np.random.default_rng(9))
    with pytest.raises(CalibrationError, match="seen too seldom"):
        head(views(lens, 10, 2), lens)


def test_views_of_different_places_are_refused() -> None:
    lens = random_lens(np.random.default_rng(11))
    rng = np.random.default_rng(12)
    poses = [random_board_pose(rng, lens) for _ in range(18)]
    unrelated = [seen_board(rng, lens, pose, f"{k}") for k, pose in enumerate(poses)]
    with pytest.raises(CalibrationError, match="different places"):
        head(unrelated, lens)


def test_a_target_that_seats_badly_is_warned_of() -> None:
    lens = random_lens(np.random.default_rng(13))
    rng = np.random.default_rng(14)
    seats = [motion(np.array([0, 0, 0, *rng.normal(0, 1.0, 3)])) for _ in range(12)]
    seen = [seen_board(rng, lens, s @ CAMERA_FROM_BOARD, f"{k}") for k, s in enumerate(seats)]
    found = calibrate_on_head(seen, lens, HEAD_FROM_BOARD, target_sigma_mm=0, target_sigma_deg=0)
    assert any("scatter" in text for text in found.warnings)
