"""The bed under the cone, read off the survey map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import make_registration
from tests.survey_scene import (
    CONE,
    INTRINSICS,
    NOISE,
    Height,
    Shot,
    camera_pose,
    cone_pose,
    hollow,
    shoot,
    with_folds,
)
from tests.tolerances import K_99
from tracking.air_gap import axial_gaps, field_points, rim_points
from tracking.arrays import Float
from tracking.bed import BedStatus, BedSurface
from tracking.registration import Registration
from tracking.segmentation import Label
from tracking.standoff import measure_standoff
from tracking.surface import fit_bed
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.survey_around import Around
from tracking.survey_fusion import fused, started
from tracking.survey_map import SurveyMap
from tracking.survey_samples import survey_samples
from tracking.survey_search import Start, find_survey
from tracking.transforms import invert

HOME, DOCKED = camera_pose(), camera_pose((0.5, -0.7, 0.4, 5.0, -4.0, 8.0))
CONE_POSE = cone_pose(3.0)
RADIUS_150 = 1 / 150.0
BEDS = {"flat": hollow(0.0), "hollow": hollow(RADIUS_150), "round": hollow(-RADIUS_150)}
N_SURVEY = 10


def survey_of(height: Height, hide: tuple[slice, slice] | None = None) -> SurveyMap:
    shots = [shoot(height, HOME, 300 + index) for index in range(N_SURVEY)]
    if hide is not None:
        shots = [_labelled(shot, hide, Label.OCCLUDER) for shot in shots]
    survey = started(0, shots[0].view)
    for shot in shots[1:]:
        survey = fused(survey, np.eye(4), shot.view)
    return survey


def _labelled(shot: Shot, box: tuple[slice, slice], label: Label) -> Shot:
    labels = shot.labels.copy()
    labels[box] = label
    return replace(shot, labels=labels)


def registration_of(shot: Shot) -> Registration:
    return make_registration(invert(shot.world_from_camera) @ CONE_POSE, np.zeros((6, 6)))


def align(survey: SurveyMap, shot: Shot) -> AlignedSurvey:
    samples = survey_samples(survey, NOISE)
    around = Around.cone(CONE, invert(shot.world_from_camera) @ CONE_POSE)
    return find_survey(survey, samples, Start(np.eye(4)), shot.view, around)


def fit(shot: Shot, aligned: AlignedSurvey | None) -> BedSurface:
    return fit_bed(
        CONE,
        registration_of(shot),
        shot.segmentation,
        shot.depth_mm,
        INTRINSICS,
        NOISE,
        aligned,
    )


def true_gaps(height: Height, field_mm: Float) -> Float:
    """Along the cone's axis from the exit plane, by bisection-free Newton on the true height."""
    gaps = np.zeros(len(field_mm))
    local = np.concatenate([field_mm, np.zeros((len(field_mm), 1))], axis=1)
    start = local @ CONE_POSE[:3, :3].T + CONE_POSE[:3, 3]
    for _ in range(20):
        at = start - gaps[:, None] * CONE_POSE[:3, 2]
        gaps = gaps + (at[:, 2] - height(at[:, 0], at[:, 1])) / CONE_POSE[2, 2]
    result: Float = gaps
    return result


@pytest.mark.parametrize("name", BEDS)
def test_the_field_is_read_off_the_map_within_its_bound(name: str) -> None:
    height = with_folds(BEDS[name])
    shot = shoot(height, DOCKED, 77, CONE_POSE)
    bed = fit(shot, align(survey_of(height), shot))
    assert bed.from_survey
    assert bed.coefficients is not None
    assert bed.covariance is not None
    points = field_points(CONE.inner_radius_mm)
    found = axial_gaps(CONE, bed.fit_from_applicator, bed.coefficients, points)
    by_bed = found.by_bed.mean(axis=0)
    sigma = float(np.sqrt(by_bed @ bed.covariance @ by_bed))
    truth = true_gaps(height, points)
    assert abs(found.gaps_mm.mean() - truth.mean()) <= K_99 * sigma
    assert sigma < 0.15
    rim = rim_points(CONE.inner_radius_mm)
    on_rim = axial_gaps(CONE, bed.fit_from_applicator, bed.coefficients, rim)
    variance = np.einsum("ni,ij,nj->n", on_rim.by_bed, bed.covariance, on_rim.by_bed)
    total = np.sqrt(variance + bed.rim_sigma_mm**2)
    off = np.abs(on_rim.gaps_mm - true_gaps(height, rim)) / total
    assert np.mean(off <= K_99) > 0.95


@pytest.mark.parametrize("name", BEDS)
def test_the_map_tells_more_than_the_ring(name: str) -> None:
    height = with_folds(BEDS[name])
    shot = shoot(height, DOCKED, 78, CONE_POSE)
    known = registration_of(shot)
    ring = measure_standoff(CONE, known, fit(shot, None)).air_gap_mm
    mapped = measure_standoff(CONE, known, fit(shot, align(survey_of(height), shot))).air_gap_mm
    assert ring.sigma is not None
    assert mapped.sigma is not None
    assert mapped.sigma < ring.sigma / 1.5


def test_a_ring_that_is_hidden_now_is_observable_by_the_map() -> None:
    height = with_folds(BEDS["flat"])
    shot = shoot(height, DOCKED, 79, CONE_POSE)
    hands = _labelled(shot, np.s_[:, :205], Label.OCCLUDER)
    aligned = align(survey_of(height), hands)
    assert aligned.is_ok
    assert fit(hands, None).status is BedStatus.RIM_HIDDEN
    bed = fit(hands, aligned)
    assert bed.is_ok
    assert bed.seen_deg < 180.0
    gap = measure_standoff(CONE, registration_of(hands), bed).air_gap_mm
    truth = float(true_gaps(height, field_points(CONE.inner_radius_mm)).mean())
    assert gap.value is not None
    assert gap.sigma is not None
    assert abs(gap.value - truth) <= K_99 * gap.sigma


def test_a_field_surveyed_in_part_is_bridged_with_more_sigma() -> None:
    """An instrument lay over the middle while the bed was surveyed."""
    height = with_folds(BEDS["hollow"])
    centre = INTRINSICS.project((invert(HOME) @ CONE_POSE)[:3, 3][None])[0].astype(int)
    u, v = int(centre[0]), int(centre[1])
    partly = survey_of(height, np.s_[v - 12 : v + 12, u - 12 : u + 12])
    shot = shoot(height, DOCKED, 80, CONE_POSE)
    whole, bridged = fit(shot, align(survey_of(height), shot)), fit(shot, align(partly, shot))
    assert whole.from_survey
    assert bridged.from_survey
    known = registration_of(shot)
    sure, less = (measure_standoff(CONE, known, b).air_gap_mm for b in (whole, bridged))
    assert sure.sigma is not None
    assert less.sigma is not None
    assert less.value is not None
    assert less.sigma > 1.2 * sure.sigma
    truth = float(true_gaps(height, field_points(CONE.inner_radius_mm)).mean())
    assert abs(less.value - truth) <= K_99 * less.sigma


def test_a_stale_map_is_not_measured_with() -> None:
    height = with_folds(BEDS["flat"])
    shot = shoot(height, DOCKED, 81, CONE_POSE)
    stale = replace(align(survey_of(height), shot), status=SurveyStatus.STALE)
    bed = fit(shot, stale)
    assert bed.is_ok
    assert not bed.from_survey


def test_a_map_of_another_place_leaves_the_ring() -> None:
    height = with_folds(BEDS["flat"])
    shot = shoot(height, DOCKED, 82, CONE_POSE)
    aligned = align(survey_of(height), shot)
    assert aligned.survey_from_camera is not None
    away = aligned.survey_from_camera.copy()
    away[:3, 3] += [400.0, 0.0, 0.0]
    bed = fit(shot, replace(aligned, survey_from_camera=away))
    assert not bed.from_survey
