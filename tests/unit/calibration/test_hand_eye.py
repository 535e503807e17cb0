"""Rig calibration from simulated robots: accurate, honest, and robust to wrong pairs."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from calibration.hand_eye import RigCalibration, calibrate_rig
from calibration.hand_eye_sight import Mount, half_turn
from calibration.lens import Lens
from calibration.lens_sigma import independent_covariance
from calibration.rig_comparison import compare_rigs
from calibration.rig_file import parse_rig
from calibration.rig_text import RigParts, rig_text
from calibration.twist import motion, twist_between
from pipeline.benchmarks.calibration_scene import BOARD, RigTrial, rig_trial
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import invert, rigid, rotation_from_vector

N_POSES = 15
TARGET_MM, TARGET_DEG = 0.3, 0.05  # asked for from 15 poses with realistic noise
K_SAFE = 4.0  # a fixed seed never meets it by chance
AT = datetime(2026, 1, 1, tzinfo=UTC)


def calibrated(trial: RigTrial, lens_covariance: Float | None = None) -> RigCalibration:
    return calibrate_rig(
        trial.views, trial.motions, trial.lens, trial.mount, lens_covariance=lens_covariance
    )


def error(trial: RigTrial, found: RigCalibration) -> Float:
    return twist_between(trial.mount_from_camera, found.head_from_camera)


@pytest.mark.parametrize("mount", ["hand", "world"])
def test_the_rig_is_found_within_its_sigma(mount: Mount) -> None:
    trial = rig_trial(np.random.default_rng(11), mount, N_POSES, 0)
    found = calibrated(trial)
    miss = error(trial, found)
    assert np.linalg.norm(miss[3:]) < TARGET_MM
    assert np.degrees(np.linalg.norm(miss[:3])) < TARGET_DEG
    assert (np.abs(miss) < K_SAFE * np.sqrt(np.diag(found.covariance))).all()
    assert found.outliers == ()
    assert not found.warnings


@pytest.mark.parametrize("mount", ["hand", "world"])
def test_a_fifth_of_wrong_pairs_is_named_and_survived(mount: Mount) -> None:
    trial = rig_trial(np.random.default_rng(12), mount, N_POSES, 3)
    found = calibrated(trial)
    assert {pose.name for pose in found.outliers} == trial.wrong
    assert np.linalg.norm(error(trial, found)[3:]) < TARGET_MM


def test_the_error_on_poses_left_out_is_that_of_robot_and_rig() -> None:
    found = calibrated(rig_trial(np.random.default_rng(13), "hand", N_POSES, 0))
    noiseless = calibrated(rig_trial(np.random.default_rng(13), "hand", N_POSES, 0, 0.0))
    assert len(found.left_out) == N_POSES
    assert found.left_out_mm > noiseless.left_out_mm
    assert found.left_out_mm < TARGET_MM


def test_a_lens_that_is_known_badly_widens_the_sigma() -> None:
    trial = rig_trial(np.random.default_rng(14), "hand", N_POSES, 0)
    exact = calibrated(trial)
    unsure = calibrated(trial, independent_covariance(np.array([3.0, 3.0, 1.0, 1.0])))
    assert unsure.position_sigma_mm > 2 * exact.position_sigma_mm


@pytest.mark.slow
def test_a_lens_that_is_out_is_weighed_against_what_the_robot_knows() -> None:
    """A lens out by its sigma: the rig errs less than one fitted as if that lens were exact."""
    sigma = np.array([1.0, 1.0, 1.5, 1.5])
    weighed, taken, inside = [], [], []
    for seed in range(8):
        rng = np.random.default_rng([31, seed])
        trial = rig_trial(rng, "hand", N_POSES, 0)
        off = Lens(
            trial.lens.width,
            trial.lens.height,
            trial.lens.pinhole + rng.normal(0, sigma),
            trial.lens.distortion,
        )
        covariance = independent_covariance(sigma)
        found = calibrate_rig(trial.views, trial.motions, off, "hand", lens_covariance=covariance)
        exact = calibrate_rig(trial.views, trial.motions, off, "hand")
        miss = error(trial, found)
        weighed.append(float(np.linalg.norm(miss[3:])))
        taken.append(float(np.linalg.norm(error(trial, exact)[3:])))
        inside.append(np.abs(miss) < K_SAFE * np.sqrt(np.diag(found.covariance)))
    assert np.mean(weighed) < 0.7 * np.mean(taken)
    assert np.all(inside)


@pytest.mark.parametrize(("factor", "unit", "other"), [(0.001, "mm", '"m"'), (1000, "m", '"mm"')])
def test_another_unit_is_noticed(factor: float, unit: str, other: str) -> None:
    trial = rig_trial(np.random.default_rng(15), "hand", N_POSES, 0)
    motions = [rigid(m[:3, :3], m[:3, 3] * factor) for m in trial.motions]
    with pytest.raises(CalibrationError, match="unit") as refused:
        calibrate_rig(trial.views, motions, trial.lens, "hand", unit=unit)
    assert other in refused.value.actual


def scaled(trial: RigTrial, factor: float) -> list[Float]:
    return [rigid(m[:3, :3], m[:3, 3] * factor) for m in trial.motions]


def test_a_board_measured_wrongly_is_warned_of_and_widens_the_sigma() -> None:
    trial = rig_trial(np.random.default_rng(16), "hand", N_POSES, 0)
    found = calibrate_rig(trial.views, scaled(trial, 1.006), trial.lens, "hand")
    assert any("measure the print" in text for text in found.warnings)
    assert found.scale[0] == pytest.approx(1.006, abs=K_SAFE * found.scale[1])
    miss = float(np.linalg.norm(error(trial, found)[3:]))
    assert miss > 1.0 > calibrated(trial).position_sigma_mm
    assert miss < 2 * found.position_sigma_mm


@pytest.mark.parametrize("factor", [1.02, 0.98])
def test_lengths_that_are_out_by_more_than_any_print_are_refused(factor: float) -> None:
    trial = rig_trial(np.random.default_rng(16), "hand", N_POSES, 0)
    with pytest.raises(CalibrationError, match="lengths are not the board's") as refused:
        calibrate_rig(trial.views, scaled(trial, factor), trial.lens, "hand")
    assert refused.value.actual.startswith(f"{factor:.2f}")


@pytest.mark.parametrize("mount", ["hand", "world"])
def test_a_left_handed_frame_of_the_robot_is_named(mount: Mount) -> None:
    trial = rig_trial(np.random.default_rng(21), mount, N_POSES, 0)
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    motions = [mirror @ m @ mirror for m in trial.motions]
    with pytest.raises(CalibrationError, match="mirrored"):
        calibrate_rig(trial.views, motions, trial.lens, mount)


@pytest.mark.parametrize("mount", ["hand", "world"])
def test_poses_the_other_way_round_are_named_and_never_used(mount: Mount) -> None:
    trial = rig_trial(np.random.default_rng(22), mount, N_POSES, 0)
    with pytest.raises(CalibrationError) as refused:
        calibrate_rig(trial.views, [invert(m) for m in trial.motions], trial.lens, mount)
    assert "look like gripper_from_base" in refused.value.actual


@pytest.mark.parametrize("mount", ["hand", "world"])
def test_a_poor_robot_is_accepted_with_warnings(mount: Mount) -> None:
    """1 mm and 0.2 deg: its rig is still found within its sigma."""
    trial = rig_trial(np.random.default_rng(23), mount, 2 * N_POSES, 0, 20.0)
    found = calibrated(trial)
    assert any("more than a robot's" in text for text in found.warnings)
    assert (np.abs(error(trial, found)) < K_SAFE * np.sqrt(np.diag(found.covariance))).all()


def test_a_robot_too_poor_to_tell_a_rig_is_refused() -> None:
    trial = rig_trial(np.random.default_rng(24), "hand", N_POSES, 0, 100.0)  # 5 mm and 1 deg
    with pytest.raises(CalibrationError, match="do not agree"):
        calibrated(trial)


def test_turns_about_one_axis_are_refused() -> None:
    trial = rig_trial(np.random.default_rng(17), "hand", N_POSES, 0)
    turns = [rotation_from_vector([0, 0, 0.1 * i]) for i in range(N_POSES)]
    motions = [rigid(t, m[:3, 3]) for t, m in zip(turns, trial.motions, strict=True)]
    with pytest.raises(CalibrationError, match="does not determine the rig"):
        calibrate_rig(trial.views, motions, trial.lens, "hand")


@pytest.mark.parametrize("mount", ["hand", "world"])
@pytest.mark.parametrize("seed", range(4))
def test_poses_that_belong_to_other_pictures_are_refused(mount: Mount, seed: int) -> None:
    trial = rig_trial(np.random.default_rng(18 + seed), mount, N_POSES, 0)
    order = np.random.default_rng(seed).permutation(N_POSES)
    motions = [trial.motions[i] for i in order.tolist()]
    with pytest.raises(CalibrationError, match=r"do not agree|unit|mirrored|lengths"):
        calibrate_rig(trial.views, motions, trial.lens, mount)


def test_half_turns_of_a_board_that_hides_them_are_undone() -> None:
    trial = rig_trial(np.random.default_rng(19), "hand", N_POSES, 0)
    views = list(trial.views)
    for i in (1, 4, 8, 9):  # what a detector does that starts at the other end
        view = views[i]
        views[i] = type(view)(view.name, view.points_mm, view.points_px[::-1], view.size_px)
    turn = half_turn(np.ptp(BOARD.points_mm, axis=0))
    found = calibrate_rig(views, trial.motions, trial.lens, "hand", turned_from_board=turn)
    assert found.outliers == ()
    assert np.linalg.norm(error(trial, found)[3:]) < TARGET_MM


def test_the_rig_file_reads_back_and_a_wrong_stored_one_is_flagged() -> None:
    found = calibrated(rig_trial(np.random.default_rng(20), "hand", N_POSES, 0))

    def stored(pose: Float) -> str:
        parts = RigParts("s-1", pose, found.angle_sigma_deg, found.position_sigma_mm, AT)
        return rig_text(parts, None)

    same = parse_rig(stored(found.head_from_camera), "rig")
    np.testing.assert_allclose(same.head_from_camera, found.head_from_camera, atol=1e-8)
    sigmas = (found.position_sigma_mm, found.angle_sigma_deg)
    assert not compare_rigs(found.head_from_camera, *sigmas, same).is_different
    for twist in ([0, 0, 0, 1.0, 0, 0], [0, np.radians(0.2), 0, 0, 0, 0]):
        moved = motion(np.array(twist)) @ found.head_from_camera
        other = parse_rig(stored(moved), "rig")
        assert compare_rigs(found.head_from_camera, *sigmas, other).is_different
