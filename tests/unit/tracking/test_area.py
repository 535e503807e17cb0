from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import (
    INTRINSICS,
    NOISE,
    bed_coefficients,
    correlated_noise,
    make_applicator,
    make_plan,
    pose_looking_at,
)
from tests.builders_survey import bed_depth, bed_segmentation, make_survey
from tracking.area import MIN_KNOWN_FRACTION, MarkedArea, mark_area
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.errors import ConfigurationError
from tracking.frame import RgbdFrame
from tracking.marks import AREA_AT_RISK, Marks, check_outlines, updated_marks
from tracking.outline import Outline
from tracking.plan import Plan
from tracking.segmentation import Label
from tracking.survey_alignment import AlignedSurvey
from tracking.transforms import invert, rigid, transform_points

POSE = pose_looking_at(540.0)
CONE = make_applicator()
BED = bed_coefficients(CONE, 2.0)
SQUARE_MM = 15.0  # half its side, on the bed, along applicator x and y
PLACE_TOLERANCE_MM = 0.1  # cells that the outline cuts
AREA_TOLERANCE = 0.02  # a share: the edge lies between samples 0.8 mm apart
NOISE_SEED, N_NOISY = 4, 24
NEES_RANGE = (0.5, 1.9)  # chi-square of 24 over 24: 99.8 %
DEPTH_UNIT_MM = 0.05


def square(frame_index: int = 7, margin_mm: float = 0.0, side_mm: float = SQUARE_MM) -> Outline:
    x, y = side_mm * np.array([-1, 1, 1, -1]), side_mm * np.array([-1, -1, 1, 1])
    points = np.stack([x, y, BED[0] + BED[1] * x], axis=1)
    uv = INTRINSICS.project(transform_points(POSE, points))
    return Outline(frame_index, tuple((float(u), float(v)) for u, v in uv), margin_mm)


def frame_of(depth_mm: Float, frame_index: int = 7) -> RgbdFrame:
    raw = np.round(depth_mm / DEPTH_UNIT_MM).astype(np.uint16)
    return RgbdFrame(frame_index, "", 0, 0, INTRINSICS, raw, DEPTH_UNIT_MM)


def marks_after(
    plan: Plan,
    survey: AlignedSurvey,
    frame_index: int = 7,
    marks: Marks | None = None,
    hidden: bool = False,
) -> Marks:
    depth, labels = bed_depth(BED, POSE, INTRINSICS)
    if hidden:
        labels[:] = Label.APPLICATOR
    frame = frame_of(depth, frame_index)
    segmentation = bed_segmentation(labels)
    before = Marks() if marks is None else marks
    return updated_marks(before, plan, frame, segmentation, frame.depth_mm, NOISE, survey)


def spread_mm(area: MarkedArea) -> Float:
    """Centre and extent of a marked area in applicator space, (2, 3)."""
    points = transform_points(invert(POSE), area.points_survey_mm)
    return np.stack([area.weights @ points, points.max(axis=0) - points.min(axis=0)])


def marked(
    outline: Outline,
    points: Float,
    survey: AlignedSurvey | None = None,
    sigma_mm: Float | None = None,
) -> MarkedArea | None:
    sigma = np.zeros(len(points)) if sigma_mm is None else sigma_mm
    survey = make_survey(BED, POSE) if survey is None else survey
    return mark_area(outline, points, sigma, NOISE.correlation_px, INTRINSICS, survey)


def area_mm2(area: MarkedArea) -> float:
    """Whole cells weigh most, each `spacing_mm` squared."""
    return area.spacing_mm**2 / float(np.median(area.weights))


def on_bed(z_of: Float = BED) -> Float:
    depth, _ = bed_depth(z_of, POSE, INTRINSICS)
    return (INTRINSICS.ray_grid * depth[..., None]).reshape(-1, 3)


def test_a_square_keeps_its_place_and_size() -> None:
    area = marked(square(), on_bed())
    assert area is not None
    centre, extent = spread_mm(area)
    assert np.abs(centre - [0, 0, BED[0]]).max() < PLACE_TOLERANCE_MM
    assert extent[:2] == pytest.approx([2 * SQUARE_MM] * 2, abs=2 * area.spacing_mm)
    flat = (2 * SQUARE_MM) ** 2 * np.sqrt(1 + BED[1] ** 2)
    assert area_mm2(area) == pytest.approx(flat, rel=AREA_TOLERANCE)
    assert area.weights.sum() == pytest.approx(1.0)


def test_its_covariance_is_what_depth_noise_does_to_its_place() -> None:
    depth, _ = bed_depth(BED, POSE, INTRINSICS)
    sigma = NOISE.sigma_mm(depth, INTRINSICS.fx)
    rng = np.random.default_rng(NOISE_SEED)
    squared = []
    for _ in range(N_NOISY):
        noise = correlated_noise(rng, depth.shape, NOISE.correlation_px)
        points = (INTRINSICS.ray_grid * (depth + noise * sigma)[..., None]).reshape(-1, 3)
        area = marked(square(), points, sigma_mm=sigma.ravel())
        assert area is not None
        off = area.centre_survey_mm - transform_points(POSE, np.array([0.0, 0.0, BED[0]]))
        squared.append(off @ off / np.trace(area.covariance_mm2))
    assert NEES_RANGE[0] < np.mean(squared) < NEES_RANGE[1]


def test_a_margin_grows_it_along_the_surface() -> None:
    margin = 6.0
    area = marked(square(margin_mm=margin), on_bed())
    assert area is not None
    _, extent = spread_mm(area)
    assert extent[1] == pytest.approx(2 * (SQUARE_MM + margin), abs=2 * area.spacing_mm)
    x_side = 2 * SQUARE_MM * np.sqrt(1 + BED[1] ** 2)
    grown = x_side * 2 * SQUARE_MM + 2 * margin * (x_side + 2 * SQUARE_MM) + np.pi * margin**2
    assert area_mm2(area) == pytest.approx(grown, rel=AREA_TOLERANCE)


def test_small_holes_are_bridged_and_large_ones_refuse() -> None:
    points = on_bed()
    local = transform_points(invert(POSE), points)
    small = np.hypot(local[:, 0], local[:, 1]) > 2.0
    assert marked(square(), points[small]) is not None
    half = local[:, 0] < 2 * (1 - MIN_KNOWN_FRACTION) * SQUARE_MM
    assert marked(square(), points[half]) is None
    assert marked(square(), points[:0]) is None


def test_it_waits_for_its_frame() -> None:
    plan, survey = area_plan(square(7)), make_survey(BED, POSE)
    before = marks_after(plan, survey, frame_index=6)
    assert before.area(AREA_AT_RISK) is None
    at = marks_after(plan, survey, frame_index=7, marks=before)
    area = at.area(AREA_AT_RISK)
    assert area is not None
    later = marks_after(plan, survey, frame_index=8, marks=at)
    assert later.area(AREA_AT_RISK) is area


@pytest.mark.parametrize(
    "survey",
    [AlignedSurvey(), make_survey(BED, POSE, in_plane_observable=False)],
    ids=["no survey", "may have slid"],
)
def test_it_needs_a_survey_on_its_frame(survey: AlignedSurvey) -> None:
    marks = marks_after(area_plan(square()), survey)
    assert marks.area(AREA_AT_RISK) is None


def test_what_hides_the_bed_is_looked_through_by_the_map() -> None:
    plan = area_plan(square())
    area = marks_after(plan, make_survey(BED, POSE), hidden=True).area(AREA_AT_RISK)
    assert area is not None
    assert np.abs(spread_mm(area)[0] - [0, 0, BED[0]]).max() < PLACE_TOLERANCE_MM
    cut = make_survey(BED, POSE, known=(-np.inf, 0.0))
    assert marks_after(plan, cut, hidden=True).area(AREA_AT_RISK) is None


def test_another_survey_is_another_space() -> None:
    plan, survey = area_plan(square()), make_survey(BED, POSE)
    marks = marks_after(plan, survey)
    assert marks.area(AREA_AT_RISK) is not None
    assert marks_after(plan, AlignedSurvey(), 8, marks).areas == ()


def test_the_survey_space_is_not_the_cameras() -> None:
    place = rigid(np.eye(3), [5.0, -3.0, 11.0])
    area = marked(square(), on_bed(), make_survey(BED, POSE, place))
    here = marked(square(), on_bed())
    assert area is not None
    assert here is not None
    assert np.allclose(area.points_survey_mm, here.points_survey_mm + place[:3, 3])


def test_an_outline_beyond_the_picture_is_refused() -> None:
    beyond = Outline(7, ((840.0, 100.0), (860.0, 100.0), (850.0, 130.0)))
    for plan in (area_plan(beyond), keep_out_plan(beyond)):
        with pytest.raises(ConfigurationError, match=r"area_at_risk|keep_out\.bowel"):
            check_outlines(plan, INTRINSICS)
    check_outlines(area_plan(square()), INTRINSICS)
    check_outlines(make_plan(), INTRINSICS)


def area_plan(outline: Outline) -> Plan:
    limits = replace(make_plan().limits, coverage_minimum_fraction=0.98)
    return make_plan(limits=limits, area_at_risk=outline)


def keep_out_plan(outline: Outline) -> Plan:
    limits = replace(make_plan().limits, intrusion_maximum_mm=2.0)
    return make_plan(limits=limits, keep_out=(("bowel", outline),))


def test_structures_to_keep_out_are_placed_by_name() -> None:
    marks = marks_after(keep_out_plan(square()), make_survey(BED, POSE))
    assert marks.area("keep_out.bowel") is not None
    assert marks.area(AREA_AT_RISK) is None


def test_a_plan_cannot_keep_out_without_a_limit() -> None:
    with pytest.raises(ValueError, match="intrusion_mm"):
        make_plan(keep_out=(("bowel", square()),))


def test_a_picture_without_room_is_no_exception() -> None:
    tiny = CameraIntrinsics(12, 12, 10.0, 10.0, 6.0, 6.0)
    outline = Outline(0, ((0.0, 0.0), (11.0, 0.0), (11.0, 11.0), (0.0, 11.0)))
    behind = np.array([[0.0, 0.0, -500.0]] * 100)
    assert mark_area(outline, behind, np.ones(100), 1.5, tiny, make_survey(BED, POSE)) is None
