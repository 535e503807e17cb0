"""What lies in a field: patches and pools that are bed; gauze, swabs and threads that are not."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from models.training.families import Families
from models.training.scenes import tissue_looks
from models.training.scenes.colors import any_color, gray
from models.training.scenes.outlines import Outline, ragged, superellipse
from models.training.scenes.reliefs import bumps, disc, level
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import HeightFunction, tube
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float, frozen
from tracking.segmentation import Label

CLEARANCE_MM = 1.2  # between a thing and what it lies on
N_PATCH, N_GAUZE = 17, 21  # vertices along the side of a patch and of a gauze
PATCHES = ("patch:pool", "patch:pool", "patch:clot", "patch:fat", "patch:char")
THINGS = ("lying:gauze", "lying:gauze", "lying:swab", "lying:thread", "lying:strip")


def bed_patches(
    rng: np.random.Generator, families: Families, bed: HeightFunction, opening: Outline
) -> list[Part]:
    """Pools of blood, clots, fat and charred spots: all of them bed."""
    parts = []
    for _ in range(int(rng.integers(0, 4))):
        family = families.pick(rng, PATCHES)
        size = float(rng.uniform(0.1, 0.45)) * opening.mean_mm
        centre = _inside(rng, opening, size)
        long = float(rng.uniform(1.0, 1.6))
        edge = ragged(rng, superellipse(size * long, size / long, 2.0, rng.uniform(0, 3)), 0.15)
        surface = _pool if family == "patch:pool" else _crust
        mesh = surface(rng, bed, edge, centre)
        parts.append(Part(family, mesh, np.eye(4), Label.TUMOR_BED, _look(rng, families, family)))
    return parts


def _look(rng: np.random.Generator, families: Families, family: str) -> Material:
    if family == "patch:pool":
        return tissue_looks.liquid(rng)
    tissue = {"patch:clot": "tissue:blood", "patch:fat": "tissue:fat", "patch:char": "tissue:char"}
    return tissue_looks.patch(rng, families, tissue[family])


def _inside(rng: np.random.Generator, opening: Outline, margin_mm: float) -> Float:
    """A place whose surroundings of `margin_mm` lie inside the opening."""
    angle = rng.uniform(0, 2 * np.pi)
    least = float(opening.radius_mm.min())
    reach = max(0.0, least - 1.6 * margin_mm) * np.sqrt(rng.random())
    return np.array([reach * np.cos(angle), reach * np.sin(angle)])


def _pool(
    rng: np.random.Generator, bed: HeightFunction, edge: Outline, centre_mm: Float
) -> TriangleMesh:
    """A level surface that drowns the lower part of the bed under it."""
    x, y = edge.radius_mm.max() * rng.uniform(-0.7, 0.7, (2, 60)) + centre_mm[:, None]
    z = float(np.quantile(bed(x, y), rng.uniform(0.4, 0.9))) + 0.5
    return _moved(disc(level(z), edge, N_PATCH), centre_mm)


def _crust(
    rng: np.random.Generator, bed: HeightFunction, edge: Outline, centre_mm: Float
) -> TriangleMesh:
    """A thin lumpy cover that dips into the bed at its edge."""
    thick = float(rng.uniform(0.5, 4.0))
    lumps = bumps(rng, 5, edge.mean_mm, 0.4 * edge.mean_mm, 0.3 * thick)

    def height(x_mm: Float, y_mm: Float) -> Float:
        part = np.hypot(x_mm, y_mm) / edge.at(np.arctan2(y_mm, x_mm))
        cover = (CLEARANCE_MM + thick + np.abs(lumps(x_mm, y_mm))) * (1 - part**4)
        return bed(x_mm + centre_mm[0], y_mm + centre_mm[1]) + cover - 0.6 * part**4

    return _moved(disc(height, edge, N_PATCH), centre_mm)


def _moved(mesh: TriangleMesh, by_mm: Float) -> TriangleMesh:
    return TriangleMesh(frozen(mesh.vertices_mm + np.append(by_mm, 0.0)), mesh.triangles)


def things(
    rng: np.random.Generator, families: Families, top: HeightFunction, reach_mm: float
) -> list[Part]:
    """Gauze, swabs, strips and threads on whatever is uppermost, up to `reach_mm` from the axis."""
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        family = families.pick(rng, THINGS)
        angle, away = rng.uniform(0, 2 * np.pi), reach_mm * rng.uniform(0.3, 1.3)
        centre = np.array([away * np.cos(angle), away * np.sin(angle)])
        if family == "lying:thread":
            mesh, look = _thread(rng, top, centre), _thread_look(rng)
        else:
            mesh, look = _cloth(rng, family, top, centre), tissue_looks.gauze(rng, families)
        parts.append(Part(family, mesh, np.eye(4), Label.OTHER, look))
    return parts


def _cloth(
    rng: np.random.Generator, family: str, top: HeightFunction, centre_mm: Float
) -> TriangleMesh:
    """Soft cloth over the ground: never below its highest point nearby."""
    if family == "lying:swab":
        size = float(rng.uniform(8, 25))
        edge, thick = superellipse(size, size, 2.0, 0.0), size * float(rng.uniform(0.5, 1.0))
    else:
        long, wide = rng.uniform(15, 65, 2) if family == "lying:gauze" else (90.0, 12.0)
        turn, thick = float(rng.uniform(0, np.pi)), float(rng.uniform(0.3, 6.0))
        edge = superellipse(float(long), float(wide), 10.0, turn)
    edge = ragged(rng, edge, 0.05)
    wrinkles = bumps(rng, 7, edge.mean_mm, 0.3 * edge.mean_mm, 0.4 * thick)
    flat = disc(level(0.0), edge, N_GAUZE)
    x, y = flat.vertices_mm[:, 0], flat.vertices_mm[:, 1]
    ground = top(x + centre_mm[0], y + centre_mm[1]).reshape(N_GAUZE, N_GAUZE)
    draped = ndimage.grey_dilation(ground, size=3, mode="nearest").ravel()
    part = np.hypot(x, y) / edge.at(np.arctan2(y, x))
    z = draped + CLEARANCE_MM + np.abs(wrinkles(x, y)) + thick * (1 - np.minimum(part, 1) ** 4)
    vertices = np.stack([x + centre_mm[0], y + centre_mm[1], z], axis=-1)
    return TriangleMesh(frozen(vertices), flat.triangles)


def _thread(rng: np.random.Generator, top: HeightFunction, centre_mm: Float) -> TriangleMesh:
    """A suture that wanders over the ground."""
    radius = float(rng.uniform(0.4, 1.2))
    heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.35, 30))
    step = float(rng.uniform(3, 8))
    path = centre_mm + np.cumsum(step * np.stack([np.cos(heading), np.sin(heading)], 1), axis=0)
    z = ndimage.maximum_filter1d(top(path[:, 0], path[:, 1]), 3) + radius
    return tube(np.column_stack([path, z]), radius, n_segments=6, n_cap=2)


def _thread_look(rng: np.random.Generator) -> Material:
    color = any_color(rng) if rng.random() < 0.5 else gray(rng, 0.02, 0.8)
    return Material(color, float(rng.uniform(0, 0.5)), 0.5)
