"""Random surgical fields: a tumor bed in its opening, what surrounds it, and what lies on it.

The opening's outline is irregular: the bed's disc reaches under its surroundings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.training import palette
from models.training.objects import part, turn
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import HeightFunction, box, heightfield, sheet
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float, frozen
from tracking.segmentation import Label
from tracking.transforms import rigid

BED_SPACING_MM, DRAPE_SPACING_MM = 4.0, 8.0  # below the smallest bump and fold made here


@dataclass(frozen=True, eq=False)
class Field:
    """Parts of a field; the bed's middle is at the world's origin, its normal about +z."""

    parts: list[Part]
    opening_radius_mm: float


def bumps(
    rng: np.random.Generator, n: int, reach_mm: float, width_mm: float, height_mm: float
) -> HeightFunction:
    """Sum of Gaussian bumps of random place, width and sign."""
    centre = rng.uniform(-reach_mm, reach_mm, (n, 2))
    width = width_mm * np.exp(rng.normal(0, 0.4, n))
    height = rng.normal(0, height_mm, n)

    def surface(x_mm: Float, y_mm: Float) -> Float:
        z = np.zeros_like(x_mm)
        for (cx, cy), w, h in zip(centre, width, height, strict=True):
            z += h * np.exp(-((x_mm - cx) ** 2 + (y_mm - cy) ** 2) / (2 * w * w))
        return z

    return surface


def random_field(rng: np.random.Generator) -> Field:
    """An opening with tissue, a rim, and drape or skin around it."""
    opening = float(rng.uniform(45, 170))
    sink = float(rng.choice([0.0, rng.uniform(0, 15), rng.uniform(0, 70)]))
    parts = [_bed(rng, opening, sink)]
    lip = float(rng.uniform(0.5, 12))
    if rng.random() < 0.5:  # skin, or a wound protector's ring, before the drape begins
        width = float(rng.uniform(8, 60))
        material = palette.skin(rng) if rng.random() < 0.7 else palette.solid(rng)
        parts.append(_annulus(rng, "rim", opening, opening + width + 20, sink, lip, material))
        opening_of_drape = opening + width
    else:
        opening_of_drape = opening
    outer = float(rng.uniform(250, 500))
    material = palette.cloth(rng) if rng.random() < 0.85 else palette.skin(rng)
    parts.append(
        _annulus(rng, "drape", opening_of_drape, outer, sink, lip + rng.uniform(0, 4), material)
    )
    if rng.random() < 0.35:
        parts.extend(_gauze(rng, opening))
    return Field(parts, opening)


def _bed(rng: np.random.Generator, opening_mm: float, sink_mm: float) -> Part:
    bowl = 1 / rng.uniform(150, 900) * rng.choice([-1, 1], p=[0.3, 0.7])
    rough = bumps(rng, 14, opening_mm, 0.25 * opening_mm, float(rng.uniform(0, 5)))
    fine = bumps(rng, 12, opening_mm, 9.0, float(rng.uniform(0, 1.2)))

    def height(x: Float, y: Float) -> Float:
        share = np.hypot(x, y) / opening_mm
        wall = np.clip((share - 0.6) / 0.4, 0, 1) ** 2 * sink_mm
        curve = np.clip(bowl * (x * x + y * y) / 2, -25, 25)
        inside = np.clip((1.0 - share) / 0.3, 0, 1)  # nothing pokes through the surroundings
        surface: Float = wall + inside * (curve + rough(x, y) + fine(x, y))
        return surface

    mesh = heightfield(height, 0.0, opening_mm * 1.3, BED_SPACING_MM)
    return part("bed", mesh, np.eye(4), Label.TUMOR_BED, palette.tissue(rng))


def _annulus(
    rng: np.random.Generator,
    name: str,
    inner_mm: float,
    outer_mm: float,
    sink_mm: float,
    lip_mm: float,
    material: Material,
) -> Part:
    """Surroundings with an irregular inner outline, `lip_mm` above the bed's edge."""
    folds = bumps(rng, 18, outer_mm, float(rng.uniform(15, 70)), float(rng.uniform(0, 9)))
    slope, sag = rng.uniform(-0.35, 0.1), rng.choice([0.0, rng.uniform(0, 0.003)])

    def height(x: Float, y: Float) -> Float:
        radius = np.sqrt(x * x + y * y)
        away = np.clip((radius - inner_mm) / 60, 0, 1)
        beyond = np.maximum(radius - inner_mm, 0)
        fall: Float = slope * beyond - sag * beyond**2
        return sink_mm + lip_mm + folds(x, y) * away + fall

    mesh = heightfield(height, inner_mm, outer_mm, DRAPE_SPACING_MM)
    return part(name, _wavy(rng, mesh, inner_mm), np.eye(4), Label.OTHER, material)


def _wavy(rng: np.random.Generator, mesh: TriangleMesh, inner_mm: float) -> TriangleMesh:
    """Shift radii by an angular wave that dies out away from the inner edge."""
    vertices = mesh.vertices_mm.copy()
    angle, radius = np.arctan2(vertices[:, 1], vertices[:, 0]), np.hypot(*vertices[:, :2].T)
    wave = np.zeros_like(angle)
    for k in (1, 2, 3, 5):
        wave += rng.normal(0, 0.09 / np.sqrt(k)) * np.cos(k * angle + rng.uniform(0, 7))
    fade = np.exp(-(radius - inner_mm) / inner_mm)
    factor = 1 + np.clip(wave, -0.35, 0.2) * fade
    vertices[:, :2] *= factor[:, None]
    return TriangleMesh(frozen(vertices), mesh.triangles)


def _gauze(rng: np.random.Generator, opening_mm: float) -> list[Part]:
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        size = rng.uniform(15, 60, 2)
        cover = bumps(rng, 6, float(size.max()), 12, 3)
        mesh = sheet(cover, (-size[0], size[0]), (-size[1], size[1]), 5.0)
        at = rng.uniform(-opening_mm, opening_mm, 2)
        pose = rigid(turn(rng, 0.4), (at[0], at[1], rng.uniform(3, 15)))
        parts.append(part("gauze", mesh, pose, Label.OTHER, palette.cloth(rng)))
    return parts


def table(rng: np.random.Generator) -> list[Part]:
    """A flat top with no bed at all, sometimes with a wall behind."""
    spread = float(rng.uniform(300, 900))
    material = palette.solid(rng) if rng.random() < 0.5 else palette.cloth(rng)
    flat = bumps(rng, 8, spread, 120, float(rng.choice([0.0, rng.uniform(0, 6)])))
    top = sheet(flat, (-spread, spread), (-spread, spread), 25.0)
    return [part("table", top, np.eye(4), Label.OTHER, material)]


def background(rng: np.random.Generator) -> list[Part]:
    """Floor and a few large things farther away."""
    parts = []
    if rng.random() < 0.7:
        floor = box((4000.0, 4000.0, 20.0))
        drop = float(rng.uniform(250, 1100))
        parts.append(
            part("floor", floor, rigid(np.eye(3), (0, 0, -drop)), Label.OTHER, palette.solid(rng))
        )
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform(80, 600, 3)
        angle = rng.uniform(0, 2 * np.pi)
        reach = rng.uniform(350, 900)
        at = (reach * np.cos(angle), reach * np.sin(angle), rng.uniform(-400, 100))
        mesh = box((float(size[0]), float(size[1]), float(size[2])))
        look = palette.solid(rng) if rng.random() < 0.6 else palette.cloth(rng)
        parts.append(part("furniture", mesh, rigid(turn(rng, 3), at), Label.OTHER, look))
    return parts
