"""The ring's two circles in a picture without a collar; what hides them leaves no estimate."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from recordings.simulation.native_color import COLOR_1080, photograph_ring
from recordings.simulation.scene import Material, Part, Scene, Texture
from recordings.simulation.shapes import sheet
from tests.builders import make_applicator
from tests.collar_views import LIGHTS, ring_pose
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float, UInt8
from tracking.picture import ColorPicture
from tracking.ring_edges import estimate_from_edges
from tracking.second_estimate import SecondEstimate
from tracking.segmentation import Label
from tracking.transforms import (
    angle_between_deg,
    rigid,
    rotate_about,
    transform_points,
)

CONE = make_applicator()
POSE = ring_pose(400.0, 55.0)
TOP = np.array([0.0, 0.0, 300.0])


@lru_cache(maxsize=1)
def picture() -> ColorPicture:
    metal = Material((0.5, 0.5, 0.5), 0.4, 0.35)
    drape = Material((0.05, 0.3, 0.35), texture=Texture("clouds", 40.0, 0.5, (0.1, 0.2, 0.2)))
    floor = sheet(lambda x, _: np.full_like(x, -20.0), (-900, 900), (-900, 900), 900)
    parts = (
        Part("applicator", build_mesh(CONE), np.eye(4), Label.APPLICATOR, metal),
        Part("drape", floor, np.eye(4), Label.OTHER, drape),
    )
    scene = Scene(parts, LIGHTS, 0.3)
    taken = photograph_ring(scene, CONE, COLOR_1080, POSE, POSE, np.random.default_rng(5))
    assert taken is not None
    return taken


def errors(found: SecondEstimate) -> tuple[float, float]:
    pose = found.camera_from_applicator
    ring = transform_points(pose, TOP) - transform_points(POSE, TOP)
    return float(np.linalg.norm(ring)), angle_between_deg(pose[:3, 2], POSE[:3, 2])


def start(turn_deg: tuple[float, float, float], shift_mm: tuple[float, float, float]) -> Float:
    turned: Float = POSE @ rotate_about(TOP, np.radians(turn_deg)) @ rigid(np.eye(3), shift_mm)
    return turned


@pytest.mark.parametrize(
    "begin",
    [
        start((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        start((0.5, -0.4, 70.0), (0.8, 0.5, -0.9)),
        start((-1.0, 0.8, 0.0), (-1.0, 1.2, 0.6)),
    ],
)
def test_the_ring_is_found_within_its_bounds_wherever_the_search_begins(begin: Float) -> None:
    found = estimate_from_edges(picture(), CONE, begin)
    assert found is not None
    ring_mm, axis_deg = errors(found)
    assert ring_mm <= found.ring_bound_mm
    assert axis_deg <= found.axis_bound_deg
    assert ring_mm < 0.5
    assert found.applicator_ids == ()


def test_the_search_does_not_cling_to_where_it_began() -> None:
    near = estimate_from_edges(picture(), CONE, POSE)
    off = estimate_from_edges(picture(), CONE, start((-1.0, 0.8, 0.0), (-1.0, 1.2, 0.6)))
    assert near is not None
    assert off is not None
    apart = transform_points(near.camera_from_applicator, TOP) - transform_points(
        off.camera_from_applicator, TOP
    )
    assert np.linalg.norm(apart) < 0.1


def hidden(share: float) -> UInt8:
    grey = picture().grey.copy()
    grey[:, : round(share * grey.shape[1])] = 110
    return grey


def test_a_ring_that_is_half_hidden_or_not_there_gives_no_estimate() -> None:
    flat = np.full_like(picture().grey, 110)
    noise = np.random.default_rng(0).integers(0, 255, flat.shape).astype(np.uint8)
    for grey in (hidden(0.6), flat, noise):
        assert estimate_from_edges(replace(picture(), grey=grey), CONE, POSE) is None


def test_a_tube_without_a_ring_and_a_ring_elsewhere_give_none() -> None:
    assert estimate_from_edges(picture(), make_applicator(has_ring=False), POSE) is None
    assert estimate_from_edges(picture(), CONE, start((0, 0, 0), (300.0, 0.0, 0.0))) is None
    behind = POSE.copy()
    behind[2, 3] = -900.0
    assert estimate_from_edges(picture(), CONE, behind) is None
