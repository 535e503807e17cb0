"""Figures of a phantom on its base, against poses and planes that are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.qa.baseline import Baseline, baseline_from_json
from calibration.qa.control_chart import MIN_RUNS, control_chart
from calibration.qa.frame_figures import Gathered, figures
from calibration.qa.phantom import PhantomPose, mean_pose, moved
from calibration.qa.plane import BasePlane, compare, find_base, stack_noise_percent
from calibration.qa_metric import Metric
from tests.builders import make_rig
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.depth_calibration import DepthCalibration
from tracking.errors import CalibrationError
from tracking.registration import Registration, RegistrationStatus
from tracking.transforms import rigid, rotation_from_vector, transform_points

RIG = make_rig()
GRID = CameraIntrinsics(212, 120, 106.0, 106.0, 105.5, 59.5)
EXIT = np.array([5.0, 20.0, 500.0])
TILT = rotation_from_vector([0.3, -0.2, 0.0])
BASE = BasePlane(TILT @ [0.0, 0.0, 1.0], float((TILT @ [0.0, 0.0, 1.0]) @ EXIT), EXIT)
FREE = np.ones(GRID.shape, bool)
MM_EXACT = 1e-4  # float32 depth of half a metre


def depth(plane: BasePlane = BASE) -> NDArray[np.float32]:
    return np.nan_to_num(plane.depth_mm(GRID)).astype(np.float32)


def pose(camera_from_phantom: Float | None = None) -> PhantomPose:
    matrix = np.eye(4) if camera_from_phantom is None else camera_from_phantom
    axis = matrix[:3, :3] @ [0.0, 0.6, -0.8]
    exit_mm = transform_points(matrix, EXIT[None])[0]
    return PhantomPose(exit_mm, axis, 300.0, 0.01, 0.002, 40)


def value(metrics: tuple[Metric, ...], name: str) -> float:
    return next(m.value for m in metrics if m.name == name)


def test_a_shift_of_the_camera_is_measured() -> None:
    found = moved(pose(), pose(rigid(np.eye(3), [0.6, -0.5, 0.62])), np.eye(4))
    assert value(found, "phantom_shift") == pytest.approx(np.linalg.norm([0.6, -0.5, 0.62]))
    assert value(found, "phantom_turn") == pytest.approx(0.0, abs=1e-9)
    assert value(found, "ssd_shift") == pytest.approx(-0.62)


def test_a_turn_about_the_exit_shows_at_the_ring() -> None:
    turn = rotation_from_vector([np.radians(0.2), 0.0, 0.0])
    found = moved(pose(), pose(rigid(turn, EXIT - turn @ EXIT)), np.eye(4))
    assert value(found, "phantom_turn") == pytest.approx(0.2, rel=1e-6)
    assert value(found, "phantom_shift") == pytest.approx(300 * np.radians(0.2), rel=1e-3)


def test_an_upturned_phantom_is_no_small_turn() -> None:
    flipped = PhantomPose(EXIT, -pose().axis, 300.0, 0.01, 0.002, 40)
    assert value(moved(pose(), flipped, np.eye(4)), "phantom_turn") == pytest.approx(180.0)


def test_too_few_registered_frames_give_no_pose() -> None:
    lost = Registration(RegistrationStatus.NO_APPLICATOR)
    assert mean_pose([lost] * 40, 300.0) is None


def test_the_base_is_found_among_other_things() -> None:
    image = BASE.depth_mm(GRID).copy()
    image[::3] -= 60.0  # a third of the rows: something lies on it
    image[5::7] = np.nan
    found = find_base(image, FREE, GRID, EXIT)
    assert found is not None
    assert found.normal @ BASE.normal == pytest.approx(1.0, abs=1e-9)
    assert found.distance_mm == pytest.approx(BASE.distance_mm, abs=1e-6)


def test_no_base_is_found_where_nothing_is_flat() -> None:
    rng = np.random.default_rng(0)
    image = 500 + rng.uniform(-150, 150, GRID.shape)
    assert find_base(image, FREE, GRID, EXIT) is None
    assert find_base(np.full(GRID.shape, np.nan), FREE, GRID, EXIT) is None


@pytest.mark.parametrize("bias_mm", [0.5, -0.5, 0.0])
def test_a_bias_of_depth_is_measured(bias_mm: float) -> None:
    image = depth()
    image[image > 0] += bias_mm
    sight = compare(image, BASE.depth_mm(GRID), FREE)
    assert sight.bias_mm == pytest.approx(bias_mm, abs=MM_EXACT)
    assert sight.rms_mm == pytest.approx(0.0, abs=MM_EXACT)
    assert sight.filled == 1.0


def test_a_hidden_base_has_no_bias_and_counts_as_unfilled() -> None:
    image = depth()
    image[:, :] = 0
    sight = compare(image, BASE.depth_mm(GRID), FREE)
    assert np.isnan(sight.bias_mm)
    assert sight.filled == 0.0
    assert np.isnan(compare(depth(), BASE.depth_mm(GRID), ~FREE).bias_mm)
    far = depth()
    far[far > 0] += 100
    assert np.isnan(compare(far, BASE.depth_mm(GRID), FREE).bias_mm)


def test_temporal_noise_is_sd_over_median() -> None:
    rng = np.random.default_rng(1)
    stack = [(500 + rng.normal(0, 2.0, GRID.shape)).astype(np.float32) for _ in range(40)]
    assert stack_noise_percent(stack, FREE) == pytest.approx(0.4, rel=0.03)
    assert np.isnan(stack_noise_percent(stack[:9], FREE))


def test_a_reference_survives_its_text_and_a_damaged_one_is_refused() -> None:
    base = Baseline("CAM-1", "rig@1", "live", 5, "p", "MOB-D60-B15", GRID, 0.1, pose(), BASE)
    again = baseline_from_json(base.to_json())
    assert again.id == base.id
    assert np.array_equal(again.base.normal, base.base.normal)
    for broken in ("", "{}", base.to_json().replace('"normal"', '"n"'), base.to_json()[:-30]):
        with pytest.raises(CalibrationError, match="reference cannot be read"):
            baseline_from_json(broken)


def test_without_frames_nothing_is_made_up() -> None:
    base = Baseline("CAM-1", RIG.id, "live", 5, "p", "A", GRID, 0.1, pose(), BASE)
    found = figures(Gathered(base), base, RIG, datetime(2026, 1, 2, tzinfo=UTC))
    assert {m.name for m in found} == {
        *("serial_matches", "calibration_days_left", "frames_used", "frames_repeated"),
    }
    assert value(found, "serial_matches") == 0.0
    assert value(found, "frames_used") == 0.0


def test_days_left_never_count_before_the_calibration() -> None:
    base = Baseline("CAM-1", RIG.id, "live", 5, "p", "A", GRID, 0.1, pose(), BASE)
    found = figures(Gathered(base), base, RIG, datetime(1999, 1, 1, tzinfo=UTC))
    assert value(found, "calibration_days_left") == -1.0


def test_days_left_never_count_before_the_depths_calibration() -> None:
    depth_at = RIG.calibrated_at + timedelta(days=3)
    calibration = DepthCalibration("any", depth_at, 90.0, (400.0, 600.0), 0.1)
    rig = replace(RIG, depth_calibration=calibration)
    base = Baseline("CAM-1", rig.id, "live", 5, "p", "A", GRID, 0.1, pose(), BASE)
    before = figures(Gathered(base), base, rig, depth_at - timedelta(days=1))
    assert value(before, "calibration_days_left") == -1.0
    after = figures(Gathered(base), base, rig, depth_at)
    assert value(after, "calibration_days_left") > 0.0


def test_a_control_chart_shows_a_jump_and_a_slow_drift() -> None:
    rng = np.random.default_rng(2)
    quiet = rng.normal(0.1, 0.01, 30).tolist()
    chart = control_chart(quiet)
    assert chart is not None
    assert chart.sigma == pytest.approx(0.01, rel=0.35)
    jump = control_chart([*quiet, 0.2])
    assert jump is not None
    assert jump.is_out[-1]
    drift = control_chart([*quiet, *(0.1 + 0.002 * k for k in range(1, 11))])
    assert drift is not None
    assert drift.is_out[-1]
    assert drift.values[-1] < drift.upper  # the single value alone would not have told


def test_a_control_chart_needs_enough_finite_values() -> None:
    assert control_chart([0.1] * (MIN_RUNS - 1)) is None
    assert control_chart([0.1] * MIN_RUNS + [float("nan")]) is None
    assert control_chart([0.1] * MIN_RUNS) is not None
