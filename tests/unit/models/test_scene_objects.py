"""Things of the training scenes: repeatable, rightly labelled, light, true to their families."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
import pytest

from models.training.families import WITHHELD, Families, Split
from models.training.scenes import (
    applicators,
    blades,
    cone_tops,
    distractors,
    hands,
    instruments,
    object_looks,
    retractors,
    tubing,
)
from models.training.scenes.hand_shapes import rolled
from models.training.scenes.meshes import swept, turned
from models.training.scenes.reliefs import level
from recordings.simulation.scene import Part
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import transform_points

EPSILON_MM = 1e-9  # rounding of a few products
STANDS_OUT_MM = 9.0  # a bolt of 5 mm on a shank of 4 mm; collars and sleeves less
MARK_LIFT_MM = 1.0  # print and tape lie this close to the wall at most
MOST_VERTICES = 6000  # of one thing, all parts: builds in about a millisecond
LARGEST_MM = 1200.0  # no part of a thing is farther from its origin

TRAINING = Families("training")
CONE = Applicator("a", "any", 60.0, 2.0, 300.0, 15.0, 110.0, 20.0)
Builder = Callable[[np.random.Generator, Families], list[Part]]
BUILDERS: dict[str, tuple[Builder, Label]] = {
    "cone": (lambda r, f: applicators.random_cone(r, f).parts, Label.APPLICATOR),
    "second cone": (lambda r, f: applicators.second_cone(r, f, CONE), Label.APPLICATOR),
    "hand": (hands.hand, Label.OCCLUDER),
    "grip": (lambda r, f: hands.gripping(r, f, CONE), Label.OCCLUDER),
    "tool": (instruments.instrument, Label.OCCLUDER),
    "tool at the rim": (lambda r, f: instruments.near_rim(r, f, CONE), Label.OCCLUDER),
    "tool over the ring": (lambda r, f: instruments.over_ring(r, f, CONE), Label.OCCLUDER),
    "tools laid down": (
        lambda r, f: instruments.laid_down(r, f, level(0.0), 90.0),
        Label.OCCLUDER,
    ),
    "blades over an edge": (
        lambda r, f: blades.over_edge(r, f, level(0.0), 90.0),
        Label.OCCLUDER,
    ),
    "retractor": (retractors.retractor, Label.OCCLUDER),
    "frame": (lambda r, f: retractors.retractor_frame(r, f, 80.0), Label.OCCLUDER),
    "tubing": (tubing.tubing, Label.OCCLUDER),
    "clamp": (lambda r, f: tubing.clamp(r, f, CONE), Label.OCCLUDER),
    "distractor": (distractors.distractor, Label.OTHER),
}
everything = pytest.mark.parametrize("name", BUILDERS)


def world_points(parts: list[Part]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """All vertices of a thing in its own space."""
    return np.concatenate([transform_points(p.world_from_part, p.mesh.vertices_mm) for p in parts])


@everything
def test_same_seed_same_thing(name: str) -> None:
    build, _ = BUILDERS[name]
    first, again, other = (build(np.random.default_rng(seed), TRAINING) for seed in (5, 5, 6))
    assert world_points(first).tobytes() == world_points(again).tobytes()
    assert [p.material for p in first] == [p.material for p in again]
    assert world_points(first).tobytes() != world_points(other).tobytes()


@everything
@pytest.mark.parametrize("split", ["training", "withheld"])
def test_things_are_labelled_finite_light_and_near(name: str, split: str) -> None:
    families = TRAINING if split == "training" else Families("withheld")
    build, label = BUILDERS[name]
    for seed in range(40):
        parts = build(np.random.default_rng(seed), families)
        points = world_points(parts)
        assert parts
        assert {part.label for part in parts} == {label}
        assert np.isfinite(points).all()
        assert len(points) <= MOST_VERTICES
        assert np.linalg.norm(points, axis=1).max() < LARGEST_MM
        for part in parts:
            assert part.mesh.triangles.min() >= 0
            assert part.mesh.triangles.max() < len(part.mesh.vertices_mm)


class Recording(Families):
    """Remembers what was picked."""

    def pick(self, rng: np.random.Generator, names: Sequence[str]) -> str:
        """As ever, and write it down."""
        choice = super().pick(rng, names)
        PICKED.add(choice)
        return choice


PICKED: set[str] = set()


def test_training_never_shows_what_is_withheld_and_withheld_scenes_do() -> None:
    shown: dict[str, set[str]] = {}
    for split in get_args(Split):
        PICKED.clear()
        families = Recording(split)
        for seed in range(25):
            for build, _ in BUILDERS.values():
                build(np.random.default_rng(seed), families)
        shown[split] = set(PICKED)
    assert not shown["training"] & WITHHELD
    kept = {
        *instruments.TOOLS, *retractors.HELD, *retractors.FRAMES, *tubing.TUBES, *tubing.CLAMPS,
        *hands.POSES, *distractors.THINGS, *cone_tops.TOPS, *object_looks.CONE_LOOKS,
    } & WITHHELD  # fmt: skip
    assert kept
    assert kept <= shown["withheld"]


def test_cones_have_the_dimensions_they_claim() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        cone = applicators.random_cone(rng, TRAINING)
        shape, points = cone.applicator, world_points(cone.parts)
        assert 25 <= shape.inner_diameter_mm <= 130
        assert 80 <= shape.length_mm <= 450
        assert shape.bevel_deg <= 45
        radius = np.hypot(points[:, 0], points[:, 1])
        assert radius.min() >= shape.inner_radius_mm - MARK_LIFT_MM  # nothing closes the bore
        assert points[:, 2].min() >= -shape.bevel_rise_mm - MARK_LIFT_MM
        widest = max(shape.outer_radius_mm, shape.ring_diameter_mm / 2)
        assert radius.max() <= widest + STANDS_OUT_MM


def test_every_look_of_a_cone_has_a_material() -> None:
    for look in object_looks.CONE_LOOKS:
        material = object_looks.cone_wall(np.random.default_rng(1), TRAINING, look)
        is_clear = look in ("cone:clear", "cone:tinted")
        assert (material.transparent_depth > 0) == is_clear or look == "cone:milky"


def test_a_gripping_palm_lies_on_the_tube_and_not_inside() -> None:
    strip = swept(np.array([[-80.0, 0, 5], [0, 0, 5], [80, 0, 5]]), 20.0, 10.0)
    wrapped = rolled(strip, 30.0, 0.3, 100.0, -40.0)
    radius = np.hypot(wrapped.vertices_mm[:, 0], wrapped.vertices_mm[:, 1])
    assert radius.min() >= 30.0 - EPSILON_MM
    assert radius.max() > 40.0  # the wrist leaves along the tangent


def test_turned_profile_has_its_radius_and_slope() -> None:
    mesh = turned([(10.0, 0.0), (10.0, 5.0)], 16, slope=0.5)
    x, y, z = mesh.vertices_mm.T
    assert np.hypot(x, y) == pytest.approx(10.0)
    assert set(np.round(z + 0.5 * x, 9)) == {0.0, 5.0}


@pytest.mark.parametrize("slope", [-0.4, 0.0, 0.3])
def test_a_tool_that_is_laid_down_lies_along_the_ground(slope: float) -> None:
    """Its axis, from its tip to the end of what lies under it, keeps the same height above it."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        parts = instruments.laid_down(rng, TRAINING, lambda x, _: slope * x, 90.0)
        for part in parts:
            axis = transform_points(
                part.world_from_part,
                np.array([[0.0, 0.0, 0.0], [-instruments.LAID_LENGTH_MM, 0, 0]]),
            )
            above_mm = axis[:, 2] - slope * axis[:, 0]
            assert above_mm[0] == pytest.approx(above_mm[1], abs=1e-6)
            assert 1.9 < above_mm[0] < 8.1


def test_a_blade_over_an_edge_never_cuts_what_lies_outside_and_may_dip_inside() -> None:
    """The ground outside an opening of 60 mm is level and rough; the bed lies 30 mm below."""

    def top(x_mm: Float, y_mm: Float) -> Float:
        is_inside = np.hypot(x_mm, y_mm) < 60.0
        return np.where(is_inside, -30.0, 2.0 * np.sin(x_mm / 3.0))

    deepest = 0.0
    for seed in range(40):
        for part in blades.over_edge(np.random.default_rng(seed), TRAINING, top, 60.0):
            rings = part.mesh.vertices_mm.reshape(blades.N_POINTS + 2, -1, 3)
            middle = rings[1:-1].mean(axis=1)
            is_outside = np.hypot(middle[:, 0], middle[:, 1]) > 60.0
            assert is_outside.any()
            clear_mm = middle[:, 2] - top(middle[:, 0], middle[:, 1])
            assert clear_mm.min() > 0.0
            deepest = min(deepest, float(middle[:, 2].min()))
    assert deepest < -15.0
