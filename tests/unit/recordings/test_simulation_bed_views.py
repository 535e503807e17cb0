"""Docked cones over known beds: what the frames show, and that the situations are as drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from recordings.simulation.bed_shape import RoundBed
from recordings.simulation.bed_views import (
    BED_KINDS,
    INCIDENCE_DEG,
    RIM_CLEARANCE_MM,
    ROUND_RADIUS_MM,
    BedVisit,
    draw_visit,
)
from recordings.simulation.story import BREATH_AMPLITUDE_MM
from recordings.simulation.truth import field_quantities, standoff_mm
from tracking.applicator import Applicator
from tracking.segmentation import Label
from tracking.transforms import angle_between_deg, invert

N_SURVEY, N_DOCKED = 4, 1
BUMPS_DEG = 0.6  # how far small bumps may tip the bed under a field of 60 mm
CURVED_SEAT_MM = 0.02  # two integration rules and 180 instead of all rim points
EXACT = 1e-6


def _cone(bevel_deg: float = 15.0) -> Applicator:
    return Applicator("CONE", "mobetron", 60.0, 2.0, 300.0, bevel_deg, 110.0, 20.0)


def _visit(kind: str = "flat", seed: int = 0) -> BedVisit:
    return draw_visit(_cone(), kind, seed, N_SURVEY, N_DOCKED)


def test_survey_frames_show_the_bed_alone_and_docked_frames_the_cone() -> None:
    visit = _visit()
    survey, docked = visit.frame(0), visit.frame(N_SURVEY)
    assert survey.labels is not None
    assert docked.labels is not None
    assert survey.truth is not None
    assert survey.truth.camera_from_applicator is None
    assert (survey.labels == Label.TUMOR_BED).sum() > 5000
    assert not (survey.labels == Label.APPLICATOR).any()
    assert (docked.labels == Label.APPLICATOR).sum() > 10000
    assert docked.truth is not None
    assert docked.truth.quantities


def test_frames_do_not_depend_on_those_before() -> None:
    first, again = _visit(), _visit()
    again.frame(0)
    assert first.frame(2).frame.depth_sha256 == again.frame(2).frame.depth_sha256
    assert _visit(seed=1).frame(2).frame.depth_sha256 != first.frame(2).frame.depth_sha256


def test_head_comes_near_in_small_steps_and_ends_near_the_plan() -> None:
    visit = _visit()
    heads = [visit.world_from_head(i) for i in range(visit.n_frames)]
    steps_mm = [np.linalg.norm(b[:3, 3] - a[:3, 3]) for a, b in itertools.pairwise(heads)]
    assert min(steps_mm) > 0.5
    assert max(steps_mm) < 10.0
    head_from_applicator = invert(heads[-1])
    assert angle_between_deg(head_from_applicator[:3, 2], np.array([0.0, 0, 1])) < 0.6
    planned_mm = -(visit.applicator.length_mm + 40.0)
    assert head_from_applicator[2, 3] == pytest.approx(planned_mm, abs=2.0)


def test_bed_breathes_along_its_own_normal() -> None:
    visit = _visit("tissue")
    at_rest = visit.world_from_bed_at_rest
    moved = np.array([(invert(at_rest) @ visit.world_from_bed(i))[:3, 3] for i in range(20)])
    assert np.abs(moved[:, :2]).max() < EXACT
    assert np.ptp(moved[:, 2]) == pytest.approx(2 * BREATH_AMPLITUDE_MM, rel=0.1)


@pytest.mark.parametrize("kind", BED_KINDS)
@pytest.mark.parametrize("bevel_deg", [0.0, 30.0])
def test_cone_stands_as_drawn(kind: str, bevel_deg: float) -> None:
    cone = _cone(bevel_deg)
    for seed in range(5):
        visit = draw_visit(cone, kind, seed, 0, 1)
        truth = field_quantities(cone, visit.world_from_bed_at_rest, visit.bed)
        slack_deg = BUMPS_DEG if kind == "tissue" else EXACT
        assert INCIDENCE_DEG[0] <= truth["incidence_deg"] <= INCIDENCE_DEG[1] + slack_deg
        angle = np.arange(720) * (2 * np.pi / 720)
        x, y = cone.outer_radius_mm * np.cos(angle), cone.outer_radius_mm * np.sin(angle)
        clearance_mm = standoff_mm(cone, visit.world_from_bed_at_rest, visit.bed, x, y).mean()
        low, high = RIM_CLEARANCE_MM
        assert low - CURVED_SEAT_MM <= clearance_mm <= high + CURVED_SEAT_MM


def test_round_beds_bulge_the_way_their_names_say() -> None:
    gaps = {}
    for kind in ("flat", "convex", "concave"):
        visit = draw_visit(_cone(), kind, 3, 0, 1)
        gaps[kind] = field_quantities(_cone(), visit.world_from_bed_at_rest, visit.bed)
    assert gaps["convex"]["air_gap_mm"] < gaps["flat"]["air_gap_mm"] - 1.0
    assert gaps["concave"]["air_gap_mm"] > gaps["flat"]["air_gap_mm"] + 1.0


def test_round_bed_is_part_of_a_sphere() -> None:
    x, y = np.array([0.0, 30.0, -50.0]), np.array([0.0, 40.0, 20.0])
    bowl, dome = RoundBed(ROUND_RADIUS_MM), RoundBed(-ROUND_RADIUS_MM)
    to_centre = np.hypot(np.hypot(x, y), bowl.height_mm(x, y) - ROUND_RADIUS_MM)
    assert to_centre == pytest.approx(np.full(3, ROUND_RADIUS_MM))
    assert dome.height_mm(x, y) == pytest.approx(-bowl.height_mm(x, y))


@pytest.mark.parametrize("radius_mm", [0.0, np.nan, np.inf])
def test_round_bed_without_a_radius_is_refused(radius_mm: float) -> None:
    with pytest.raises(ValueError, match="radius_mm"):
        RoundBed(radius_mm)


def test_unknown_bed_is_refused() -> None:
    with pytest.raises(ValueError, match="bed kind"):
        _visit("table")
