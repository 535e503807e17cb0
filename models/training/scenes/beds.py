"""Random tumor beds: the tissue surface inside an opening, with the cavity's walls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.training.families import Families
from models.training.scenes.outlines import Outline, share
from models.training.scenes.reliefs import bumps, levelled, waves
from recordings.simulation.shapes import HeightFunction
from tracking.arrays import Float

BEDS = (
    "bed:flat",
    "bed:bowl",
    "bed:bowl",
    "bed:dome",
    "bed:folds",
    "bed:ridge",
    "bed:saddle",
    "bed:lobes",
    "bed:organ",
    "bed:step",
    "bed:pleats",
)
SIGNS = {  # of the two curvatures; a ridge or fold is none of these
    "bed:flat": (0, 0),
    "bed:bowl": (1, 1),
    "bed:dome": (-1, -1),
    "bed:saddle": (1, -1),
}
WALLS = ("wall:none", "wall:shallow", "wall:slope", "wall:steep")
N_BED = 58  # vertices along its side: 3.5 mm apart in an opening of 100 mm radius
DIVE = 1.0  # mm down per mm outwards beyond the outline: out of sight under the surroundings
FLUSH_DIVE = 2.0  # where these begin at its edge's own height
STEEPEST_EDGE = 0.98  # an organ's sides end before they are vertical


def random_bed(rng: np.random.Generator, families: Families, outline: Outline) -> HeightFunction:
    """Height of a bed inside `outline`; beyond it the bed's edge, constant along each ray."""
    family = families.pick(rng, BEDS)
    reach = outline.mean_mm
    form = levelled(_form(rng, family, outline))
    rough = bumps(rng, 8, reach, 0.25 * reach, float(rng.uniform(0, 3)))
    fine = bumps(rng, 12, 0.7 * reach, 9.0, float(rng.choice([0.0, rng.uniform(0, 1.5)])))
    wall = _no_wall if family == "bed:organ" else _wall(rng, families)

    def height(x_mm: Float, y_mm: Float) -> Float:
        part = share(outline, x_mm, y_mm)
        inwards = 1 / np.maximum(part, 1.0)
        x, y = x_mm * inwards, y_mm * inwards
        z: Float = form(x, y) + rough(x, y) + fine(x, y) + wall(np.minimum(part, 1.0))
        return z

    lift = float(height(np.zeros(1), np.zeros(1))[0]) * rng.uniform(0.5, 1.0)
    return lambda x_mm, y_mm: height(x_mm, y_mm) - lift


def diving(bed: HeightFunction, outline: Outline, *, is_flush: bool = False) -> HeightFunction:
    """The bed, which falls away under its surroundings beyond the outline."""
    dive = FLUSH_DIVE if is_flush else DIVE

    def height(x_mm: Float, y_mm: Float) -> Float:
        radius = np.hypot(x_mm, y_mm)
        beyond = np.maximum(radius - outline.at(np.arctan2(y_mm, x_mm)), 0.0)
        z: Float = bed(x_mm, y_mm) - dive * beyond
        return z

    return height


def _no_wall(part: Float) -> Float:
    return np.zeros_like(part)


def _wall(rng: np.random.Generator, families: Families) -> Callable[[Float], Float]:
    family = families.pick(rng, WALLS)
    deep = {"wall:none": 0.0, "wall:shallow": rng.uniform(2, 15)}.get(family, rng.uniform(15, 70))
    foot = float(rng.uniform(0.75, 0.9) if family == "wall:steep" else rng.uniform(0.4, 0.75))

    def height(part: Float) -> Float:
        climb = np.clip((part - foot) / (1 - foot), 0, 1)
        z: Float = deep * climb * climb * (3 - 2 * climb)
        return z

    return height


def _form(rng: np.random.Generator, family: str, outline: Outline) -> HeightFunction:
    reach = outline.mean_mm
    if family == "bed:folds":
        return waves(rng, float(rng.uniform(25, 90)), float(rng.uniform(4, 18)), 1.0)
    if family == "bed:pleats":
        return _pleats(rng)
    if family == "bed:ridge":
        return waves(rng, 3 * reach, float(rng.uniform(8, 30)), float(rng.uniform(2, 8)))
    if family == "bed:step":
        return _step(rng, reach)
    if family == "bed:lobes":
        return _lobes(rng, reach)
    if family == "bed:organ":
        return _organ(rng, outline)
    sign_x, sign_y = SIGNS[family]
    return _quadric(rng, sign_x / rng.uniform(80, 500), sign_y / rng.uniform(80, 500))


def _quadric(rng: np.random.Generator, x_per_mm: float, y_per_mm: float) -> HeightFunction:
    turn = rng.uniform(0, np.pi)

    def height(x_mm: Float, y_mm: Float) -> Float:
        u = x_mm * np.cos(turn) + y_mm * np.sin(turn)
        v = y_mm * np.cos(turn) - x_mm * np.sin(turn)
        z: Float = np.clip((x_per_mm * u * u + y_per_mm * v * v) / 2, -50, 50)
        return z

    return height


def _pleats(rng: np.random.Generator) -> HeightFunction:
    """Two crossing sets of narrow folds."""
    first = waves(rng, float(rng.uniform(20, 45)), float(rng.uniform(3, 9)), 0.5)
    second = waves(rng, float(rng.uniform(40, 90)), float(rng.uniform(4, 12)), 2.0)
    return lambda x_mm, y_mm: first(x_mm, y_mm) + second(x_mm, y_mm)


def _step(rng: np.random.Generator, reach_mm: float) -> HeightFunction:
    """Two levels with a soft edge between them."""
    turn, at = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5) * reach_mm
    high, soft = rng.uniform(4, 25), rng.uniform(3, 20)

    def height(x_mm: Float, y_mm: Float) -> Float:
        across = x_mm * np.cos(turn) + y_mm * np.sin(turn) - at
        z: Float = 0.5 * high * np.tanh(across / soft)
        return z

    return height


def _lobes(rng: np.random.Generator, reach_mm: float) -> HeightFunction:
    """Large smooth lobes side by side with creases between: bowel, fat, a lobed organ."""
    n = int(rng.integers(3, 9))
    centre = rng.uniform(-1, 1, (n, 2)) * reach_mm
    radius = reach_mm * rng.uniform(0.5, 1.2, n)
    top = rng.uniform(-10, 5, n)

    def height(x_mm: Float, y_mm: Float) -> Float:
        z = np.full_like(x_mm, -30.0)
        for (cx, cy), r, t in zip(centre, radius, top, strict=True):
            squared = ((x_mm - cx) ** 2 + (y_mm - cy) ** 2) / (r * r)
            z = np.maximum(z, t + 0.5 * r * (np.sqrt(np.maximum(1 - squared, 0)) - 1))
        return z

    return height


def _organ(rng: np.random.Generator, outline: Outline) -> HeightFunction:
    """A smooth body that bulges out of the opening, its sides steep at the edge."""
    tall = float(rng.uniform(0.15, 0.6)) * outline.mean_mm

    def height(x_mm: Float, y_mm: Float) -> Float:
        part = np.minimum(share(outline, x_mm, y_mm), 1.0) * STEEPEST_EDGE
        z: Float = tall * (np.sqrt(1 - part**2) - 1)
        return z

    return height
