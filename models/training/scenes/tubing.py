"""What crosses the field: hoses, cables, bundles, and the arm that holds the cone. All OCCLUDER."""

from __future__ import annotations

import numpy as np

from models.training.families import Families
from models.training.scenes.colors import any_color, gray
from models.training.scenes.groups import Shapes, about_z, group, placed
from models.training.scenes.meshes import curve, swept, turned
from models.training.scenes.object_looks import metal, plain, solid
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import box, tube
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import rigid

TUBES = ("tubing:hose", "tubing:hose", "tubing:cable", "tubing:bundle", "tubing:corrugated")
CLAMPS = ("clamp:jaw", "clamp:jaw", "clamp:plate", "clamp:fork")
HALF_LENGTH_MM = 350.0


def tubing(rng: np.random.Generator, families: Families) -> list[Part]:
    """A hose, cable or bundle across the field, along x."""
    kind = families.pick(rng, TUBES)
    path = _way(rng)
    shapes: Shapes
    if kind == "tubing:bundle":
        shapes = [
            ([tube(path + rng.normal(0, 6, 3), float(rng.uniform(1.5, 5)), 8)], _rubber(rng))
            for _ in range(int(rng.integers(2, 5)))
        ]
    elif kind == "tubing:corrugated":
        fine = curve(path, 90)
        radius = float(rng.uniform(9, 18))
        ribs = np.where(np.arange(90) % 2 == 0, radius, 1.12 * radius)
        shapes = [([tube(fine, ribs, 10)], _rubber(rng))]
    else:
        radius = float(rng.uniform(3.5, 14) if kind == "tubing:hose" else rng.uniform(1.2, 4))
        shapes = [([tube(path, radius, 10)], _rubber(rng))]
    return group("tubing", Label.OCCLUDER, shapes)


def clamp(rng: np.random.Generator, families: Families, applicator: Applicator) -> list[Part]:
    """The machine's clamp around the tube below the ring, and its arm, in applicator space."""
    kind = families.pick(rng, CLAMPS)
    look = metal(rng, families) if rng.random() < 0.6 else solid(rng, families)
    height = float(rng.uniform(0.55, 0.95)) * (applicator.length_mm - applicator.ring_height_mm)
    radius, thick = applicator.outer_radius_mm + 0.8, float(rng.uniform(8, 30))
    grip = float(rng.uniform(10, 35))
    if kind == "clamp:plate":
        outer = radius + float(rng.uniform(25, 80))
        profile = [(radius, 0.0), (outer, 0.0), (outer, thick), (radius, thick), (radius, 0.0)]
        meshes = [turned(profile, 48)]
    elif kind == "clamp:fork":
        meshes = [
            swept(
                _line((-30.0, side * (radius + 8)), (radius + 60, side * (radius + 8))), 14, thick
            )
            for side in (-1.0, 1.0)
        ]
        outer = radius + 50
    else:
        outer = radius + thick * 0.6
        opening = float(rng.uniform(0.3, 1.6))
        angle = np.linspace(opening, 2 * np.pi - opening, 32) + np.pi  # its mouth away from the arm
        middle = (radius + outer) / 2
        ring = middle * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
        meshes = [swept(ring, outer - radius, grip, squareness=0.8)]
    joint = rng.normal(0, 60, 3) * [0.5, 1, 1] + [outer + 160, 0, 60]
    arm = np.array([[outer - 3, 0, 0], [outer + 40, 0, 5], joint, joint * [2.2, 1.5, 1.4]])
    radii = float(rng.uniform(7, 22))
    meshes += [tube(curve(arm, 10) if rng.random() < 0.5 else arm, radii, 12)]
    knob = box((thick, 1.6 * radii + 10, 1.6 * radii + 10))
    around = rigid(about_z(rng.uniform(0, 2 * np.pi)), (0.0, 0.0, height))
    parts = group("clamp", Label.OCCLUDER, [(meshes, look)])
    at_knob = rigid(np.eye(3), (outer + 10.0, 0.0, 0.0))
    parts += placed(group("clamp", Label.OCCLUDER, [([knob], solid(rng, families))]), at_knob)
    return placed(parts, around)


def _way(rng: np.random.Generator) -> Float:
    """A loose path along x above the field."""
    x = np.linspace(-HALF_LENGTH_MM, HALF_LENGTH_MM, 6)
    y = rng.normal(0, 60, 6)
    z = np.abs(rng.normal(0, 35, 6)) + 12 + 0.15 * np.abs(x)
    return curve(np.stack([x, y, z], axis=1), 28)


def _line(start: tuple[float, float], end: tuple[float, float]) -> Float:
    a, b = np.array([*start, 0.0]), np.array([*end, 0.0])
    return np.stack([a, (a + b) / 2, b])


def _rubber(rng: np.random.Generator) -> Material:
    return plain(rng, gray(rng, 0.02, 0.9) if rng.random() < 0.6 else any_color(rng), 0.9)
