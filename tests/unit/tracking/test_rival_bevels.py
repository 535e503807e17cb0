"""A bevel read off a short arc of the rim is told only where no other one explains the view."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from tests.builders import View, make_catalogue, make_view, pose_looking_at
from tests.builders_views import make_frame_view
from tracking.cone_models import ConeModels
from tracking.identity import identify, peers_of
from tracking.judge import judge
from tracking.registration import Dimensions, Registration, RegistrationStatus
from tracking.rival_bevels import LONG_ARC_DEG, held_against_bevels
from tracking.segmentation import Label

CATALOGUE = make_catalogue()
MODELS = ConeModels(CATALOGUE.values())
SHORT_ARC_DEG = 50.0
POSE = pose_looking_at(500.0, 35.0, 0.0)
GLOVE_MM = 220.0  # nearer than the cone
views = pytest.mark.parametrize("shown", ["D60-B0", "D60-B15", "D60-B30"])


def _read(bevel_deg: float, rim_arc_deg: float) -> Dimensions:
    """A sigma of 2 deg decides alone."""
    return Dimensions(60.0, 0.1, bevel_deg, 2.0, rim_arc_deg=rim_arc_deg)


def _held(view: View, dimensions: Dimensions, fitted: str) -> Dimensions | None:
    seen = make_frame_view(view, CATALOGUE[fitted])
    registration = replace(judge(seen, seen.refine(POSE)), dimensions=dimensions)
    return held_against_bevels(seen, registration, MODELS)


def _is_decided(dimensions: Dimensions | None, fitted: str) -> bool:
    return identify(dimensions, CATALOGUE[fitted], peers_of(CATALOGUE[fitted], CATALOGUE)).decided


def _without_rim(view: View) -> View:
    """A glove before the exit's near edge and all that lies beside it."""
    labels, depth = view.labels.copy(), view.depth_mm.copy()
    exit_px = view.intrinsics.project(POSE[:3, 3][None])[0]
    hidden = slice(int(exit_px[1]) - 30, None)
    labels[hidden], depth[hidden] = Label.OCCLUDER, GLOVE_MM
    return replace(view, labels=labels, depth_mm=depth)


@views
def test_the_bevel_that_is_seen_stays_told(shown: str) -> None:
    view = make_view(CATALOGUE[shown], POSE, seed=31)
    read = _read(CATALOGUE[shown].bevel_deg, SHORT_ARC_DEG)
    assert _held(view, read, shown) == read


@pytest.mark.parametrize(("shown", "read"), [*permutations(("D60-B0", "D60-B15", "D60-B30"), 2)])
def test_a_bevel_is_not_told_where_another_one_explains_the_view(shown: str, read: str) -> None:
    view = make_view(CATALOGUE[shown], POSE, seed=31)
    wrong = _read(CATALOGUE[read].bevel_deg, SHORT_ARC_DEG)
    assert _is_decided(wrong, read)
    assert not _is_decided(_held(view, wrong, read), read)


@views
def test_no_bevel_is_told_where_the_rim_is_hidden(shown: str) -> None:
    view = _without_rim(make_view(CATALOGUE[shown], POSE, seed=31))
    read = _read(CATALOGUE[shown].bevel_deg, SHORT_ARC_DEG)
    assert _is_decided(read, shown)
    assert not _is_decided(_held(view, read, shown), shown)


def test_a_long_arc_speaks_for_itself() -> None:
    view = _without_rim(make_view(CATALOGUE["D60-B15"], POSE, seed=31))
    read = _read(15.0, LONG_ARC_DEG)
    assert _held(view, read, "D60-B15") is read


def test_the_diameter_stays_as_it_was_measured() -> None:
    view = _without_rim(make_view(CATALOGUE["D60-B15"], POSE, seed=31))
    read = _read(15.0, SHORT_ARC_DEG)
    held = _held(view, read, "D60-B15")
    assert held is not None
    assert replace(held, bevel_sigma_deg=read.bevel_sigma_deg) == read


def test_without_dimensions_or_a_pose_there_is_nothing_to_hold() -> None:
    seen = make_frame_view(make_view(CATALOGUE["D60-B15"], POSE, seed=31))
    failed = Registration(RegistrationStatus.NOT_CONVERGED)
    assert held_against_bevels(seen, failed, MODELS) is None
