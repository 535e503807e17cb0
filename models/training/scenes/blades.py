"""Short blades hooked over an opening's edge: what holds it apart, seen without its handle."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from models.training.families import Families
from models.training.scenes.groups import group
from models.training.scenes.meshes import swept
from models.training.scenes.retractors import metal_or_solid
from recordings.simulation.scene import Part
from recordings.simulation.shapes import HeightFunction
from tracking.arrays import Float
from tracking.segmentation import Label

N_POINTS = 17  # of a blade's line
OUTSIDE_MM = (12.0, 110.0)  # how far a blade lies on what surrounds the opening
INSIDE_MM = (4.0, 45.0)  # how far it reaches in
N_EVENED = 5  # points over which metal bridges the ground's unevenness


def over_edge(
    rng: np.random.Generator, families: Families, top: HeightFunction, edge_mm: float
) -> list[Part]:
    """One or two blades over the edge of an opening of that radius, on whatever is uppermost."""
    first = rng.uniform(0, 2 * np.pi)
    angles = [first, first + rng.uniform(1.5, 4.8)][: int(rng.integers(1, 3))]
    return [part for angle in angles for part in _blade(rng, families, top, edge_mm, angle)]


def _blade(
    rng: np.random.Generator, families: Families, top: HeightFunction, edge_mm: float, angle: float
) -> list[Part]:
    """Along the ground outside, straight or bent down inside, at most to the bed."""
    outside, inside = float(rng.uniform(*OUTSIDE_MM)), float(rng.uniform(*INSIDE_MM))
    along = np.linspace(outside, -min(inside, 0.8 * edge_mm), N_POINTS)
    heading = angle + rng.normal(0, 0.3)
    edge = edge_mm * rng.uniform(0.85, 1.1) * np.array([np.cos(angle), np.sin(angle)])
    line = edge[:, None] + along * np.array([[np.cos(heading)], [np.sin(heading)]])
    height = _bridged(top(line[0], line[1]))
    straight = height[along >= 0].max()
    bend = rng.uniform(0.0, 1.0)  # of the way from straight on to the ground below
    height = np.where(along < 0, straight + bend * np.minimum(height - straight, 0.0), height)
    thick = float(rng.uniform(1.0, 5.0))
    path = np.stack([line[0], line[1], height + thick + rng.uniform(0.3, 6.0)], axis=1)
    wide = float(rng.uniform(7, 48)) * np.linspace(1.0, rng.uniform(0.6, 1.4), N_POINTS)
    mesh = swept(path, wide, thick, squareness=float(rng.uniform(0.5, 1.0)))
    return group("blade", Label.OCCLUDER, [([mesh], metal_or_solid(rng, families))])


def _bridged(height_mm: Float) -> Float:
    highest = ndimage.maximum_filter1d(height_mm, N_EVENED, mode="nearest")
    bridged: Float = ndimage.uniform_filter1d(highest, N_EVENED, mode="nearest")
    return np.maximum(bridged, height_mm)
