"""Coverage against areas whose overlap with the field is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import (
    INTRINSICS,
    bed_coefficients,
    make_applicator,
    make_registration,
    pose_looking_at,
)
from tests.builders_survey import make_survey
from tracking.applicator import Applicator
from tracking.area import MarkedArea, mark_area
from tracking.arrays import Float
from tracking.bed import quadratic_basis
from tracking.coverage import measure_coverage, shift_onto_area
from tracking.measurement import NOT_OBSERVABLE, Measurement
from tracking.outline import Outline
from tracking.registration import Registration, RegistrationStatus
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

FIELD_MM = 30.0
POSE = pose_looking_at(540.0)
SHARE_TOLERANCE = 0.004  # a 120-gon for a circle, 1500 samples, map cells of 2.6 mm
SIGMA_TOLERANCE = 0.1  # of sigma: samples at the edge are few
EXACTLY_KNOWN = np.diag([1e-14] * 6)


def circle_px(
    bed: Float, radius_mm: float, centre_mm: tuple[float, float], pose: Float = POSE
) -> tuple[tuple[float, float], ...]:
    """A circle about `centre_mm`, seen along the applicator's axis, drawn on the bed's picture."""
    angle = np.arange(120) * (2 * np.pi / 120)
    x, y = centre_mm[0] + radius_mm * np.cos(angle), centre_mm[1] + radius_mm * np.sin(angle)
    points = np.stack([x, y, quadratic_basis(x, y) @ bed], axis=1)
    uv = INTRINSICS.project(transform_points(pose, points))
    return tuple((float(u), float(v)) for u, v in uv)


def marked(survey: AlignedSurvey, outline: tuple[tuple[float, float], ...]) -> MarkedArea | None:
    assert survey.survey is not None
    surface = survey.points_camera_mm(survey.survey.is_bed)
    no_noise = np.zeros(len(surface))
    return mark_area(Outline(3, outline), surface, no_noise, 1.5, INTRINSICS, survey)


def coverage(
    cone: Applicator,
    bed: Float,
    radius_mm: float,
    centre_mm: tuple[float, float] = (0.0, 0.0),
    covariance: Float = EXACTLY_KNOWN,
) -> Measurement:
    survey = make_survey(bed, POSE)
    area = marked(survey, circle_px(bed, radius_mm, centre_mm))
    return measure_coverage(cone, make_registration(POSE, covariance), survey, area)


def lens_share(area_mm: float, field_mm: float, apart_mm: float) -> float:
    """Share of a disc of radius `area_mm` that lies in one of `field_mm`, centres apart."""
    a, b, d = area_mm, field_mm, apart_mm
    if d >= a + b:
        return 0.0
    if d <= abs(b - a):
        return min(1.0, (b / a) ** 2)
    one = a**2 * np.arccos((d**2 + a**2 - b**2) / (2 * d * a))
    other = b**2 * np.arccos((d**2 + b**2 - a**2) / (2 * d * b))
    kite = np.sqrt((-d + a + b) * (d + a - b) * (d - a + b) * (d + a + b)) / 2
    return float((one + other - kite) / (np.pi * a**2))


@pytest.mark.parametrize("bevel_deg", [0.0, 15.0, 30.0])
@pytest.mark.parametrize(
    ("radius_mm", "centre_mm"),
    [
        (20.0, (0.0, 0.0)),
        (20.0, (-8.0, 4.0)),
        (20.0, (30.0, 0.0)),
        (15.0, (0.0, -25.0)),
        (40.0, (0.0, 0.0)),
        (12.0, (50.0, 0.0)),
    ],
    ids=["inside", "inside, off the middle", "half", "partly", "wider", "outside"],
)
def test_a_circle_on_a_slanted_bed_is_covered_as_two_discs_overlap(
    bevel_deg: float, radius_mm: float, centre_mm: tuple[float, float]
) -> None:
    cone = make_applicator(bevel_deg=bevel_deg)
    bed = bed_coefficients(cone, 2.0, slope_x=0.05, slope_y=-0.08)
    result = coverage(cone, bed, radius_mm, centre_mm)
    expected = lens_share(radius_mm, FIELD_MM, float(np.hypot(*centre_mm)))
    assert result.value == pytest.approx(expected, abs=SHARE_TOLERANCE)


def test_a_bent_bed_weighs_by_its_surface() -> None:
    cone = make_applicator(bevel_deg=0.0)
    bed = bed_coefficients(cone, 2.0, curvature_per_mm=1 / 80.0)
    result = coverage(cone, bed, 45.0)

    def cap_mm2(radius_mm: float) -> float:  # of the paraboloid z = r^2 / 160
        return float((1 + (radius_mm / 80.0) ** 2) ** 1.5 - 1)

    assert result.value == pytest.approx(cap_mm2(FIELD_MM) / cap_mm2(45.0), abs=SHARE_TOLERANCE)


def test_the_fields_margin_is_no_field() -> None:
    cone = Applicator("M", "mobetron", 60.0, 2.0, 300.0, 0.0, 110.0, 20.0, field_margin_mm=5.0)
    result = coverage(cone, bed_coefficients(cone, 2.0), 40.0)
    assert result.value == pytest.approx((25.0 / 40.0) ** 2, abs=SHARE_TOLERANCE)


@pytest.mark.parametrize("axis", [0, 1])
def test_sigma_is_the_derivative_times_the_shift(axis: int) -> None:
    """Half covered: moving by s uncovers s times the chord, seen along the displacement."""
    cone = make_applicator(bevel_deg=0.0)
    bed = bed_coefficients(cone, 0.0)
    sigma_mm, apart_mm, radius_mm = 0.2, 30.0, 20.0
    across = POSE[:3, axis]
    covariance = EXACTLY_KNOWN.copy()
    covariance[3:, 3:] += sigma_mm**2 * np.outer(across, across)
    result = coverage(cone, bed, radius_mm, (apart_mm, 0.0), covariance)
    slope = lens_share(radius_mm, FIELD_MM, apart_mm + 0.1) - lens_share(
        radius_mm, FIELD_MM, apart_mm - 0.1
    )
    expected = abs(slope) / 0.2 * sigma_mm if axis == 0 else 0.0
    floor = 0.003  # what the samples at the edge leave open
    assert result.sigma == pytest.approx(expected, abs=floor + SIGMA_TOLERANCE * expected)


def test_what_just_fits_in_may_not_when_it_is_moved() -> None:
    cone = make_applicator(bevel_deg=0.0)
    covariance = np.diag([1e-14] * 3 + [0.25**2] * 3)
    result = coverage(cone, bed_coefficients(cone, 0.0), 29.6, covariance=covariance)
    assert result.value == pytest.approx(1.0, abs=0.001)
    assert result.sigma is not None
    lost_at_3_sigma = 1 - lens_share(29.6, FIELD_MM, 0.75)
    assert lost_at_3_sigma > 0
    assert 3 * result.sigma >= 0.9 * lost_at_3_sigma


def test_what_lies_well_inside_is_sure() -> None:
    cone = make_applicator()
    result = coverage(cone, bed_coefficients(cone, 1.0), 20.0, covariance=np.eye(6) * 1e-4)
    assert result.sigma == pytest.approx(0.0, abs=1e-12)
    assert result.value == pytest.approx(1.0, abs=1e-12)


def test_the_maps_own_place_counts_like_the_cones() -> None:
    cone, bed = make_applicator(bevel_deg=0.0), bed_coefficients(make_applicator(bevel_deg=0.0))
    loose = np.diag([1e-14] * 3 + [0.3**2] * 3)
    survey = make_survey(bed, POSE, covariance=loose)
    area = marked(make_survey(bed, POSE), circle_px(bed, 20.0, (30.0, 0.0)))
    by_map = measure_coverage(cone, make_registration(POSE, EXACTLY_KNOWN), survey, area)
    by_cone = coverage(cone, bed, 20.0, (30.0, 0.0), loose)
    assert by_map.sigma == pytest.approx(by_cone.sigma, rel=1e-6)
    twice = marked(survey, circle_px(bed, 20.0, (30.0, 0.0)))
    both = measure_coverage(cone, make_registration(POSE, EXACTLY_KNOWN), survey, twice)
    assert by_map.sigma is not None
    assert both.sigma == pytest.approx(np.sqrt(2) * by_map.sigma, rel=0.05)


def test_the_map_carries_the_area_when_the_camera_has_moved() -> None:
    cone = make_applicator()
    bed = bed_coefficients(cone, 2.0)
    moved = rigid(rotation_from_vector([0.05, -0.1, 0.2]), [40.0, -25.0, 30.0])
    # Drawn where the camera was; measured where it is now, from where the cone is now.
    then = make_survey(bed, POSE)
    area = marked(then, circle_px(bed, 20.0, (30.0, 0.0)))
    now = make_survey(bed, moved @ POSE, invert(moved))
    result = measure_coverage(cone, make_registration(moved @ POSE, EXACTLY_KNOWN), now, area)
    expected = lens_share(20.0, FIELD_MM, 30.0)
    assert result.value == pytest.approx(expected, abs=SHARE_TOLERANCE)


@pytest.mark.parametrize(
    "survey",
    [
        AlignedSurvey(),
        make_survey(bed_coefficients(make_applicator()), POSE, status=SurveyStatus.STALE),
        make_survey(bed_coefficients(make_applicator()), POSE, in_plane_observable=False),
    ],
    ids=["none", "stale", "may have slid"],
)
def test_without_a_map_in_its_place_nothing_is_said(survey: AlignedSurvey) -> None:
    cone = make_applicator()
    bed = bed_coefficients(cone)
    area = marked(make_survey(bed, POSE), circle_px(bed, 20.0, (0.0, 0.0)))
    assert area is not None
    assert measure_coverage(cone, make_registration(POSE), survey, area) == NOT_OBSERVABLE


def test_without_area_or_pose_nothing_is_said() -> None:
    cone = make_applicator()
    bed = bed_coefficients(cone)
    survey = make_survey(bed, POSE)
    assert measure_coverage(cone, make_registration(POSE), survey, None) == NOT_OBSERVABLE
    area = marked(survey, circle_px(bed, 20.0, (0.0, 0.0)))
    no_pose = Registration(RegistrationStatus.NO_APPLICATOR)
    assert measure_coverage(cone, no_pose, survey, area) == NOT_OBSERVABLE


class TestShiftOntoArea:
    """What the cone has to travel to stand over the area: carried out, the area is covered."""

    @pytest.mark.parametrize("bevel_deg", [0.0, 30.0])
    @pytest.mark.parametrize("centre_mm", [(14.0, 0.0), (-9.0, 12.0), (3.0, -20.0), (0.0, 0.0)])
    def test_it_leads_to_the_middle_of_the_area(
        self, bevel_deg: float, centre_mm: tuple[float, float]
    ) -> None:
        cone = make_applicator(bevel_deg=bevel_deg)
        bed = bed_coefficients(cone, 2.0)
        survey = make_survey(bed, POSE)
        area = marked(survey, circle_px(bed, 18.0, centre_mm))
        registration = make_registration(POSE, EXACTLY_KNOWN)
        found = shift_onto_area(registration, survey, area)
        assert found is not None
        assert found[0] == pytest.approx(centre_mm, abs=0.5)
        moved = POSE @ rigid(np.eye(3), np.array([*found[0], 0.0]))
        after = measure_coverage(cone, make_registration(moved, EXACTLY_KNOWN), survey, area)
        assert after.value == pytest.approx(1.0, abs=1e-6)

    def test_of_a_long_area_it_is_the_middle_and_not_the_mean(self) -> None:
        """A circle with a tail: the smallest circle around both decides."""
        cone = make_applicator()
        bed = bed_coefficients(cone, 2.0)
        survey = make_survey(bed, POSE)
        tail = [(22.0, -2.0), (22.0, 2.0)]
        body = [(10 * np.cos(a), 10 * np.sin(a)) for a in np.linspace(0.4, 2 * np.pi - 0.4, 60)]
        corners = np.array([*tail, *body])
        z = quadratic_basis(corners[:, 0], corners[:, 1]) @ bed
        uv = INTRINSICS.project(transform_points(POSE, np.column_stack([corners, z])))
        area = marked(survey, tuple((float(u), float(v)) for u, v in uv))
        found = shift_onto_area(make_registration(POSE, EXACTLY_KNOWN), survey, area)
        assert area is not None
        assert found is not None
        assert found[0] == pytest.approx((6.0, 0.0), abs=0.5)

    def test_what_is_not_known_has_none(self) -> None:
        cone = make_applicator()
        bed = bed_coefficients(cone, 2.0)
        survey = make_survey(bed, POSE)
        area = marked(survey, circle_px(bed, 18.0, (5.0, 0.0)))
        registration = make_registration(POSE, EXACTLY_KNOWN)
        lost = AlignedSurvey(SurveyStatus.NONE)
        assert shift_onto_area(registration, survey, None) is None
        assert shift_onto_area(registration, lost, area) is None
        gone = Registration(RegistrationStatus.NO_APPLICATOR)
        assert shift_onto_area(gone, survey, area) is None
