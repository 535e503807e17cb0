"""Signs straight from DESIGN section 2: a = applicator +z, c = ring's top centre, in head space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import make_applicator, make_registration, make_rig
from tests.tolerances import N_DRAWS, ROUNDING, SIGMA_RATIO
from tracking.applicator import MODEL_SIGMA_MM
from tracking.arrays import Float
from tracking.docking import Docking, measure_docking
from tracking.registration import Registration, RegistrationStatus
from tracking.rig import Rig
from tracking.transforms import invert, rigid, rotate_about, rotation_from_vector

CONE = make_applicator(60.0, 15.0)
RIGS = {
    "camera is head": np.eye(4),
    "looks obliquely down": make_rig().head_from_camera,
    "upside down": rigid(rotation_from_vector([np.pi, 0.0, 0.0]), [0.0, 300.0, 50.0]),
}
rigs = pytest.mark.parametrize("head_from_camera", RIGS.values(), ids=RIGS.keys())


def head_from_applicator(
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ring_head_mm: tuple[float, float, float] = (0.0, 0.0, -40.0),
) -> Float:
    """The cone turned about head axes (rotation vector), its ring's top centre at a place."""
    rotation = rotation_from_vector(np.radians(turn_deg))
    ring = np.array(ring_head_mm)
    return rigid(rotation, ring - rotation @ np.array([0.0, 0.0, CONE.length_mm]))


def measure(pose_in_head: Float, head_from_camera: Float) -> Docking:
    rig = make_rig(head_from_camera)
    return measure_docking(CONE, make_registration(invert(head_from_camera) @ pose_in_head), rig)


def values(docking: Docking) -> dict[str, float]:
    found = {name: quantity.value for name, quantity in vars(docking).items()}
    assert all(value is not None for value in found.values())
    return {name: float(value) for name, value in found.items() if value is not None}


@rigs
class TestSigns:
    def test_aligned_and_soft_docked_reads_zero_and_forty(self, head_from_camera: Float) -> None:
        found = values(measure(head_from_applicator(), head_from_camera))
        assert found.pop("docking_gap_mm") == pytest.approx(40.0)
        assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=1e-6)

    @pytest.mark.parametrize("angle_deg", [3.0, -3.0])
    def test_turned_about_head_x_is_tilt_x(self, head_from_camera: Float, angle_deg: float) -> None:
        pose = head_from_applicator((angle_deg, 0.0, 0.0))
        axis = pose[:3, 2]  # by hand: (0, -sin, cos)
        assert np.degrees(np.arctan2(-axis[1], axis[2])) == pytest.approx(angle_deg)
        found = values(measure(pose, head_from_camera))
        assert found["tilt_x_deg"] == pytest.approx(angle_deg)
        assert found["tilt_y_deg"] == pytest.approx(0.0, abs=1e-6)
        assert found["docking_tilt_deg"] == pytest.approx(3.0)

    @pytest.mark.parametrize("angle_deg", [2.0, -2.0])
    def test_turned_about_head_y_is_tilt_y(self, head_from_camera: Float, angle_deg: float) -> None:
        pose = head_from_applicator((0.0, angle_deg, 0.0))
        axis = pose[:3, 2]  # by hand: (sin, 0, cos)
        assert np.degrees(np.arctan2(axis[0], axis[2])) == pytest.approx(angle_deg)
        found = values(measure(pose, head_from_camera))
        assert found["tilt_y_deg"] == pytest.approx(angle_deg)
        assert found["tilt_x_deg"] == pytest.approx(0.0, abs=1e-6)
        assert found["docking_tilt_deg"] == pytest.approx(2.0)

    @pytest.mark.parametrize("roll_deg", [30.0, -100.0, 180.0])
    def test_roll_about_the_axis_changes_nothing(
        self, head_from_camera: Float, roll_deg: float
    ) -> None:
        pose = head_from_applicator((3.0, -2.0, 0.0), (1.0, 2.0, -30.0))
        rolled = pose @ rigid(rotation_from_vector([0, 0, np.radians(roll_deg)]), np.zeros(3))
        expected = values(measure(pose, head_from_camera))
        assert values(measure(rolled, head_from_camera)) == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize("place", [(5.0, 0.0), (-5.0, 0.0), (0.0, 7.0), (0.0, -7.0), (3, -4)])
    def test_lateral_is_where_the_ring_lies(
        self, head_from_camera: Float, place: tuple[float, float]
    ) -> None:
        found = values(measure(head_from_applicator((1, 2, 0), (*place, -40)), head_from_camera))
        assert found["lateral_x_mm"] == pytest.approx(place[0], abs=1e-6)
        assert found["lateral_y_mm"] == pytest.approx(place[1], abs=1e-6)
        assert found["docking_lateral_mm"] == pytest.approx(np.hypot(*place))

    @pytest.mark.parametrize("gap_mm", [40.0, 0.0, -3.0])
    def test_the_gap_is_positive_with_the_ring_below_the_head(
        self, head_from_camera: Float, gap_mm: float
    ) -> None:
        pose = head_from_applicator((2.0, -1.0, 0.0), (3.0, 4.0, -gap_mm))
        found = values(measure(pose, head_from_camera))
        assert found["docking_gap_mm"] == pytest.approx(gap_mm, abs=1e-6)

    def test_combined_tilt_is_the_angle_between_the_axes(self, head_from_camera: Float) -> None:
        pose = head_from_applicator((8.0, -6.0, 0.0))
        found = values(measure(pose, head_from_camera))
        assert found["docking_tilt_deg"] == pytest.approx(np.degrees(np.arccos(pose[2, 2])))


class TestSigma:
    covariance = np.diag([2e-3, 1e-3, 5e-3, 0.1, 0.2, 0.4]) ** 2

    def scattered(self, rig: Rig, registration: Registration) -> dict[str, Float]:
        """Values of poses and rigs drawn around the estimate, as their covariances say."""
        rng = np.random.default_rng(5)
        pose, covariance = registration.camera_from_applicator, registration.covariance
        assert pose is not None
        assert covariance is not None
        motions = rng.multivariate_normal(np.zeros(6), covariance, N_DRAWS)
        turns = rng.normal(0, np.radians(rig.angle_sigma_deg), (N_DRAWS, 3))
        shifts = rng.normal(0, rig.position_sigma_mm, (N_DRAWS, 3))
        drawn: dict[str, list[float]] = {}
        for motion, turn, shift in zip(motions, turns, shifts, strict=True):
            true_pose = rotate_about(pose[:3, 3], motion[:3]) @ pose
            true_pose[:3, 3] += motion[3:]
            true_rig = rigid(rotation_from_vector(turn), shift) @ rig.head_from_camera
            in_head = true_rig @ true_pose
            axis = in_head[:3, 2]
            ring = in_head[:3, 3] + CONE.length_mm * axis
            for name, value in (
                ("tilt_x_deg", np.degrees(np.arctan2(-axis[1], axis[2]))),
                ("tilt_y_deg", np.degrees(np.arctan2(axis[0], axis[2]))),
                ("lateral_x_mm", ring[0]),
                ("lateral_y_mm", ring[1]),
                ("docking_gap_mm", -ring[2]),
            ):
                drawn.setdefault(name, []).append(float(value))
        return {name: np.array(series) for name, series in drawn.items()}

    @pytest.mark.parametrize(
        ("turn_deg", "ring"),
        [((0.3, -0.2, 40.0), (1.0, -2.0, -40.0)), ((12.0, -9.0, -70.0), (60.0, 25.0, -15.0))],
    )
    @pytest.mark.parametrize("angle_sigma_deg", [0.0, 0.3])
    def test_sigma_is_the_scatter_of_poses_and_rigs(
        self,
        turn_deg: tuple[float, float, float],
        ring: tuple[float, float, float],
        angle_sigma_deg: float,
    ) -> None:
        rig = make_rig(angle_sigma_deg=angle_sigma_deg, position_sigma_mm=0.3)
        pose = invert(rig.head_from_camera) @ head_from_applicator(turn_deg, ring)
        registration = make_registration(pose, self.covariance)
        found = vars(measure_docking(CONE, registration, rig))
        drawn = self.scattered(rig, registration)
        for name, series in drawn.items():
            assert found[name].sigma == pytest.approx(series.std(), rel=SIGMA_RATIO), name
        for name, parts in (
            ("docking_tilt_deg", ("tilt_x_deg", "tilt_y_deg")),
            ("docking_lateral_mm", ("lateral_x_mm", "lateral_y_mm")),
        ):
            largest = np.linalg.eigvalsh(np.cov([drawn[part] for part in parts]))[-1]
            assert found[name].sigma == pytest.approx(np.sqrt(largest), rel=SIGMA_RATIO), name

    def test_an_exact_pose_leaves_the_rig_s_sigma(self) -> None:
        rig = make_rig(np.eye(4), angle_sigma_deg=0.05, position_sigma_mm=0.2)
        registration = make_registration(head_from_applicator(), np.zeros((6, 6)))
        docking = measure_docking(CONE, registration, rig)
        assert docking.docking_tilt_deg.sigma == pytest.approx(0.05)
        position = np.hypot(0.2, MODEL_SIGMA_MM)
        assert docking.docking_gap_mm.sigma == pytest.approx(position)
        lateral = np.hypot(position, np.radians(0.05) * 40)
        assert docking.docking_lateral_mm.sigma == pytest.approx(lateral)


def test_a_slide_that_cannot_be_seen_hides_the_gap_only() -> None:
    registration = make_registration(np.eye(4), axial_observable=False)
    docking = measure_docking(CONE, registration, make_rig(np.eye(4)))
    observable = {name for name, quantity in vars(docking).items() if quantity.observable}
    assert observable == set(vars(docking)) - {"docking_gap_mm"}


@pytest.mark.parametrize(("tilt_deg", "is_told"), [(0.0, True), (5.0, False)])
def test_an_untold_slide_hides_the_lateral_of_a_tilted_cone(tilt_deg: float, is_told: bool) -> None:
    pose = rigid(rotation_from_vector(np.radians([tilt_deg, 0.0, 0.0])), [0.0, 0.0, -340.0])
    axis = pose[:3, 2]
    covariance = np.diag([1e-6] * 3 + [0.01] * 3)
    covariance[3:, 3:] += 10.0**2 * np.outer(axis, axis)
    for axial_observable in (True, False):
        registration = make_registration(pose, covariance, axial_observable=axial_observable)
        docking = measure_docking(CONE, registration, make_rig(np.eye(4)))
        told = axial_observable or is_told
        assert docking.docking_lateral_mm.observable == told
        assert docking.lateral_x_mm.observable == docking.lateral_y_mm.observable == told


def test_without_a_pose_it_is_refused() -> None:
    empty = Registration(RegistrationStatus.NO_APPLICATOR)
    with pytest.raises(ValueError, match="NO_APPLICATOR"):
        measure_docking(CONE, empty, make_rig())


def test_the_lever_is_the_applicator_s_length() -> None:
    rig = make_rig(np.eye(4), angle_sigma_deg=0.0, position_sigma_mm=0.0)
    covariance = np.diag([1e-3, 0, 0, 0, 0, 0]) ** 2
    for length_mm in (200.0, 400.0):
        docking = measure_docking(
            replace(CONE, length_mm=length_mm), make_registration(np.eye(4), covariance), rig
        )
        assert docking.lateral_y_mm.sigma == pytest.approx(
            np.hypot(1e-3 * length_mm, MODEL_SIGMA_MM), rel=ROUNDING
        )
        assert docking.lateral_x_mm.sigma == pytest.approx(MODEL_SIGMA_MM, abs=ROUNDING)
