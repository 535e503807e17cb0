"""The bed under the cone, carried there from the ring around the rim."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.builders import (
    View,
    bed_coefficients,
    make_applicator,
    make_bed,
    make_registration,
    make_view,
    pose_looking_at,
)
from tests.tolerances import K_99
from tracking.air_gap import axial_gaps, rim_points
from tracking.arrays import Float
from tracking.bed import BedStatus, BedSurface
from tracking.bed_ring import MIN_SEEN_DEG
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label
from tracking.standoff import measure_standoff
from tracking.surface import fit_bed
from tracking.transforms import invert, transform_points

RADIUS_150 = 1 / 150.0
# diameter, bevel, azimuth, slope along x and y, curvature (positive: hollow)
CASES = [
    (60.0, 0.0, 10.0, 0.0, 0.0, 0.0),
    (60.0, 15.0, 90.0, 0.05, -0.04, 0.0),
    (60.0, 30.0, 200.0, -0.03, 0.06, 0.0),
    (100.0, 15.0, 300.0, 0.02, 0.02, 0.0),
    (40.0, 15.0, 45.0, 0.0, 0.03, 0.0),
    (60.0, 0.0, 120.0, 0.02, 0.0, -RADIUS_150),
    (60.0, 15.0, 240.0, 0.0, -0.03, -RADIUS_150),
    (80.0, 30.0, 60.0, 0.03, 0.03, -RADIUS_150),
    (60.0, 0.0, 330.0, 0.0, 0.02, RADIUS_150),
    (60.0, 15.0, 150.0, -0.02, 0.0, RADIUS_150),
]
DEEP = 0.25  # cone's radius over the bed's: what lies under a bevelled cone then needs a survey
cases = pytest.mark.parametrize("case", range(len(CASES)))


@cache
def view_of(case: int) -> View:
    diameter, bevel, azimuth, slope_x, slope_y, curvature = CASES[case]
    cone = make_applicator(diameter, bevel)
    sunk = cone.outer_radius_mm**2 * max(0.0, curvature) / 2  # a hollow's rim stands higher
    bed = bed_coefficients(cone, 3.0 + sunk, slope_x, slope_y, curvature)
    return make_view(cone, pose_looking_at(500.0, 32.0, azimuth), seed=case, bed=bed)


def fit(view: View, registration: Registration | None = None) -> BedSurface:
    known = make_registration(view.camera_from_applicator, np.zeros((6, 6)))
    return fit_bed(
        view.applicator,
        registration or known,
        view.segmentation,
        view.depth_mm,
        view.intrinsics,
        view.noise,
    )


@cases
def test_air_gap_and_incidence_are_within_their_99_percent_bound(case: int) -> None:
    view = view_of(case)
    known = make_registration(view.camera_from_applicator, np.zeros((6, 6)))
    bed = fit(view)
    assert bed.status is BedStatus.OK
    found = measure_standoff(view.applicator, known, bed)
    truth = measure_standoff(view.applicator, known, make_bed(view.bed))
    for name in ("air_gap_mm", "incidence_x_deg", "incidence_y_deg"):
        quantity, true = getattr(found, name), getattr(truth, name)
        assert abs(quantity.value - true.value) <= K_99 * quantity.sigma, name
    assert found.air_gap_mm.sigma is not None
    _, bevel, _, _, _, curvature = CASES[case]
    if not (bevel > 0 and abs(curvature) * view.applicator.outer_radius_mm > DEEP):
        assert found.air_gap_mm.sigma < 1.0  # an example plan allows 3 mm with k = 3


@cases
def test_the_surface_is_within_its_bound_all_over_the_field(case: int) -> None:
    view, bed = view_of(case), fit(view_of(case))
    assert bed.coefficients is not None
    assert bed.covariance is not None
    for radius in (0.01, 0.5, 1.0):
        points = rim_points(radius * view.applicator.inner_radius_mm)
        found = axial_gaps(view.applicator, bed.fit_from_applicator, bed.coefficients, points)
        truth = axial_gaps(view.applicator, np.eye(3), view.bed, points)
        sigma = np.sqrt(np.einsum("ni,ij,nj->n", found.by_bed, bed.covariance, found.by_bed))
        assert np.all(np.abs(found.gaps_mm - truth.gaps_mm) <= K_99 * sigma)


def test_sigma_includes_the_curvature_that_nobody_sees() -> None:
    small, large = (
        measure_standoff(v.applicator, make_registration(v.camera_from_applicator), fit(v))
        for v in (view_of(4), view_of(3))
    )
    assert small.air_gap_mm.sigma is not None
    assert large.air_gap_mm.sigma is not None
    assert small.air_gap_mm.sigma > 0.1
    assert large.air_gap_mm.sigma > 0.1


def sectors_hidden(view: View, hidden_deg: float, label: Label) -> View:
    """Bed pixels in a wedge about the axis get another label."""
    points = view.intrinsics.ray_grid * view.depth_mm[..., None].astype(np.float64)
    local: Float = transform_points(invert(view.camera_from_applicator), points)
    around = np.degrees(np.arctan2(local[..., 1], local[..., 0])) % 360.0
    labels = view.labels.copy()
    labels[(labels == Label.TUMOR_BED) & (around < hidden_deg)] = label
    return replace(view, labels=labels)


@pytest.mark.parametrize("label", [Label.OCCLUDER, Label.OTHER])
def test_seen_degrees_follow_what_is_hidden_down_to_rim_hidden(label: Label) -> None:
    view = view_of(1)
    full = fit(view)
    assert full.seen_deg >= 240.0
    statuses, seen = [], []
    for hidden_deg in (0.0, 60.0, 150.0, 240.0, 300.0):
        bed = fit(sectors_hidden(view, hidden_deg, label))
        statuses.append(bed.status)
        seen.append(bed.seen_deg)
        is_told = bed.status is BedStatus.OK
        assert is_told == (bed.seen_deg >= MIN_SEEN_DEG)
    assert seen == sorted(seen, reverse=True)
    assert statuses[0] is BedStatus.OK
    assert statuses[-1] in {BedStatus.RIM_HIDDEN, BedStatus.TOO_FEW_POINTS}
    assert BedStatus.RIM_HIDDEN in statuses


def test_less_seen_is_less_certain() -> None:
    view = view_of(1)
    bed, partly = fit(view), fit(sectors_hidden(view, 60.0, Label.OCCLUDER))
    assert bed.covariance is not None
    assert partly.covariance is not None
    assert partly.covariance[0, 0] > bed.covariance[0, 0]


def test_no_bed_label_is_no_bed() -> None:
    view = view_of(1)
    labels = np.where(view.labels == Label.TUMOR_BED, np.uint8(Label.OTHER), view.labels)
    assert fit(replace(view, labels=labels)).status is BedStatus.NO_BED


def test_no_depth_on_the_bed_is_no_bed() -> None:
    view = view_of(1)
    depth = np.where(view.labels == Label.TUMOR_BED, np.float32(0), view.depth_mm)
    assert fit(replace(view, depth_mm=depth)).status is BedStatus.NO_BED


def test_a_bed_far_below_the_exit_is_another_surface() -> None:
    cone = make_applicator(60.0, 0.0)
    pose = pose_looking_at(500.0, 32.0, 10.0)
    view = make_view(cone, pose, seed=3, bed=bed_coefficients(cone, 90.0))
    assert fit(view).status in {BedStatus.TOO_FEW_POINTS, BedStatus.NO_BED}


def test_without_a_pose_there_is_no_bed() -> None:
    bed = fit(view_of(1), Registration(RegistrationStatus.NO_APPLICATOR))
    assert bed.status is BedStatus.NO_POSE


@pytest.mark.parametrize("height_mm", [8.0, 25.0])
def test_an_unlabelled_instrument_on_the_bed_does_not_lift_it(height_mm: float) -> None:
    view = view_of(1)
    known = make_registration(view.camera_from_applicator, np.zeros((6, 6)))
    points = view.intrinsics.ray_grid * view.depth_mm[..., None].astype(np.float64)
    local = transform_points(invert(view.camera_from_applicator), points)
    around = np.degrees(np.arctan2(local[..., 1], local[..., 0])) % 360.0
    wedge = (view.labels == Label.TUMOR_BED) & (around < 45.0)
    depth = np.where(wedge, view.depth_mm - np.float32(height_mm), view.depth_mm)
    bed = fit(replace(view, depth_mm=depth))
    if bed.status is not BedStatus.OK:
        return
    found = measure_standoff(view.applicator, known, bed).air_gap_mm
    truth = measure_standoff(view.applicator, known, make_bed(view.bed)).air_gap_mm
    assert found.value is not None
    assert found.sigma is not None
    assert truth.value is not None
    assert abs(found.value - truth.value) <= K_99 * found.sigma


def test_a_crumpled_surface_is_a_poor_fit() -> None:
    view = view_of(0)
    rng = np.random.default_rng(2)
    rough = view.depth_mm + rng.normal(0, 15.0, view.depth_mm.shape).astype(np.float32)
    assert fit(replace(view, depth_mm=rough)).status is BedStatus.POOR_FIT


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = fit(view_of(6)), fit(view_of(6))
    assert first.coefficients is not None
    assert second.coefficients is not None
    assert first.coefficients.tobytes() == second.coefficients.tobytes()
