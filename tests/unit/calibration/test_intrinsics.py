"""Intrinsics from simulated corners: truth inside what is stated, and weak sets are said so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from calibration.board_spec import parse_board
from calibration.board_view import BoardView
from calibration.camera_comparison import CameraComparison, compare_cameras
from calibration.camera_file import camera_text, read_camera
from calibration.intrinsics import Intrinsics, calibrate_intrinsics
from calibration.intrinsics_fit import fit_intrinsics
from calibration.lens import Lens
from pipeline.benchmarks.calibration_scene import (
    BOARD,
    CORNER_NOISE_PX,
    random_board_pose,
    random_lens,
    seen_board,
)
from recordings.progress import unheard
from tracking.errors import CalibrationError
from tracking.transforms import rigid, rotation_from_vector

N_VIEWS = 15
K_99 = 2.576
MIN_INSIDE = 0.95  # of 20 x 9 correlated intervals of 99 %: chance alone stays above
SHARE_68 = 0.07  # 40 x 9 correlated intervals
MAX_WIDENED = 0.1  # of 40 sets, by a test of 1 %
NOISE_RATIO = 0.05  # 15 x 108 residuals tell their scatter to 1.9 %


def views_of(lens: Lens, seed: int, n: int = N_VIEWS) -> list[BoardView]:
    rng = np.random.default_rng(seed)
    return [seen_board(rng, lens, random_board_pose(rng, lens), f"{i:02d}.png") for i in range(n)]


def calibrated(seed: int, n: int = N_VIEWS) -> tuple[Lens, Intrinsics]:
    lens = random_lens(np.random.default_rng(seed))
    return lens, calibrate_intrinsics(views_of(lens, seed + 1000, n), unheard)


def test_the_truth_lies_inside_the_stated_intervals() -> None:
    inside = []
    for seed in range(20):
        lens = random_lens(np.random.default_rng(seed))
        fit = fit_intrinsics(views_of(lens, seed + 1000), "brown5")
        truth = np.concatenate([lens.pinhole, lens.distortion[:5]])
        inside.append(np.abs(fit.values - truth) < K_99 * fit.sigma)
    assert np.mean(inside) > MIN_INSIDE


def test_the_corner_noise_is_found_with_the_right_degrees_of_freedom() -> None:
    noise = [calibrated(seed, n=6)[1].fit.noise_px for seed in range(10)]
    assert np.mean(noise) == pytest.approx(CORNER_NOISE_PX, rel=NOISE_RATIO)


def test_views_held_out_err_by_little_more_than_the_noise() -> None:
    _, found = calibrated(1)
    assert found.held_out_px >= found.fit.rms_px * 0.99
    assert found.held_out_px < 1.2 * CORNER_NOISE_PX * np.sqrt(2)


def test_few_views_get_a_simpler_lens() -> None:
    assert calibrated(2, n=5)[1].fit.model == "radial2"
    assert calibrated(2, n=7)[1].fit.model == "brown4"
    assert calibrated(2)[1].fit.model == "brown5"


def test_a_spoiled_view_is_named_and_left_out() -> None:
    lens = random_lens(np.random.default_rng(3))
    views = views_of(lens, 5)
    rng = np.random.default_rng(0)
    bad = views[4]
    spoiled = bad.points_px + rng.normal(0, 3.0, bad.points_px.shape)
    views[4] = BoardView(bad.name, bad.points_mm, spoiled, bad.size_px)
    found = calibrate_intrinsics(views, unheard)
    assert [name for name, _ in found.outliers] == ["04.png"]
    assert abs(found.fit.lens.pinhole[0] - lens.pinhole[0]) < 5 * found.stated_sigma[0]


def test_near_parallel_views_are_warned_of() -> None:
    lens = random_lens(np.random.default_rng(4))
    rng = np.random.default_rng(7)
    centre = BOARD.points_mm.mean(axis=0)
    turns = [rotation_from_vector([0.12 * np.cos(i), 0.12 * np.sin(i), 0]) for i in range(12)]
    poses = [
        rigid(turn, np.array([20.0 * (i - 6), 0.0, 350.0 + 10 * i]) - turn @ centre)
        for i, turn in enumerate(turns)
    ]
    found = calibrate_intrinsics(
        [seen_board(rng, lens, p, f"{i}.png") for i, p in enumerate(poses)], unheard
    )
    assert any("weak pose spread" in text for text in found.view_set.warnings)
    assert not calibrated(4)[1].view_set.warnings


def test_the_file_reads_back_what_was_found(tmp_path: Path) -> None:
    _, found = calibrated(6)
    path = tmp_path / "camera.toml"
    at = datetime(2026, 1, 1, tzinfo=UTC)
    path.write_text(camera_text(found, "serial-1", BOARD.text, at), encoding="utf-8")
    read = read_camera(path)
    assert (read.serial, read.calibrated_at) == ("serial-1", at)
    np.testing.assert_allclose(read.lens.pinhole, found.fit.lens.pinhole, atol=1e-6)
    np.testing.assert_allclose(read.lens.distortion, found.fit.lens.distortion, rtol=1e-9)
    assert read.sigma_px is not None
    np.testing.assert_allclose(read.sigma_px, found.stated_sigma[:4], atol=1e-6)


def test_the_file_holds_the_whole_covariance(tmp_path: Path) -> None:
    _, found = calibrated(6)
    path = tmp_path / "camera.toml"
    text = camera_text(found, "any", BOARD.text, datetime(2026, 1, 1, tzinfo=UTC))
    path.write_text(text, encoding="utf-8")
    covariance = read_camera(path).covariance
    assert covariance is not None
    np.testing.assert_allclose(covariance[:9, :9], found.fit.stated_covariance, rtol=1e-8)
    assert not covariance[9:].any()  # not fitted
    without = "\n".join(line for line in text.splitlines() if not line.startswith("covariance"))
    path.write_text(without, encoding="utf-8")
    old = read_camera(path).covariance
    assert old is not None
    np.testing.assert_allclose(np.sqrt(np.diag(old)[:4]), found.stated_sigma[:4], atol=1e-6)


@pytest.mark.parametrize("change", ["short", "skew", "negative", "other sigmas"])
def test_a_covariance_that_is_none_is_refused(tmp_path: Path, change: str) -> None:
    _, found = calibrated(6)
    path = tmp_path / "camera.toml"
    text = camera_text(found, "any", BOARD.text, datetime(2026, 1, 1, tzinfo=UTC))
    line = next(row for row in text.splitlines() if row.startswith("covariance"))
    rows = json.loads(line.partition(" = ")[2])
    if change == "short":
        rows.pop()
    elif change == "skew":
        rows[0][1] *= 1.1
    elif change == "negative":
        rows[0][1] = rows[1][0] = 2 * rows[0][0]
    else:
        rows = (4 * np.array(rows)).tolist()
    path.write_text(text.replace(line, f"covariance = {rows}"), encoding="utf-8")
    with pytest.raises(CalibrationError, match="no camera has"):
        read_camera(path)


def test_stated_sigmas_are_neither_too_narrow_nor_too_wide() -> None:
    """Corner noise alone: the stated sigma is corner noise's, whose 68 % intervals hold 68 %."""
    inside, widened = [], []
    for seed in range(40):
        lens = random_lens(np.random.default_rng([9, seed]))
        fit = fit_intrinsics(views_of(lens, seed + 5000), "brown5")
        truth = np.concatenate([lens.pinhole, lens.distortion[:5]])
        inside.append(np.abs(fit.values - truth) < fit.stated_sigma)
        widened.append(not fit.is_noise_only)
    assert np.mean(inside) == pytest.approx(0.683, abs=SHARE_68)
    assert np.mean(widened) <= MAX_WIDENED


def test_a_bent_board_widens_the_stated_sigma() -> None:
    lens = random_lens(np.random.default_rng(21))
    rng = np.random.default_rng(22)
    views = []
    for i in range(N_VIEWS):
        view = seen_board(rng, lens, random_board_pose(rng, lens), f"{i}.png")
        middle = view.points_px.mean(axis=0)
        spread = (view.points_px - middle) / np.ptp(view.points_px, axis=0)
        bend = (spread**2 - 0.1) @ rng.normal(0, 2.0, (2, 2))  # px, another in each view
        views.append(BoardView(view.name, view.points_mm, view.points_px + bend, view.size_px))
    fit = fit_intrinsics(views, "brown5")
    assert not fit.is_noise_only
    assert (fit.stated_sigma >= fit.sigma).all()
    assert (fit.stated_sigma > 1.2 * fit.sigma).any()


@pytest.mark.parametrize(("old", "new"), [("fx = ", "fx = -"), ("width = 848", "width = 0")])
def test_a_file_that_is_no_camera_is_refused(tmp_path: Path, old: str, new: str) -> None:
    _, found = calibrated(6)
    text = camera_text(found, "any", BOARD.text, datetime(2026, 1, 1, tzinfo=UTC))
    assert old in text
    path = tmp_path / "camera.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CalibrationError):
        read_camera(path)


def compared(found: Intrinsics, other: Lens) -> CameraComparison:
    seen_px = np.concatenate([view.points_px for view in found.views])
    return compare_cameras(found.fit.lens, found.fit.lens_covariance, other, seen_px)


def test_other_factory_values_are_flagged_and_the_true_ones_are_not() -> None:
    lens, found = calibrated(8)
    assert not compared(found, lens).is_different
    other = Lens(lens.width, lens.height, lens.pinhole * [1.02, 1.02, 1, 1], lens.distortion)
    assert compared(found, other).is_different


def test_a_factory_s_wrong_distortion_is_flagged_though_its_focal_length_is_right() -> None:
    lens, found = calibrated(8)
    wrong = np.array([0.5, 0.5, 0.02, -0.02, 0.3])
    other = Lens(lens.width, lens.height, found.fit.lens.pinhole, wrong)
    comparison = compared(found, other)
    assert comparison.is_different
    assert comparison.shift_px > 20 * comparison.sigma_px


def test_what_lies_outside_the_seen_part_of_the_picture_is_not_compared() -> None:
    lens, found = calibrated(8)
    middle = np.array([[424.0, 240.0], [450.0, 260.0]])
    bent = Lens(lens.width, lens.height, found.fit.lens.pinhole, lens.distortion + 0.05)
    own, covariance = found.fit.lens, found.fit.lens_covariance
    assert not compare_cameras(own, covariance, bent, middle).is_different
    assert compared(found, bent).is_different


@pytest.mark.parametrize("change", ["columns", "spacing"])
def test_a_board_that_is_another_is_refused(change: str) -> None:
    """Corners of a 9x6 board taken for those of another: no lens puts them there."""
    lens = random_lens(np.random.default_rng(30))
    points = BOARD.points_mm.copy()
    if change == "columns":
        points = parse_board("chessboard:6x9:25").points_mm
    else:
        points = points * [1.0, 1.2, 1.0]  # a print that is stretched
    views = [BoardView(v.name, points, v.points_px, v.size_px) for v in views_of(lens, 31)]
    with pytest.raises(CalibrationError, match=r"where any lens|do not determine"):
        calibrate_intrinsics(views, unheard)


def test_a_focal_length_that_is_hardly_known_is_refused() -> None:
    lens = random_lens(np.random.default_rng(32))
    rng = np.random.default_rng(33)
    flat = [rigid(np.eye(3), [-100.0 + 3 * i, -60.0, 420.0]) for i in range(6)]
    views = [seen_board(rng, lens, pose, f"{i}.png") for i, pose in enumerate(flat)]
    with pytest.raises(CalibrationError, match="hardly tell the focal length"):
        calibrate_intrinsics(views, unheard)
