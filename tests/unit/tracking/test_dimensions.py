"""Which cone is in the image: decided only where the evidence rules out the neighbours."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from tests.builders import (
    View,
    make_applicator,
    make_catalogue,
    make_view,
    pose_looking_at,
    with_occluder,
)
from tracking.alignment import ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.cone_model import ConeModel
from tracking.identity import identify, peers_of
from tracking.register import register
from tracking.registration import Dimensions, Registration
from tracking.segmentation import Label

CATALOGUE = make_catalogue()
PLANNED = CATALOGUE["D60-B15"]


def decided(dimensions: Dimensions | None, planned: Applicator = PLANNED) -> ApplicatorIdentity:
    return identify(dimensions, planned, peers_of(planned, CATALOGUE))


@cache
def model_of(cone: Applicator) -> ConeModel:
    return ConeModel(cone)


def run(view: View, planned: Applicator) -> Registration:
    return register(
        model_of(planned), view.segmentation, view.depth_mm, view.intrinsics, view.noise
    )


VIEWS = [(500.0, 35.0, 0.0), (420.0, 25.0, 100.0), (560.0, 45.0, 215.0)]
views = pytest.mark.parametrize("where", VIEWS)


@views
@pytest.mark.parametrize("name", ["D60-B15", "D60-B30", "D60-B0", "D40-B15", "D90-B30"])
def test_the_planned_cone_is_decided(name: str, where: tuple[float, float, float]) -> None:
    cone = CATALOGUE[name]
    found = run(make_view(cone, pose_looking_at(*where), seed=21), cone)
    assert found.dimensions is not None
    assert found.dimensions.diameter_mm == pytest.approx(cone.inner_diameter_mm, abs=0.5)
    identity = decided(found.dimensions, cone)
    assert (identity.value, identity.decided) == (name, True)


@pytest.mark.parametrize("where", VIEWS[:2])
@pytest.mark.parametrize("has_ring", [True, False])
@pytest.mark.parametrize(
    ("planned", "shown"),
    [
        ((60, 15), (65, 15)),
        ((60, 15), (55, 15)),
        ((60, 15), (60, 0)),
        ((60, 15), (60, 30)),
        ((60, 0), (60, 15)),
        ((60, 30), (60, 15)),
        ((80, 30), (75, 30)),
        ((40, 0), (45, 0)),
    ],
)
def test_another_cone_is_never_taken_for_the_planned_one(
    planned: tuple[float, float],
    shown: tuple[float, float],
    has_ring: bool,
    where: tuple[float, float, float],
) -> None:
    expected = make_applicator(*planned, has_ring=has_ring)
    other = make_applicator(*shown, has_ring=has_ring)
    other = replace(other, ring_diameter_mm=expected.ring_diameter_mm)
    found = run(make_view(other, pose_looking_at(*where), seed=22), expected)
    catalogue = {expected.id: expected, other.id: other} | CATALOGUE
    identity = identify(found.dimensions, expected, peers_of(expected, catalogue))
    assert not (identity.decided and identity.value == expected.id)


@pytest.mark.parametrize("bevel_deg", [0.0, 15.0, 30.0])
def test_a_hidden_rim_leaves_the_bevel_undecided(bevel_deg: float) -> None:
    cone = make_applicator(60.0, bevel_deg)
    view = make_view(cone, pose_looking_at(500.0, 35.0, 60.0), seed=23)
    u, v = view.intrinsics.project(view.camera_from_applicator[:3, 3])
    hidden = with_occluder(view, (float(u), float(v)), (160, 110))
    assert (hidden.labels == Label.APPLICATOR).sum() > 1000
    found = run(hidden, cone)
    assert not decided(found.dimensions, cone).decided
