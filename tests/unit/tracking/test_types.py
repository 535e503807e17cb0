from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders import LIMITS, make_applicator, make_registration, make_rig
from tracking.arrays import Float
from tracking.bed import BedStatus, BedSurface, quadratic_basis, quadratic_slopes
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import StereoNoise
from tracking.frame import GroundTruth, RgbdFrame, SourceFrame
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.plan import Tolerance, VectorTolerance
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label, Segmentation
from tracking.transforms import rigid, rotation_from_vector

NAN, INF = float("nan"), float("inf")
CAMERA = CameraIntrinsics(6, 4, 5.0, 5.0, 3.0, 2.0)
DEPTH = np.arange(24, dtype=np.uint16).reshape(4, 6)


def frame(**changes: object) -> RgbdFrame:
    values: dict[str, Any] = {
        "frame_index": 3,
        "device_serial": "1",
        "stamp_ns": 1,
        "arrival_ns": 2,
        "intrinsics": CAMERA,
        "depth_raw": DEPTH,
        "depth_unit_mm": 0.1,
    }
    return RgbdFrame(**(values | changes))


class TestFrame:
    def test_depth_is_raw_times_unit(self) -> None:
        depth = frame().depth_mm
        assert depth.dtype == np.float32
        np.testing.assert_allclose(depth, DEPTH * 0.1, rtol=1e-6)

    def test_arrays_are_read_only_and_the_frame_s_own(self) -> None:
        mine = DEPTH.copy()
        made = frame(depth_raw=mine, color_rgb=np.zeros((4, 6, 3), np.uint8))
        mine[0, 1] = 999
        assert made.depth_raw[0, 1] == 1
        assert made.color_rgb is not None
        for array in (made.depth_raw, made.depth_mm, made.color_rgb):
            assert not array.flags.writeable

    def test_the_hash_tells_contents_apart(self) -> None:
        other = DEPTH.copy()
        other[2, 2] += 1
        assert frame().depth_sha256 == frame(frame_index=9).depth_sha256
        assert frame().depth_sha256 != frame(depth_raw=other).depth_sha256

    @pytest.mark.parametrize(
        "change",
        [
            {"depth_unit_mm": 0.0},
            {"depth_unit_mm": NAN},
            {"depth_unit_mm": -1.0},
            {"depth_unit_mm": INF},
            {"depth_raw": DEPTH.astype(np.float32)},
            {"depth_raw": DEPTH.T},
            {"depth_raw": DEPTH[:3]},
            {"color_rgb": np.zeros((4, 6), np.uint8)},
            {"color_rgb": np.zeros((6, 4, 3), np.uint8)},
            {"color_rgb": np.zeros((4, 6, 3), np.float32)},
        ],
    )
    def test_what_contradicts_the_camera_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"depth_unit_mm|depth_raw|color_rgb"):
            frame(**change)

    def test_labels_of_another_size_are_refused(self) -> None:
        with pytest.raises(ValueError, match="labels"):
            SourceFrame(frame(), np.zeros((6, 4), np.uint8))

    def test_a_mirrored_truth_is_refused(self) -> None:
        with pytest.raises(ValueError, match="mirrored"):
            GroundTruth(np.diag([-1.0, 1.0, 1.0, 1.0]))


class TestSegmentation:
    def test_masks_are_the_label_codes(self) -> None:
        labels = np.array([[0, 1], [2, 3]], np.uint8)
        made = Segmentation(labels, "m")
        assert made.bed_mask.tolist() == [[False, True], [False, False]]
        assert made.applicator_mask.tolist() == [[False, False], [True, False]]
        assert made.occluder_mask.tolist() == [[False, False], [False, True]]
        assert [int(label) for label in Label] == [0, 1, 2, 3]

    def test_labels_are_copied_and_read_only(self) -> None:
        labels = np.zeros((2, 2), np.uint8)
        made = Segmentation(labels, "m")
        labels[0, 0] = 2
        assert made.labels[0, 0] == 0
        assert not made.labels.flags.writeable
        assert not made.applicator_mask.flags.writeable

    def test_a_read_only_view_of_what_others_can_write_is_copied(self) -> None:
        mine = np.zeros((2, 2), np.uint8)
        view = mine[:]
        view.setflags(write=False)
        made = Segmentation(view, "m")
        mine[0, 0] = 2
        assert made.labels[0, 0] == 0

    @pytest.mark.parametrize(
        "labels",
        [
            np.zeros((2, 2), np.int64),
            np.zeros((2, 2, 1), np.uint8),
            np.full((2, 2), 4, np.uint8),
            np.full((2, 2), 255, np.uint8),
        ],
    )
    def test_other_arrays_are_refused(self, labels: NDArray[Any]) -> None:
        with pytest.raises(ValueError, match="labels"):
            Segmentation(labels, "m")


class TestApplicator:
    def test_derived_lengths(self) -> None:
        cone = make_applicator(60.0, 30.0)
        assert (cone.inner_radius_mm, cone.outer_radius_mm, cone.outer_diameter_mm) == (30, 32, 64)
        assert cone.bevel_rise_mm == pytest.approx(32 * np.tan(np.radians(30)))
        assert cone.has_ring
        assert not make_applicator(has_ring=False).has_ring

    def test_a_sleeve_widens_the_outside_only(self) -> None:
        cone = replace(make_applicator(), sleeve_diameter_mm=70.0)
        assert (cone.outer_diameter_mm, cone.inner_diameter_mm) == (70.0, 60.0)

    @pytest.mark.parametrize(
        "name",
        [
            "inner_diameter_mm",
            "wall_mm",
            "length_mm",
            "bevel_deg",
            "ring_diameter_mm",
            "ring_height_mm",
            "field_margin_mm",
            "ssd_mm",
            "sleeve_diameter_mm",
        ],
    )
    @pytest.mark.parametrize("value", [NAN, INF, -1.0])
    def test_not_finite_or_negative_is_refused(self, name: str, value: float) -> None:
        change: dict[str, Any] = {name: value}
        with pytest.raises(ValueError, match=name):
            replace(make_applicator(), **change)

    @pytest.mark.parametrize(
        "change",
        [
            {"inner_diameter_mm": 0.0},
            {"wall_mm": 0.0},
            {"bevel_deg": 60.1},
            {"ring_diameter_mm": 0.0},
            {"ring_height_mm": 0.0},
            {"ring_diameter_mm": 63.0},
            {"length_mm": 25.0},
        ],
    )
    def test_contradictions_are_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="D60-B15"):
            replace(make_applicator(), **change)


class TestRig:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"camera_serial": ""}, "camera_serial"),
            ({"head_from_camera": np.full((4, 4), NAN)}, "finite"),
            ({"head_from_camera": np.diag([1.0, -1.0, 1.0, 1.0])}, "mirrored"),
            ({"head_from_camera": np.eye(3)}, "shape"),
            ({"angle_sigma_deg": NAN}, "angle_sigma_deg"),
            ({"angle_sigma_deg": -0.1}, "angle_sigma_deg"),
            ({"position_sigma_mm": INF}, "position_sigma_mm"),
            ({"valid_days": 0.0}, "valid_days"),
            ({"valid_days": NAN}, "valid_days"),
            ({"calibrated_at": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)}, "zone"),
        ],
    )
    def test_what_is_no_calibration_is_refused(self, change: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            make_rig(**change)

    def test_the_pose_is_read_only(self) -> None:
        assert not make_rig().head_from_camera.flags.writeable


class TestStereoNoise:
    @pytest.mark.parametrize(
        "values",
        [
            (0.0, 0.08, 1.5),
            (NAN, 0.08, 1.5),
            (50.0, 0.0, 1.5),
            (50.0, INF, 1.5),
            (50.0, 0.08, -1.0),
            (50.0, 0.08, NAN),
            (50.0, 0.08, 1.5, ()),
            (50.0, 0.08, 1.5, (0.0, NAN)),
            (50.0, 0.08, 1.5, (0.0,), 0.0),
            (50.0, 0.08, 1.5, (0.0,), NAN),
        ],
    )
    def test_what_is_no_noise_is_refused(self, values: tuple[Any, ...]) -> None:
        with pytest.raises(ValueError, match=r"depth\."):
            StereoNoise(*values)

    def test_the_focal_length_of_the_frame_unless_its_own_is_given(self) -> None:
        assert StereoNoise(50.0, 0.08, 1.5).focal_baseline(400.0) == 20_000.0
        own = StereoNoise(50.0, 0.08, 1.5, focal_px=380.0)
        assert own.focal_baseline(400.0) == 19_000.0

    def test_correct_subtracts_the_bias_of_the_measured_depth(self) -> None:
        noise = StereoNoise(50.0, 0.08, 1.5, bias_mm=(-4.0, 0.01, 1e-5))
        depth = np.array([[0.0, 500.0, 1000.0]], np.float32)
        corrected = noise.correct(depth)
        assert corrected.dtype == np.float32
        expected = [[0.0, 500 - (-4 + 5 + 2.5), 1000 - (-4 + 10 + 10)]]
        np.testing.assert_allclose(corrected, expected, rtol=1e-6)

    def test_correct_never_invents_or_turns_depth(self) -> None:
        noise = StereoNoise(50.0, 0.08, 1.5, bias_mm=(20.0,))
        corrected = noise.correct(np.array([[0.0, 5.0, 20.0, 21.0]], np.float32))
        assert corrected.tolist() == [[0.0, 0.0, 0.0, 1.0]]

    def test_no_bias_changes_nothing(self) -> None:
        depth = np.array([[0.0, 123.4]], np.float32)
        np.testing.assert_array_equal(StereoNoise(50.0, 0.08, 1.5).correct(depth), depth)


class TestPlan:
    @pytest.mark.parametrize("values", [(NAN, 1.0), (INF, 1.0), (0.0, 0.0), (0.0, NAN), (0.0, -1)])
    def test_a_tolerance_is_positive_and_finite(self, values: tuple[float, float]) -> None:
        with pytest.raises(ValueError, match=r"planned|tolerance"):
            Tolerance(*values)
        with pytest.raises(ValueError, match=r"planned|tolerance"):
            VectorTolerance((values[0], 0.0), values[1])

    @pytest.mark.parametrize(
        "change",
        [
            {"coverage_minimum_fraction": 0.0},
            {"coverage_minimum_fraction": 1.1},
            {"coverage_minimum_fraction": NAN},
            {"intrusion_maximum_mm": 0.0},
            {"intrusion_maximum_mm": NAN},
            {"air_gap_rim_maximum_mm": INF},
            {"docking_tilt_deg": Tolerance(-0.1, 1.0)},
            {"docking_lateral_mm": Tolerance(-0.1, 1.0)},
        ],
    )
    def test_impossible_limits_are_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"coverage|intrusion|air_gap_rim|lengths"):
            replace(LIMITS, **change)


class TestMeasurement:
    @pytest.mark.parametrize(
        "values",
        [
            (NAN, 0.1, True),
            (1.0, NAN, True),
            (1.0, -0.1, True),
            (INF, 0.1, True),
            (1.0, INF, True),
            (None, 0.1, True),
            (1.0, None, True),
            (1.0, 0.1, False),
            (None, 0.1, False),
        ],
    )
    def test_half_a_measurement_is_refused(self, values: tuple[Any, ...]) -> None:
        with pytest.raises(ValueError, match=r"value|sigma"):
            Measurement(*values)

    def test_measured_turns_what_is_not_finite_into_not_observable(self) -> None:
        assert measured(NAN, 0.1) is NOT_OBSERVABLE
        assert measured(1.0, NAN) is NOT_OBSERVABLE
        assert measured(1.0, -1.0) is NOT_OBSERVABLE
        assert measured(1.0, 0.0) == Measurement(1.0, 0.0, True)


class TestRegistration:
    def test_ok_needs_a_pose_and_a_pose_its_covariance(self) -> None:
        with pytest.raises(ValueError, match="OK needs a pose"):
            Registration(RegistrationStatus.OK)
        with pytest.raises(ValueError, match="covariance"):
            Registration(RegistrationStatus.OK, np.eye(4))
        with pytest.raises(ValueError, match="covariance"):
            Registration(RegistrationStatus.POOR_FIT, covariance=np.eye(6))

    @pytest.mark.parametrize("bad", [np.full((6, 6), NAN), np.eye(3)])
    def test_a_covariance_is_six_by_six_and_finite(self, bad: Float) -> None:
        with pytest.raises(ValueError, match="covariance"):
            make_registration(np.eye(4), bad)

    def test_without_a_pose_nothing_can_be_read(self) -> None:
        empty = Registration(RegistrationStatus.NO_APPLICATOR)
        assert (empty.axis_cov_deg2, empty.axis_sigma_deg, empty.exit_sigma_mm) == (None,) * 3
        with pytest.raises(ValueError, match="NO_APPLICATOR"):
            _ = empty.axis_camera

    def test_axis_covariance_is_of_the_rotation_about_the_projected_camera_axes(self) -> None:
        pose = rigid(rotation_from_vector([0.4, -0.3, 0.2]), [10.0, 20.0, 500.0])
        rng = np.random.default_rng(3)
        root = rng.normal(size=(6, 6)) * 1e-3
        made = make_registration(pose, root @ root.T)
        for row, camera_axis in zip(made.axis_basis, np.eye(3)[:2], strict=True):
            assert row @ made.axis_camera == pytest.approx(0.0, abs=1e-12)
            assert np.linalg.norm(row) == pytest.approx(1.0)
            assert row @ camera_axis > 0
        basis = made.axis_basis
        expected = np.degrees(1) ** 2 * basis @ (root @ root.T)[:3, :3] @ basis.T
        np.testing.assert_allclose(made.axis_cov_deg2, expected)  # type: ignore[arg-type]

    def test_an_axis_along_camera_x_still_has_a_basis(self) -> None:
        pose = rigid(rotation_from_vector([0.0, np.pi / 2, 0.0]), [0.0, 0.0, 500.0])
        basis = make_registration(pose).axis_basis
        np.testing.assert_allclose(basis @ [1.0, 0.0, 0.0], 0.0, atol=1e-9)
        np.testing.assert_allclose(np.linalg.norm(basis, axis=1), 1.0)

    def test_arrays_are_read_only(self) -> None:
        made = make_registration(np.eye(4))
        assert made.camera_from_applicator is not None
        assert made.covariance is not None
        assert not made.camera_from_applicator.flags.writeable
        assert not made.covariance.flags.writeable


class TestBedSurface:
    def test_heights_and_slopes_follow_the_coefficients(self) -> None:
        coefficients = np.array([1.0, 2.0, 3.0, 0.1, 0.2, 0.3])
        x, y = np.array([2.0]), np.array([-1.0])
        height = quadratic_basis(x, y) @ coefficients
        np.testing.assert_allclose(height, [1 + 4 - 3 + 0.4 - 0.4 + 0.3])
        slope_x, slope_y = quadratic_slopes(coefficients, x, y)
        np.testing.assert_allclose(slope_x, [2 + 0.4 - 0.2])
        np.testing.assert_allclose(slope_y, [3 + 0.4 - 0.6])

    @pytest.mark.parametrize(
        ("coefficients", "covariance"),
        [
            (np.zeros(5), np.eye(6)),
            (np.full(6, NAN), np.eye(6)),
            (np.zeros(6), np.full((6, 6), INF)),
            (np.zeros(6), np.eye(5)),
        ],
    )
    def test_ok_needs_whole_coefficients(self, coefficients: Float, covariance: Float) -> None:
        with pytest.raises(ValueError, match=r"coefficients|covariance"):
            BedSurface(BedStatus.OK, coefficients, covariance)

    def test_only_ok_carries_a_surface(self) -> None:
        with pytest.raises(ValueError, match="only status OK"):
            BedSurface(BedStatus.RIM_HIDDEN, np.zeros(6), np.eye(6))
