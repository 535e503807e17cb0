"""Random surgical fields: a bed in its opening, what surrounds it, and what lies on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.training.families import Families
from models.training.scenes import lying, tissue_looks
from models.training.scenes.beds import N_BED, diving, random_bed
from models.training.scenes.blades import over_edge
from models.training.scenes.instruments import laid_down
from models.training.scenes.islands import island
from models.training.scenes.outlines import Outline, random_outline, share
from models.training.scenes.reliefs import disc
from models.training.scenes.rooms import VOID_SHARE
from models.training.scenes.surrounds import Layer, random_layers, wound_ring
from recordings.simulation.scene import Part
from recordings.simulation.shapes import HeightFunction
from tracking.arrays import Float
from tracking.segmentation import Label

ISLAND_SHARE = 0.27
LAID_SHARE = 0.3  # of openings with tools laid down about them
HELD_OPEN_SHARE = 0.2  # of those with short blades over their edge
VOID_SHARE_OF_ISLANDS = 0.5
FLUSH_SHARE = 0.2  # of fields whose bed goes over into its surroundings without a step
UNDER_EDGE_MM = 8.0  # how far the bed reaches under its surroundings


@dataclass(frozen=True, eq=False)
class Field:
    """Parts of a field; the bed's middle is at the world's origin, its normal about +z.

    `void_share`: of scenes with such a field, those with nothing behind.
    """

    parts: list[Part]
    opening_radius_mm: float
    void_share: float = VOID_SHARE


def random_field(rng: np.random.Generator, families: Families) -> Field:
    """An opening with tissue, a rim, drape or skin around it, and things that lie there.

    Now and then tissue alone (`islands`).
    """
    if rng.random() < ISLAND_SHARE:
        return Field(*island(rng, families), VOID_SHARE_OF_ISLANDS)
    opening = random_outline(rng, families, float(rng.uniform(48, 165)))
    bed = random_bed(rng, families, opening)
    is_flush = rng.random() < FLUSH_SHARE
    below = diving(bed, opening, is_flush=is_flush)
    mesh = disc(below, opening.grown(UNDER_EDGE_MM), N_BED)
    look = tissue_looks.tissue(rng, families)
    parts = [Part("bed", mesh, np.eye(4), Label.TUMOR_BED, look)]
    layers = random_layers(rng, families, bed, opening, is_flush=is_flush)
    parts += [layer.part for layer in layers]
    if rng.random() < 0.25:
        parts.append(wound_ring(rng, families, layers[0]))
    parts += lying.bed_patches(rng, families, bed, opening)
    top = _uppermost(bed, opening, layers)
    if rng.random() < LAID_SHARE:
        parts += laid_down(rng, families, top, opening.mean_mm)
    if rng.random() < HELD_OPEN_SHARE:
        parts += over_edge(rng, families, top, opening.mean_mm)
    if rng.random() < 0.45:
        parts += lying.things(rng, families, top, opening.mean_mm)
    return Field(parts, opening.mean_mm)


def _uppermost(bed: HeightFunction, opening: Outline, layers: list[Layer]) -> HeightFunction:
    """Height of what is seen from above."""

    def height(x_mm: Float, y_mm: Float) -> Float:
        z = np.where(share(opening, x_mm, y_mm) < 1, bed(x_mm, y_mm), -np.inf)
        for layer in layers:
            is_there = share(layer.edge, x_mm, y_mm) >= 1
            z = np.where(is_there, np.maximum(z, layer.height(x_mm, y_mm)), z)
        return np.asarray(z, dtype=np.float64)

    return height
