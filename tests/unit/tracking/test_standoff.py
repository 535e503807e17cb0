"""Incidence, air gap and source distance against their definitions, and sigma against draws."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import (
    bed_coefficients,
    make_applicator,
    make_bed,
    make_registration,
    make_rig,
    pose_looking_at,
)
from tests.tolerances import N_DRAWS, NUMERIC_INTEGRAL_MM, SIGMA_RATIO
from tracking.applicator import MODEL_SIGMA_MM, Applicator
from tracking.arrays import Float
from tracking.bed import BedStatus, BedSurface, exit_axes, quadratic_basis
from tracking.measurement import NOT_OBSERVABLE, Measurement
from tracking.registration import Registration
from tracking.rig import Rig
from tracking.source_distance import measure_ssd_error
from tracking.standoff import Standoff, measure_standoff
from tracking.transforms import invert, rigid, rotate_about, rotation_from_vector

POSE = pose_looking_at(500.0, 35.0, 40.0, camera_roll_deg=20.0)
REGISTRATION = make_registration(POSE)
BEVELS = (0.0, 15.0, 30.0)


def value(measurement: Measurement) -> float:
    assert measurement.value is not None
    return measurement.value


def sigma(measurement: Measurement) -> float:
    assert measurement.sigma is not None
    return measurement.sigma


def plane_with_normal(normal: Float, gap_mm: float = 0.0) -> Float:
    """Coefficients of the plane with this outward normal, `gap_mm` below the exit centre."""
    return np.array([-gap_mm, -normal[0] / normal[2], -normal[1] / normal[2], 0.0, 0.0, 0.0])


def on_bed(applicator: Applicator, coefficients: Float) -> Standoff:
    return measure_standoff(applicator, REGISTRATION, make_bed(coefficients))


def exit_plane_normal(bevel_deg: float) -> Float:
    """By hand: the exit plane is z = -x tan(bevel), its normal points towards the source."""
    angle = np.radians(bevel_deg)
    return np.array([np.sin(angle), 0.0, np.cos(angle)])


@pytest.mark.parametrize("bevel_deg", BEVELS)
class TestIncidence:
    def test_a_flush_bed_has_none_and_the_beam_the_bevel(self, bevel_deg: float) -> None:
        cone = make_applicator(60.0, bevel_deg)
        np.testing.assert_allclose(exit_axes(cone)[2], exit_plane_normal(bevel_deg), atol=1e-12)
        found = on_bed(cone, bed_coefficients(cone))
        assert value(found.incidence_deg) == pytest.approx(0.0, abs=1e-6)
        assert value(found.beam_incidence_deg) == pytest.approx(bevel_deg, abs=1e-6)

    @pytest.mark.parametrize("angle_deg", [4.0, -4.0])
    def test_turned_about_applicator_y_is_incidence_y(
        self, bevel_deg: float, angle_deg: float
    ) -> None:
        cone = make_applicator(60.0, bevel_deg)
        turn = rotation_from_vector([0.0, np.radians(angle_deg), 0.0])
        found = on_bed(cone, plane_with_normal(turn @ exit_plane_normal(bevel_deg)))
        assert value(found.incidence_y_deg) == pytest.approx(angle_deg)
        assert value(found.incidence_x_deg) == pytest.approx(0.0, abs=1e-9)
        assert value(found.incidence_deg) == pytest.approx(4.0)
        assert value(found.beam_incidence_deg) == pytest.approx(abs(bevel_deg + angle_deg))

    @pytest.mark.parametrize("angle_deg", [5.0, -5.0])
    def test_turned_about_the_exit_plane_s_slope_is_incidence_x(
        self, bevel_deg: float, angle_deg: float
    ) -> None:
        cone = make_applicator(60.0, bevel_deg)
        bevel = np.radians(bevel_deg)
        slope = np.array([np.cos(bevel), 0.0, -np.sin(bevel)])  # the steepest line of the exit
        turn = rotation_from_vector(np.radians(angle_deg) * slope)
        found = on_bed(cone, plane_with_normal(turn @ exit_plane_normal(bevel_deg)))
        assert value(found.incidence_x_deg) == pytest.approx(angle_deg * np.cos(bevel))
        assert value(found.incidence_y_deg) == pytest.approx(0.0, abs=1e-9)
        assert value(found.incidence_deg) == pytest.approx(5.0)

    def test_a_bed_that_falls_away_at_plus_y_is_a_negative_turn_about_x(
        self, bevel_deg: float
    ) -> None:
        cone = make_applicator(60.0, bevel_deg)
        found = on_bed(cone, bed_coefficients(cone, slope_y=-0.1))
        # Falling along +y, its normal leans to +y: a right-handed turn about x leans z to -y.
        assert value(found.incidence_x_deg) < -3.0


class TestAirGap:
    @pytest.mark.parametrize("bevel_deg", BEVELS)
    @pytest.mark.parametrize("gap_mm", [5.0, 0.0, -4.0])
    def test_positive_beyond_the_exit_negative_bulging_in(
        self, bevel_deg: float, gap_mm: float
    ) -> None:
        cone = make_applicator(60.0, bevel_deg)
        found = on_bed(cone, bed_coefficients(cone, gap_mm))
        for quantity in (found.air_gap_mm, found.air_gap_min_mm, found.air_gap_max_mm):
            assert value(quantity) == pytest.approx(gap_mm)

    @pytest.mark.parametrize("bevel_deg", BEVELS)
    def test_the_mean_is_the_integral_over_the_inner_field(self, bevel_deg: float) -> None:
        cone = make_applicator(80.0, bevel_deg)
        coefficients = np.array([-2.0, 0.1, -0.07, 1 / 260.0, -1 / 400.0, -1 / 700.0])
        step = (np.arange(400) + 0.5) / 200 - 1
        x, y = np.meshgrid(step * cone.inner_radius_mm, step * cone.inner_radius_mm)
        inside = np.hypot(x, y) < cone.inner_radius_mm
        gaps = -x * np.tan(np.radians(bevel_deg)) - quadratic_basis(x, y) @ coefficients
        found = on_bed(cone, coefficients)
        mean = gaps[inside].mean()
        assert value(found.air_gap_mm) == pytest.approx(mean, abs=5 * NUMERIC_INTEGRAL_MM)

    def test_a_hill_under_the_field_bulges_in(self) -> None:
        cone = make_applicator(60.0, 0.0)
        found = on_bed(cone, bed_coefficients(cone, -3.0, curvature_per_mm=-1 / 150.0))
        assert -3.0 < value(found.air_gap_mm) < 0.0
        assert value(found.air_gap_min_mm) == pytest.approx(-3.0 + 30**2 / 300)

    @pytest.mark.parametrize("bevel_deg", BEVELS)
    def test_rim_extremes_are_those_of_the_inner_rim(self, bevel_deg: float) -> None:
        cone = make_applicator(60.0, bevel_deg)
        found = on_bed(cone, bed_coefficients(cone, 1.0, slope_x=0.05, slope_y=-0.02))
        wedge = 30.0 * np.hypot(0.05, 0.02)
        assert value(found.air_gap_max_mm) == pytest.approx(1 + wedge, abs=0.01)
        assert value(found.air_gap_min_mm) == pytest.approx(1 - wedge, abs=0.01)


class TestObservability:
    def test_no_surface_measures_nothing(self) -> None:
        cone = make_applicator()
        nothing = BedSurface(BedStatus.RIM_HIDDEN)
        assert measure_standoff(cone, REGISTRATION, nothing) == Standoff()
        ssd = measure_ssd_error(cone, REGISTRATION, nothing, make_rig(), (40.0, 0.0))
        assert ssd is NOT_OBSERVABLE

    def test_a_slide_that_cannot_be_seen_hides_every_distance(self) -> None:
        cone = make_applicator()
        registration = make_registration(POSE, axial_observable=False)
        bed = make_bed(bed_coefficients(cone))
        found = measure_standoff(cone, registration, bed)
        observable = {name for name, quantity in vars(found).items() if quantity.observable}
        angles = {"incidence_deg", "incidence_x_deg", "incidence_y_deg", "beam_incidence_deg"}
        assert observable == angles
        ssd = measure_ssd_error(cone, registration, bed, make_rig(), (40.0, 0.0))
        assert ssd is NOT_OBSERVABLE

    @pytest.mark.parametrize("bevel_deg", [15.0, 30.0])
    def test_an_unknown_roll_hides_what_depends_on_the_bevel_s_direction(
        self, bevel_deg: float
    ) -> None:
        cone = make_applicator(60.0, bevel_deg)
        registration = make_registration(POSE, roll_observable=False)
        found = measure_standoff(cone, registration, make_bed(bed_coefficients(cone)))
        observable = {name for name, quantity in vars(found).items() if quantity.observable}
        assert observable == {"beam_incidence_deg", "air_gap_mm"}

    def test_a_straight_cone_needs_no_roll_for_the_sizes(self) -> None:
        cone = make_applicator(60.0, 0.0)
        registration = make_registration(POSE, roll_observable=False)
        found = measure_standoff(cone, registration, make_bed(bed_coefficients(cone)))
        assert found.incidence_deg.observable
        assert found.air_gap_max_mm.observable
        assert found.incidence_x_deg is NOT_OBSERVABLE  # a direction needs the roll
        assert found.incidence_y_deg is NOT_OBSERVABLE


class TestSsdError:
    cone = make_applicator(60.0, 15.0)

    def rig_for(self, docking_gap_mm: float, turn_deg: tuple[float, float, float]) -> Rig:
        """Rig under which the registered cone docks with this gap and tilt."""
        rotation = rotation_from_vector(np.radians(turn_deg))
        ring = np.array([3.0, -2.0, -docking_gap_mm])
        head_from_applicator = rigid(rotation, ring - rotation @ [0.0, 0.0, 300.0])
        return make_rig(head_from_applicator @ invert(POSE))

    @pytest.mark.parametrize(
        ("docking_gap_mm", "gap_mm", "expected"),
        [(40.0, 0.0, 0.0), (43.0, 0.0, 3.0), (40.0, 2.5, 2.5), (42.0, -2.0, 0.0), (37.0, 1.0, -2)],
    )
    def test_it_is_the_sum_of_both_deviations(
        self, docking_gap_mm: float, gap_mm: float, expected: float
    ) -> None:
        bed = make_bed(bed_coefficients(self.cone, gap_mm))
        rig = self.rig_for(docking_gap_mm, (0.4, -0.2, 10.0))
        ssd = measure_ssd_error(self.cone, REGISTRATION, bed, rig, (40.0, 0.0))
        assert value(ssd) == pytest.approx(expected, abs=1e-6)

    def test_the_planned_air_gap_is_subtracted_too(self) -> None:
        bed = make_bed(bed_coefficients(self.cone, 5.0))
        rig = self.rig_for(40.0, (0.0, 0.0, 0.0))
        ssd = measure_ssd_error(self.cone, REGISTRATION, bed, rig, (38.0, 4.0))
        assert value(ssd) == pytest.approx(2.0 + 1.0)

    def test_a_slide_along_the_axis_cancels_in_value_and_sigma(self) -> None:
        rig = self.rig_for(40.0, (0.0, 0.0, 30.0))
        slide = 2.0 * POSE[:3, 2]
        moved = POSE.copy()
        moved[:3, 3] += slide
        bed = make_bed(bed_coefficients(self.cone, 1.0))
        moved_bed = make_bed(bed_coefficients(self.cone, 3.0))  # the same bed, seen from the cone
        before = measure_ssd_error(self.cone, REGISTRATION, bed, rig, (40.0, 0.0))
        after = measure_ssd_error(self.cone, make_registration(moved), moved_bed, rig, (40.0, 0.0))
        assert value(after) == pytest.approx(value(before), abs=1e-6)
        sliding = np.zeros((6, 6))
        sliding[3:, 3:] = np.outer(slide, slide)
        exact = make_rig(rig.head_from_camera, angle_sigma_deg=0.0, position_sigma_mm=0.0)
        registration = make_registration(POSE, sliding)
        ssd = measure_ssd_error(self.cone, registration, bed, exact, (40.0, 0.0))
        assert sigma(ssd) == pytest.approx(MODEL_SIGMA_MM, abs=1e-6)
        gap = measure_standoff(self.cone, registration, bed).air_gap_mm
        assert sigma(gap) == pytest.approx(np.hypot(2.0, MODEL_SIGMA_MM))


def bed_seen_from(true_from_registered: Float, coefficients: Float, x: Float, y: Float) -> Float:
    """Heights z of the registered space's quadratic at (x, y) of the true space (Newton)."""
    registered_from_true = invert(true_from_registered)
    z = quadratic_basis(x, y) @ coefficients
    for _ in range(4):
        points = np.stack([x, y, z], -1) @ registered_from_true[:3, :3].T
        points = points + registered_from_true[:3, 3]
        px, py = points[..., 0], points[..., 1]
        off = points[..., 2] - quadratic_basis(px, py) @ coefficients
        slope_x = coefficients[1] + 2 * coefficients[3] * px + coefficients[4] * py
        slope_y = coefficients[2] + coefficients[4] * px + 2 * coefficients[5] * py
        up = registered_from_true[:3, 2]
        z = z - off / (up[2] - slope_x * up[0] - slope_y * up[1])
    return z


class TestSigma:
    """Draws move the true cone as the docstring of `tracking.registration` says."""

    pose_covariance = np.diag([2e-3, 3e-3, 8e-3, 0.15, 0.1, 0.3]) ** 2
    bed_covariance = np.diag([0.15, 2e-3, 3e-3, 3e-4, 2e-4, 4e-4]) ** 2

    def drawn(
        self, cone: Applicator, coefficients: Float, rig: Rig
    ) -> tuple[dict[str, Float], Registration]:
        rng = np.random.default_rng(11)
        registration = make_registration(POSE, self.pose_covariance)
        motions = rng.multivariate_normal(np.zeros(6), self.pose_covariance, N_DRAWS)
        beds = rng.multivariate_normal(coefficients, self.bed_covariance, N_DRAWS)
        turns = rng.normal(0, np.radians(rig.angle_sigma_deg), (N_DRAWS, 3))
        shifts = rng.normal(0, rig.position_sigma_mm, (N_DRAWS, 3))
        radii = np.sqrt((np.arange(8) + 0.5) / 8) * cone.inner_radius_mm
        angles = np.arange(36) * (2 * np.pi / 36)
        radius, angle = np.meshgrid(radii, angles)
        disc_x, disc_y = (radius * np.cos(angle)).ravel(), (radius * np.sin(angle)).ravel()
        rim = np.arange(72) * (2 * np.pi / 72)
        rim_x, rim_y = cone.inner_radius_mm * np.cos(rim), cone.inner_radius_mm * np.sin(rim)
        step = 0.5
        x = np.concatenate([disc_x, rim_x, [0.0, step, -step, 0.0, 0.0]])
        y = np.concatenate([disc_y, rim_y, [0.0, 0.0, 0.0, step, -step]])
        rows: dict[str, list[float]] = {}
        for motion, bed, turn, shift in zip(motions, beds, turns, shifts, strict=True):
            true_pose = rotate_about(POSE[:3, 3], motion[:3]) @ POSE
            true_pose[:3, 3] += motion[3:]
            z = bed_seen_from(invert(true_pose) @ POSE, bed, x, y)
            gaps = -x * cone.bevel_slope - z
            normal = np.array([(z[-3] - z[-4]) / (2 * step), (z[-1] - z[-2]) / (2 * step), 1.0])
            normal /= np.linalg.norm(normal)
            reference = exit_plane_normal(cone.bevel_deg)
            cross = np.cross(reference, normal)
            turned = np.degrees(cross * np.arcsin(np.linalg.norm(cross)) / np.linalg.norm(cross))
            true_rig = rigid(rotation_from_vector(turn), shift) @ rig.head_from_camera
            in_head = true_rig @ true_pose
            docking_gap = -(in_head[:3, 3] + cone.length_mm * in_head[:3, 2])[2]
            mean_gap = float(gaps[: len(disc_x)].mean())
            on_rim = gaps[len(disc_x) : len(disc_x) + 72]
            for name, number in (
                ("incidence_x_deg", turned[0]),
                ("incidence_y_deg", turned[1]),
                ("air_gap_mm", mean_gap),
                ("air_gap_max_mm", on_rim.max()),
                ("air_gap_min_mm", on_rim.min()),
                ("ssd_error_mm", docking_gap + mean_gap),
            ):
                rows.setdefault(name, []).append(float(number))
        return {name: np.array(series) for name, series in rows.items()}, registration

    @pytest.mark.parametrize(
        ("bevel_deg", "gap_mm", "slope_x", "slope_y"),
        [(0.0, 1.0, 0.05, -0.08), (15.0, 3.0, -0.04, 0.09), (30.0, 6.0, 0.08, 0.06)],
    )
    def test_sigma_is_the_scatter_of_cones_beds_and_rigs(
        self, bevel_deg: float, gap_mm: float, slope_x: float, slope_y: float
    ) -> None:
        cone = make_applicator(60.0, bevel_deg)
        coefficients = bed_coefficients(cone, gap_mm, slope_x, slope_y)
        rig = make_rig(angle_sigma_deg=0.1, position_sigma_mm=0.25)
        drawn, registration = self.drawn(cone, coefficients, rig)
        bed = make_bed(coefficients, self.bed_covariance)
        found = dict(vars(measure_standoff(cone, registration, bed)))
        found["ssd_error_mm"] = measure_ssd_error(cone, registration, bed, rig, (40.0, 0.0))
        for name, series in drawn.items():
            assert sigma(found[name]) == pytest.approx(series.std(), rel=SIGMA_RATIO), name
        parts = np.cov([drawn["incidence_x_deg"], drawn["incidence_y_deg"]])
        largest = np.sqrt(np.linalg.eigvalsh(parts)[-1])
        assert sigma(found["incidence_deg"]) >= largest * (1 - SIGMA_RATIO)

    @pytest.mark.parametrize("bevel_deg", [15.0, 30.0])
    def test_a_sunk_rim_makes_the_incidence_uncertain(self, bevel_deg: float) -> None:
        """Tissue then hides the rim's lowest edge, by which a bevel's roll is told."""
        cone = make_applicator(60.0, bevel_deg)
        registration = make_registration(POSE, self.pose_covariance)
        free, sunk = (
            measure_standoff(cone, registration, make_bed(bed_coefficients(cone, gap_mm)))
            for gap_mm in (4.0, -4.0)
        )
        assert sigma(sunk.incidence_deg) > 2 * sigma(free.incidence_deg)
