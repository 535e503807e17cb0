"""Intrusion against blocks whose reach into the field is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.builders import (
    INTRINSICS,
    NOISE,
    bed_coefficients,
    make_applicator,
    make_bed,
    make_registration,
    make_view,
    pose_looking_at,
)
from tests.builders_survey import Block, bed_depth, make_survey
from tracking.applicator import Applicator
from tracking.area import MarkedArea
from tracking.arrays import Float
from tracking.bed import BedStatus, BedSurface
from tracking.field_sight import FieldSight
from tracking.intrusion import MIN_HEIGHT_MM, measure_intrusion
from tracking.measurement import NOT_OBSERVABLE, Measurement
from tracking.registration import Registration, RegistrationStatus
from tracking.seen_field import SeenField, live_field, mapped_field
from tracking.segmentation import Label, Segmentation
from tracking.survey_alignment import AlignedSurvey, SurveyStatus

POSE = pose_looking_at(440.0, elevation_deg=40.0, azimuth_deg=180.0)
CONE = make_applicator()
FIELD_MM = 30.0
GAP_MM = 8.0
BED = bed_coefficients(CONE, GAP_MM)
STATED_SIGMAS = 2.0  # an exact scene errs by the points' spacing alone, which sigma includes
LARGEST_SIGMA_MM = 1.5  # cells of the map lie 3 mm apart; labels may be half a pixel off
SEED = 3


def bar(reach_mm: float, height_mm: float = 5.0, width_mm: float = 20.0) -> Block:
    """From +x inwards, its end square."""
    half = width_mm / 2
    return Block((FIELD_MM - reach_mm, 70.0), (-half, half), height_mm)


def by_map(
    blocks: Sequence[Block] = (),
    cone: Applicator = CONE,
    survey: AlignedSurvey | None = None,
    registration: Registration | None = None,
    bed: BedSurface | None = None,
    keep_out: tuple[MarkedArea | None, ...] = (),
) -> Measurement:
    registration = make_registration(POSE) if registration is None else registration
    survey = make_survey(BED, POSE, blocks=blocks) if survey is None else survey
    field = mapped_field(cone, registration, survey, NOISE)
    return measure_intrusion(
        cone,
        registration,
        make_bed(BED) if bed is None else bed,
        survey,
        FieldSight(mapped=field, keep_out=keep_out),
    )


def check(result: Measurement, expected_mm: float) -> None:
    assert result.value is not None
    assert result.sigma is not None
    assert result.sigma <= LARGEST_SIGMA_MM
    assert abs(result.value - expected_mm) <= STATED_SIGMAS * result.sigma


def test_a_bare_field_surely_has_no_intrusion() -> None:
    assert by_map() == Measurement(0.0, 0.0, True)


@pytest.mark.parametrize("reach_mm", [3.0, 7.0, 15.0, 30.0])
def test_a_bar_reaches_in_as_far_as_it_does(reach_mm: float) -> None:
    check(by_map([bar(reach_mm)]), reach_mm)


def test_two_bars_count_by_the_deeper() -> None:
    other = Block((-8.0, 8.0), (-60.0, -20.0), 4.0)
    check(by_map([bar(3.0), other]), 10.0)


def test_what_stays_away_from_the_edge_surely_does_not_reach_in() -> None:
    assert by_map([bar(-6.0)]) == Measurement(0.0, 0.0, True)


def test_what_is_no_higher_than_the_bed_is_no_structure() -> None:
    assert by_map([bar(15.0, height_mm=0.8 * MIN_HEIGHT_MM)]).value == 0.0


def test_height_that_the_surface_cannot_tell_is_no_structure() -> None:
    unsure = make_bed(BED, np.diag([0.5**2, 0, 0, 0, 0, 0]))
    assert by_map([bar(15.0, height_mm=1.8)], bed=unsure).value == 0.0
    assert by_map([bar(15.0, height_mm=3.0)], bed=unsure).value != 0.0


def test_a_fold_of_the_bed_is_bed() -> None:
    survey = make_survey(BED, POSE, blocks=[bar(15.0)])
    field = mapped_field(CONE, make_registration(POSE), survey, NOISE)
    assert field is not None
    fold = SeenField(**{**vars(field), "is_bed": np.ones(len(field.is_bed), dtype=bool)})
    result = measure_intrusion(
        CONE, make_registration(POSE), make_bed(BED), survey, FieldSight(mapped=fold)
    )
    assert result.value == 0.0


def test_a_field_seen_in_part_is_not_seen() -> None:
    survey = make_survey(BED, POSE, known=(-np.inf, 15.0))
    assert by_map(survey=survey) == NOT_OBSERVABLE
    assert by_map(survey=make_survey(BED, POSE, known=(-np.inf, 28.0))).value == 0.0


@pytest.mark.parametrize(
    "survey",
    [
        AlignedSurvey(),
        make_survey(BED, POSE, status=SurveyStatus.STALE),
        make_survey(BED, POSE, in_plane_observable=False),
    ],
    ids=["none", "stale", "may have slid"],
)
def test_a_map_out_of_place_shows_nothing(survey: AlignedSurvey) -> None:
    assert by_map(survey=survey) == NOT_OBSERVABLE


@pytest.mark.parametrize("missing", ["pose", "slide", "roll", "bed"])
def test_without_exit_plane_or_bed_there_is_no_volume(missing: str) -> None:
    registration = {
        "pose": Registration(RegistrationStatus.NO_APPLICATOR),
        "slide": make_registration(POSE, axial_observable=False),
        "roll": make_registration(POSE, roll_observable=False),
        "bed": make_registration(POSE),
    }[missing]
    bed = BedSurface(BedStatus.RIM_HIDDEN) if missing == "bed" else make_bed(BED)
    assert by_map(registration=registration, bed=bed) == NOT_OBSERVABLE


def test_a_flat_end_needs_no_roll() -> None:
    cone = make_applicator(bevel_deg=0.0)
    bed = bed_coefficients(cone, GAP_MM)
    survey = make_survey(bed, POSE, blocks=[bar(7.0)])
    loose = make_registration(POSE, roll_observable=False)
    check(by_map(cone=cone, survey=survey, registration=loose, bed=make_bed(bed)), 7.0)


def test_sigma_grows_with_the_maps_and_the_cones_place() -> None:
    tight = by_map([bar(7.0)])
    across, spread = POSE[:3, 0], np.zeros((6, 6))
    spread[3:, 3:] = 9.0 * np.outer(across, across)
    by_place = by_map(survey=make_survey(BED, POSE, blocks=[bar(7.0)], covariance=spread))
    moved = by_map([bar(7.0)], registration=make_registration(POSE, spread + 1e-12 * np.eye(6)))
    assert tight.sigma is not None
    for result, already in ((by_place, 0.0), (moved, 0.01)):
        assert result.sigma is not None
        assert result.sigma**2 == pytest.approx(tight.sigma**2 + 9.0 - already, rel=0.01)


def marked_block(x_mm: tuple[float, float], y_mm: tuple[float, float]) -> MarkedArea:
    x, y = np.meshgrid(np.arange(*x_mm, 0.5), np.arange(*y_mm, 0.5))
    z = BED[0] + BED[1] * x
    points = np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1) @ POSE[:3, :3].T + POSE[:3, 3]
    return MarkedArea(points, np.full(x.size, 1 / x.size), 0.5, np.diag([0.04] * 3))


@pytest.mark.parametrize(("from_mm", "reach_mm"), [(35.0, 0.0), (24.0, 6.0), (10.0, 20.0)])
def test_a_structure_to_keep_out_counts_where_it_was_marked(
    from_mm: float, reach_mm: float
) -> None:
    result = by_map(keep_out=(marked_block((from_mm, 60.0), (-5.0, 5.0)),))
    assert result.value == pytest.approx(reach_mm, abs=0.3)


def test_what_ends_just_outside_may_reach_in_by_its_sigma() -> None:
    result = by_map(keep_out=(marked_block((FIELD_MM + 0.5, 60.0), (-5.0, 5.0)),))
    assert result.value == 0.0
    assert result.sigma is not None
    assert 0 < result.sigma < 0.3  # its place is known to 0.2 mm


def test_a_structure_whose_place_is_not_known_leaves_nothing_to_say() -> None:
    assert by_map(keep_out=(None,)) == NOT_OBSERVABLE


def live_result(
    live_blocks: Sequence[Block],
    mapped_blocks: Sequence[Block] = (),
    label: Label = Label.OTHER,
    *,
    seed: int | None = None,
) -> Measurement:
    """The cone is down, 8 mm above the bed; the camera looks through the gap from -x."""
    view = make_view(CONE, POSE, seed=seed, bed=BED)
    depth: Float = view.depth_mm.astype(np.float64)
    labels = view.labels.copy()
    for block in live_blocks:
        top, is_block = bed_depth(BED, POSE, INTRINSICS, [block])
        nearer = (is_block == Label.OTHER) & (top < depth)
        depth, labels[nearer] = np.where(nearer, top, depth), label
    registration = make_registration(POSE)
    survey = make_survey(BED, POSE, blocks=mapped_blocks)
    seen = Segmentation(labels, "truth")
    live = live_field(CONE, registration, seen, depth.astype(np.float32), INTRINSICS, NOISE)
    mapped = mapped_field(CONE, registration, survey, NOISE)
    return measure_intrusion(CONE, registration, make_bed(BED), survey, FieldSight(live, mapped))


SLIPPED = Block((-70.0, -20.0), (-10.0, 10.0), 6.0)  # 10 mm into the field, under the rim


def test_the_live_frame_sees_nothing_through_an_empty_gap() -> None:
    assert live_result([]).value == 0.0
    assert live_result([], seed=SEED).value == 0.0


@pytest.mark.parametrize("label", [Label.OTHER, Label.OCCLUDER])
def test_what_slips_under_the_rim_after_the_survey_is_noticed(label: Label) -> None:
    """Its end is hidden by the wall: how far it reaches in cannot be said."""
    assert live_result([SLIPPED], label=label) == NOT_OBSERVABLE


def test_what_the_survey_saw_go_in_is_known_where_its_end_is_hidden_now() -> None:
    check(live_result([SLIPPED], [SLIPPED]), 10.0)


def test_what_lies_beside_the_cone_is_beside_it() -> None:
    beside = Block((-70.0, -38.0), (-10.0, 10.0), 6.0)
    assert live_result([beside]).value == 0.0


def test_a_hand_above_the_exit_plane_is_not_under_the_cone() -> None:
    view = make_view(CONE, POSE, seed=None, bed=BED)
    labels, depth = view.labels.copy(), view.depth_mm.copy()
    labels[100:400, 300:600], depth[100:400, 300:600] = Label.OCCLUDER, 250.0
    registration = make_registration(POSE)
    field = live_field(CONE, registration, Segmentation(labels, "t"), depth, INTRINSICS, NOISE)
    assert field is not None
    survey = make_survey(BED, POSE)
    mapped = mapped_field(CONE, registration, survey, NOISE)
    assert mapped is not None
    result = measure_intrusion(CONE, registration, make_bed(BED), survey, FieldSight(field, mapped))
    assert result.value == 0.0


def test_a_field_out_of_the_picture_is_not_seen() -> None:
    aside = POSE.copy()
    aside[0, 3] += 2000.0
    registration = make_registration(aside)
    labels = np.zeros(INTRINSICS.shape, np.uint8)
    depth = np.full(INTRINSICS.shape, 500.0, np.float32)
    seen = live_field(CONE, registration, Segmentation(labels, "t"), depth, INTRINSICS, NOISE)
    assert seen is None or len(seen.points_mm) == 0


def test_points_are_told_apart_from_empty() -> None:
    nothing: Float = np.zeros((0, 3))
    empty = SeenField(
        nothing, np.zeros(0, bool), nothing, np.zeros(0), np.zeros(0), np.zeros(0), np.eye(3), 0.0
    )
    result = measure_intrusion(
        CONE,
        make_registration(POSE),
        make_bed(BED),
        AlignedSurvey(),
        FieldSight(live=empty),
    )
    assert result == NOT_OBSERVABLE
