"""Random applicators: the catalogue's, any that a catalogue might hold, and some that none does.

All that moves with the cone as one body is APPLICATOR: wall, ring, flange, collar, tape, stains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.training.families import Families
from models.training.scenes import cone_marks, cone_tops, object_looks
from models.training.scenes.groups import about_z, group, placed, turn
from recordings.simulation.scene import Part
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_from_vector

N_SEGMENTS = 72  # chord error of a 130 mm tube: 0.06 mm, below what a training frame resolves
SOFT_DIAMETERS_MM = tuple(range(30, 101, 5))  # of the shipped catalogue: metal, with a ring
HARD_DIAMETERS_MM = (30, 40, 50, 60, 70, 80, 90, 100, 120)  # clear plastic, without
INNER_MM, WALL_MM, LENGTH_MM = (25.0, 130.0), (1.0, 8.0), (80.0, 450.0)
LYING_GAP_MM = (15.0, 150.0)  # between a cone and a second one


@dataclass(frozen=True, eq=False)
class Cone:
    """An applicator, its parts in applicator space, and the family of its look.

    `applicator`'s ring is the envelope of whatever sits at the upper end.
    """

    applicator: Applicator
    parts: list[Part]
    look: str


def random_cone(rng: np.random.Generator, families: Families) -> Cone:
    """Any applicator in any look."""
    look = families.pick(rng, object_looks.CONE_LOOKS)
    applicator = random_applicator(rng, families)
    return Cone(applicator, applicator_parts(rng, families, applicator, look), look)


def random_applicator(rng: np.random.Generator, families: Families) -> Applicator:
    """Dimensions: of the catalogue's two makes, or anything."""
    make = families.pick(rng, ["make:soft", "make:hard", "make:any", "make:any", "make:any"])
    if make == "make:soft":
        inner = float(rng.choice(SOFT_DIAMETERS_MM))
        ring = 110.0 if inner + 16 <= 110 else 130.0
        bevel = float(rng.choice([0.0, 15.0, 30.0]))
        return _applicator(inner, 2.0, 300.0, bevel, (ring, 20.0))
    if make == "make:hard":
        bevel = float(rng.choice([0.0, 15.0, 30.0, 45.0]))
        return _applicator(float(rng.choice(HARD_DIAMETERS_MM)), 5.0, 400.0, bevel, (0.0, 0.0))
    inner, wall = float(rng.uniform(*INNER_MM)), float(rng.uniform(*WALL_MM))
    bevel = float(rng.choice([0.0, 0.0, 15.0, 30.0, 45.0, rng.uniform(0, 45)]))
    has_ring = rng.random() < 0.65
    crown = (inner + 2 * wall + float(rng.uniform(6, 80)), float(rng.uniform(3, 45)))
    rise = (inner / 2 + wall) * np.tan(np.radians(bevel))
    shortest = max(LENGTH_MM[0], rise + 0.5 * inner + (crown[1] if has_ring else 0.0) + 25)
    length = float(rng.uniform(shortest, max(LENGTH_MM[1], shortest + 20)))
    return _applicator(inner, wall, length, bevel, crown if has_ring else (0.0, 0.0))


def applicator_parts(
    rng: np.random.Generator, families: Families, applicator: Applicator, look: str
) -> list[Part]:
    """The cone in applicator space: tube, whatever crowns it, and what sticks to it."""
    wall = object_looks.cone_wall(rng, families, look)
    top = cone_tops.random_top(rng, families, applicator)
    tube = replace(
        applicator,
        length_mm=applicator.length_mm - top.replaces_mm,
        ring_diameter_mm=applicator.ring_diameter_mm if top.is_plain else 0.0,
        ring_height_mm=applicator.ring_height_mm if top.is_plain else 0.0,
    )
    is_two_coloured = rng.random() < 0.35
    crown = object_looks.cone_wall(rng, families, "cone:steel") if is_two_coloured else wall
    shapes = [([build_mesh(tube, N_SEGMENTS)], wall), (top.meshes, crown)]
    if top.bolts:
        shapes.append((top.bolts, object_looks.metal(rng, families)))
    if look == "cone:sleeved":
        shapes.append(([cone_marks.sleeve(rng, applicator)], wall))
    shapes += cone_marks.random_marks(rng, families, applicator)
    return group("applicator", Label.APPLICATOR, shapes)


def second_cone(rng: np.random.Generator, families: Families, first: Applicator) -> list[Part]:
    """Another applicator beside the first, in the first's space: upright, or lying on its side."""
    cone = random_cone(rng, families)
    radius = max(cone.applicator.outer_radius_mm, cone.applicator.ring_diameter_mm / 2)
    beside = max(first.outer_radius_mm, first.ring_diameter_mm / 2) + radius
    beside += float(rng.uniform(*LYING_GAP_MM))
    pose: Float
    if families.pick(rng, ["pair:upright", "pair:lying"]) == "pair:upright":
        pose = rigid(turn(rng, 0.5), (beside, 0.0, float(rng.uniform(-10, 80))))
    else:
        on_its_side = rotation_from_vector([np.pi / 2, 0.0, 0.0]) @ about_z(rng.uniform(0, 7))
        along = float(rng.uniform(0, cone.applicator.length_mm))
        pose = rigid(on_its_side, (beside, along, radius))
    around = rigid(about_z(rng.uniform(0, 2 * np.pi)), np.zeros(3))
    return placed(cone.parts, around @ pose)


def _applicator(
    inner_mm: float, wall_mm: float, length_mm: float, bevel_deg: float, ring: tuple[float, float]
) -> Applicator:
    return Applicator(
        id="random",
        machine="any",
        inner_diameter_mm=inner_mm,
        wall_mm=wall_mm,
        length_mm=length_mm,
        bevel_deg=bevel_deg,
        ring_diameter_mm=ring[0],
        ring_height_mm=ring[1],
    )
