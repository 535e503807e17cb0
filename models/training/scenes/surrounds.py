"""What surrounds a bed: the cut edge, skin, a wound protector's ring, film, towels and drapes.

Every layer follows one base surface, each a little higher than the one below, so that layers
neither meet nor let the bed through.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from models.training.families import Families
from models.training.scenes import tissue_looks
from models.training.scenes.meshes import grid_mesh
from models.training.scenes.outlines import (
    ANGLES_RAD,
    Outline,
    ragged,
    random_outline,
    superellipse,
)
from models.training.scenes.reliefs import bumps, level, ring, waves
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import HeightFunction
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float
from tracking.segmentation import Label

LEAST_STEP_MM = 1.5  # between layers: their chords differ by less
OVERLAP_MM = 14.0  # how far a layer reaches under the next
EDGE_REACH_MM = 40.0  # the unevenness of a bed's edge dies out over this in its surroundings
STIFFEST_SECTORS = 6.0  # over which skin evens out a bed's edge: 40 mm at 100 mm radius
FOLD_FADE_MM = 45.0  # cloth lies flat at its edge: folds grow over this
DEEPEST_FALL_MM = 260.0  # the side of a body; beyond it cloth lies on the table
NARROW_SHARE = 0.2  # of fields that may end near the opening, nothing beyond them
N_NARROW_ROWS, N_WIDE_ROWS = 7, 26


@dataclass(frozen=True, eq=False)
class Layer:
    """One annular layer: its inner edge, its height and its part."""

    edge: Outline
    height: HeightFunction
    part: Part


def random_layers(
    rng: np.random.Generator,
    families: Families,
    bed: HeightFunction,
    opening: Outline,
    *,
    is_flush: bool = False,
) -> list[Layer]:
    """Surroundings from the inside out; `bed` holds its edge's height beyond `opening`.

    A bed that `is_flush` shows by its colour and form alone: as on a phantom, or in the plain
    scenes of other renderers.
    """
    base = _base(rng, families, bed, opening, is_flush=is_flush)
    kinds = _kinds(rng, families)
    edges = [opening]
    for kind in kinds[1:]:
        edges.append(_next_edge(rng, families, kind, edges[-1], around=kinds[len(edges) - 1]))
    reach = rng.uniform(130 if rng.random() < NARROW_SHARE else 260, 480, 2)
    outer = ragged(rng, superellipse(float(reach[0]), float(reach[1]), 3.0, 0.0), 0.04)
    outer = outer.outside(edges[-1], 60.0)
    layers, below, lift = [], -0.5, 0.0 if is_flush else float(rng.uniform(1.0, 9.0))
    for index, kind in enumerate(kinds):
        is_last = index + 1 == len(kinds)
        height = _lifted(base, lift)
        if is_last and kind in ("drape", "towel"):
            height = _folded(height, _cloth_folds(rng, families), edges[index])
        until = outer if is_last else edges[index + 1].grown(OVERLAP_MM)
        mesh = ring(
            height,
            edges[index],
            until,
            N_WIDE_ROWS if is_last else N_NARROW_ROWS,
            _edge_heights(base if index else bed, edges[index]) + (below - 0.5),
        )
        part = Part(kind, mesh, np.eye(4), Label.OTHER, _look(rng, families, kind))
        layers.append(Layer(edges[index], height, part))
        below, lift = lift + 1.0, lift + LEAST_STEP_MM + float(rng.uniform(0, 3))
    return layers


def wound_ring(rng: np.random.Generator, families: Families, layer: Layer) -> Part:
    """The inflated or rubber ring of a wound protector, round the inside of a layer's edge."""
    thick = float(rng.uniform(2.5, 9.0))
    radius = layer.edge.radius_mm + thick * rng.uniform(0.2, 1.2)
    x, y = radius * np.cos(ANGLES_RAD), radius * np.sin(ANGLES_RAD)
    z = layer.height(x, y) + thick * rng.uniform(0.3, 0.9)
    angle = np.arange(10) * (2 * np.pi / 10)
    out = radius + thick * np.cos(angle)[:, None]
    vertices = np.stack(
        [out * np.cos(ANGLES_RAD), out * np.sin(ANGLES_RAD), z + thick * np.sin(angle)[:, None]], -1
    )
    return Part("wound ring", _closed(vertices), np.eye(4), Label.OTHER, _ring_look(rng, families))


def _closed(rings: Float) -> TriangleMesh:
    return grid_mesh(np.concatenate([rings, rings[:1]]), wraps=True)


def _kinds(rng: np.random.Generator, families: Families) -> list[str]:
    """Layers from the inside out, by how much of the patient is left uncovered."""
    family = families.pick(
        rng,
        [
            "around:drape",
            "around:skin",
            "around:skin-drape",
            "around:skin-drape",
            "around:skin-drape",
            "around:fat-skin-drape",
            "around:fat-skin",
            "around:film-drape",
            "around:skin-towel-drape",
            "around:skin-towel-drape",
            "around:skin-towel",
            "around:towel",
        ],
    )
    return family.removeprefix("around:").split("-")


def _next_edge(
    rng: np.random.Generator, families: Families, kind: str, inner: Outline, *, around: str
) -> Outline:
    """Inner edge of a layer of this kind, `around` the layer that `inner` is the inner edge of."""
    widest = 120 if around == "skin" else 70  # a window in the drape shows skin, a wound within it
    margin = float(rng.uniform(5, 12) if kind == "skin" else rng.uniform(10, widest))
    if kind == "skin":
        return ragged(rng, inner.grown(margin), 0.01).outside(inner, 4.0)
    if kind == "towel":
        long, wide = (inner.radius_mm.max() + margin) * rng.uniform(0.75, 1.1, 2)
        edge = superellipse(float(long), float(wide), 14.0, float(rng.uniform(0, np.pi)))
    else:
        edge = random_outline(rng, families, inner.mean_mm + margin)
    return edge.outside(inner, 8.0)


def _base(
    rng: np.random.Generator,
    families: Families,
    bed: HeightFunction,
    opening: Outline,
    *,
    is_flush: bool,
) -> HeightFunction:
    """The body's surface around the opening: flat, sloping, or curved like a limb or a breast."""
    body = families.pick(rng, ["body:flat", "body:limb", "body:mound", "body:hollow", "body:tilt"])
    edge = _edge_heights(bed, opening)
    if not is_flush:
        edge = _smoothed(edge, float(rng.uniform(0, STIFFEST_SECTORS)))
    level = float(edge.mean())
    heading = rng.uniform(0, 2 * np.pi)
    sag_along, sag_across = {
        "body:flat": (0.0, 0.0),
        "body:limb": (0.0, 1 / rng.uniform(120, 400)),
        "body:mound": (1 / rng.uniform(90, 350), 1 / rng.uniform(90, 350)),
        "body:hollow": (-1 / rng.uniform(800, 2000), -1 / rng.uniform(800, 2000)),
        "body:tilt": (0.0, 0.0),
    }[body]
    tilt = float(rng.uniform(0.05, 0.35)) if body == "body:tilt" else 0.0
    lumps = bumps(rng, 9, 350.0, 70.0, float(rng.uniform(0, 8)))

    def height(x_mm: Float, y_mm: Float) -> Float:
        radius, angle = np.hypot(x_mm, y_mm), np.arctan2(y_mm, x_mm)
        beyond = np.maximum(radius - opening.at(angle), 0.0)
        along, across = beyond * np.cos(angle - heading), beyond * np.sin(angle - heading)
        fall = (sag_along * along**2 + sag_across * across**2) / 2 + tilt * along
        fall = DEEPEST_FALL_MM * np.tanh(fall / DEEPEST_FALL_MM)
        near_edge = np.exp(-beyond / EDGE_REACH_MM)
        rim = (np.interp(angle, ANGLES_RAD, edge, period=2 * np.pi) - level) * near_edge
        z: Float = level + rim - fall + lumps(x_mm, y_mm) * (1 - near_edge)
        return z

    return height


def _edge_heights(surface: HeightFunction, edge: Outline) -> Float:
    """Height of a surface at each corner of an outline."""
    return surface(edge.radius_mm * np.cos(ANGLES_RAD), edge.radius_mm * np.sin(ANGLES_RAD))


def _smoothed(height_mm: Float, sigma_sectors: float) -> Float:
    """Heights along a closed edge, smoothed from above: skin bridges the folds of a bed."""
    reach = int(np.ceil(2 * sigma_sectors))
    highest = ndimage.maximum_filter1d(height_mm, 2 * reach + 1, mode="wrap")
    smooth = ndimage.gaussian_filter1d(highest, sigma_sectors, mode="wrap", truncate=2.0)
    return np.asarray(np.maximum(smooth, height_mm))


def _lifted(base: HeightFunction, by_mm: float) -> HeightFunction:
    return lambda x_mm, y_mm: base(x_mm, y_mm) + by_mm


def _folded(flat: HeightFunction, folds: HeightFunction, edge: Outline) -> HeightFunction:
    """Cloth: folds only rise above what it lies on."""

    def height(x_mm: Float, y_mm: Float) -> Float:
        beyond = np.hypot(x_mm, y_mm) - edge.at(np.arctan2(y_mm, x_mm))
        z: Float = flat(x_mm, y_mm) + folds(x_mm, y_mm) * np.clip(beyond / FOLD_FADE_MM, 0, 1)
        return z

    return height


def _cloth_folds(rng: np.random.Generator, families: Families) -> HeightFunction:
    form = families.pick(rng, ["folds:none", "folds:parallel", "folds:crumpled", "folds:radial"])
    if form == "folds:none":
        return level(0.0)
    high = float(rng.uniform(3, 25))
    if form == "folds:parallel":
        return waves(rng, float(rng.uniform(90, 220)), high, float(rng.uniform(1, 3)))
    if form == "folds:crumpled":
        lumps = bumps(rng, 24, 350.0, float(rng.uniform(20, 60)), high)
        return lambda x_mm, y_mm: np.abs(lumps(x_mm, y_mm))
    n, phase = int(rng.integers(3, 9)), rng.uniform(0, 7)

    def radial(x_mm: Float, y_mm: Float) -> Float:
        angle = np.arctan2(y_mm, x_mm)
        z: Float = high * (0.5 + 0.5 * np.cos(n * angle + phase)) ** 4
        return z

    return radial


def _look(rng: np.random.Generator, families: Families, kind: str) -> Material:
    if kind == "skin":
        return tissue_looks.skin(rng, families)
    if kind == "fat":
        return tissue_looks.patch(rng, families, "tissue:fat")
    if kind == "film":
        return tissue_looks.film(rng)
    return tissue_looks.cloth(rng, families)


def _ring_look(rng: np.random.Generator, families: Families) -> Material:
    return tissue_looks.film(rng) if rng.random() < 0.3 else tissue_looks.anything(rng, families)
