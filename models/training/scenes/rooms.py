"""Scenes without a bed, and the room behind every scene."""

from __future__ import annotations

import numpy as np

from models.training.families import Families
from models.training.scenes import tissue_looks
from models.training.scenes.groups import turn
from models.training.scenes.lying import things
from models.training.scenes.reliefs import bumps, level, waves
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import HeightFunction, box, sheet
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import rigid

N_SPANS = 42  # cells along the side of a table top: 1849 vertices
THING_REACH_MM = 150.0
VOID_SHARE = 0.2  # of scenes with nothing behind: no depth, and one colour


def bare_ground(rng: np.random.Generator, families: Families) -> list[Part]:
    """A table, an empty drape, a floor, or skin without an opening: nothing is bed.

    The ground is level with the world's origin there, its normal about +z.
    """
    family = families.pick(rng, ["bare:table", "bare:drape", "bare:skin", "bare:floor", "bare:pad"])
    surface = _surface(rng, family)
    spread = float(rng.uniform(220, 450) if family == "bare:skin" else rng.uniform(300, 900))
    sides = (-spread, spread)
    mesh = sheet(surface, sides, sides, 2 * spread / N_SPANS)
    ground = Part(family, mesh, np.eye(4), Label.OTHER, _look(rng, families, family))
    if rng.random() < 0.3:
        return [ground, *things(rng, families, surface, THING_REACH_MM)]
    return [ground]


def _surface(rng: np.random.Generator, family: str) -> HeightFunction:
    if family in ("bare:table", "bare:floor"):
        return level(0.0)
    if family == "bare:skin":
        sag, lumps = 1 / rng.uniform(250, 900), bumps(rng, 8, 250, 70, float(rng.uniform(0, 8)))
        height: HeightFunction = lambda x, y: lumps(x, y) - sag * x * x / 2  # noqa: E731
    elif rng.random() < 0.5:
        height = waves(rng, float(rng.uniform(50, 200)), float(rng.uniform(2, 25)), 2.0)
    else:
        height = bumps(rng, 18, 500, float(rng.uniform(30, 120)), float(rng.uniform(1, 14)))
    middle = float(height(np.zeros(1), np.zeros(1))[0])

    def levelled(x_mm: Float, y_mm: Float) -> Float:
        return height(x_mm, y_mm) - middle

    return levelled


def _look(rng: np.random.Generator, families: Families, family: str) -> Material:
    if family == "bare:skin":
        return tissue_looks.skin(rng, families)
    if family == "bare:drape":
        return tissue_looks.cloth(rng, families)
    if family == "bare:pad" and rng.random() < 0.5:
        return tissue_looks.tissue(rng, families)  # a thing of tissue's colour that is no bed
    return tissue_looks.anything(rng, families)


def background(
    rng: np.random.Generator, families: Families, void_share: float = VOID_SHARE
) -> list[Part]:
    """Floor, walls and a few large things farther away; or nothing, as in plain scenes."""
    parts: list[Part] = []
    if rng.random() < void_share:
        return parts
    if rng.random() < 0.7:
        drop = float(rng.uniform(300, 1100))
        parts.append(_block(rng, families, "floor", (4000.0, 4000.0, 20.0), (0, 0, -drop)))
    if rng.random() < 0.3:
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(700, 2500)
        at = (reach * np.cos(angle), reach * np.sin(angle), 0.0)
        heading = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0],
                            [0, 0, 1]])  # fmt: skip
        wall = box((20.0, 5000.0, 4000.0))
        look = tissue_looks.anything(rng, families)
        parts.append(Part("wall", wall, rigid(heading, at), Label.OTHER, look))
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform(80, 600, 3)
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(450, 1000)
        place = (reach * np.cos(angle), reach * np.sin(angle), rng.uniform(-400, 100))
        parts.append(_block(rng, families, "furniture", (size[0], size[1], size[2]), place, 3.0))
    return parts


def _block(
    rng: np.random.Generator,
    families: Families,
    name: str,
    size_mm: tuple[float, float, float],
    at_mm: tuple[float, float, float],
    turned_rad: float = 0.0,
) -> Part:
    is_cloth = name != "floor" and rng.random() < 0.4
    look = (tissue_looks.cloth if is_cloth else tissue_looks.anything)(rng, families)
    rotation = turn(rng, turned_rad)
    return Part(name, box(size_mm), rigid(rotation, at_mm), Label.OTHER, look)
