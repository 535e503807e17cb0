"""Procedural albedo: one lookup per pixel in a periodic volume of noise.

The volumes of a seed are built together, once; a nearest lookup keeps a frame cheap, and its
cells are smaller than a pixel for the scales in use. Stripes, checks and gradients are waves
that the lookup bends.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from recordings.simulation.scene import Texture, TextureKind
from tracking.arrays import UInt8

Float32 = NDArray[np.float32]

N_CELLS = 128  # edge of the volume: 2 MB, stays in the processor's cache
LEVELS = 255  # one byte per cell: what the colour image resolves
FEATURE_CELLS = 12  # cells per feature: finer than a pixel at 10 mm features and 0.8 mm pixels
GRAIN_CELLS = 2  # of speckle: its grains are single cells
TISSUE_CELLS = 16  # of "cells": a power of two, so that the pattern closes at the volume's edge
N_SEEDS_KEPT = 8  # seeds whose noise stays in memory: 8 x 3 x 2 MB
N_GRAINS_KEPT = 6  # volumes of cells or speckle that stay in memory: 12 MB

# A fixed oblique turn: the volume's period never lines up with a part's axes.
_TURN = np.array(
    [[0.8118, -0.4794, 0.3332], [0.5609, 0.7892, -0.2513], [-0.1425, 0.3910, 0.9094]], np.float32
)

BEND_RAD: Final = 2.5  # a wave's phase runs ahead by up to this where the noise is 1
STRIPE_EDGE = 4.0  # steepness of a stripe's or check's edge
GRADIENT_FEATURES = 8.0  # features along half a turn of a gradient


def albedo(texture: Texture, points_part_mm: Float32) -> Float32:
    """Share 0..1 of `second_rgb` at points of part space, shape (n, 3) -> (n,)."""
    volume = _volume(texture.kind, texture.seed)
    feature_cells = _FEATURE_CELLS.get(texture.kind, FEATURE_CELLS)
    cells = points_part_mm @ (_TURN.T * np.float32(feature_cells / texture.scale_mm))
    index = np.floor(cells).astype(np.int32) & (N_CELLS - 1)
    flat = (index[:, 0] * N_CELLS + index[:, 1]) * N_CELLS + index[:, 2]
    if texture.kind in ("stripes", "checks", "gradient"):
        return _wave(texture, points_part_mm, volume[flat]) * np.float32(texture.contrast)
    mix: Float32 = volume[flat] * np.float32(texture.contrast / LEVELS)
    if texture.kind == "weave":
        threads = np.sin(points_part_mm[:, :2] * np.float32(2 * np.pi / texture.scale_mm))
        mix = np.clip(mix + threads.sum(axis=1) * np.float32(0.12 * texture.contrast), 0, 1)
    return mix


def _wave(texture: Texture, points_part_mm: Float32, noise: UInt8) -> Float32:
    """Stripes, checks or a gradient, 0..1; the seed chooses axes and how much noise bends them."""
    rng = np.random.default_rng([texture.seed, 0x57A1])
    bend = noise * np.float32(rng.choice([0.0, rng.uniform(0, BEND_RAD)]) / LEVELS)
    axes = np.eye(3, dtype=np.float32) if texture.seed % 2 else _TURN
    phases = points_part_mm @ (axes.T * np.float32(2 * np.pi / texture.scale_mm))
    if texture.kind == "gradient":
        slow = np.sin(phases[:, 0] / np.float32(2 * GRADIENT_FEATURES) + bend)
        gradient: Float32 = np.float32(0.5) + np.float32(0.5) * slow
        return gradient
    wave = np.sin(phases[:, 0] + bend)
    if texture.kind == "checks":
        wave *= np.sin(phases[:, 1] + bend) * np.sin(phases[:, 2] + np.float32(np.pi / 4))
    edged: Float32 = np.clip(np.float32(0.5) + np.float32(STRIPE_EDGE) * wave, 0, 1)
    return edged


_FEATURE_CELLS: Final[dict[TextureKind, int]] = {"cells": TISSUE_CELLS, "speckle": GRAIN_CELLS}


def _volume(kind: TextureKind, seed: int) -> UInt8:
    if kind in ("cells", "speckle"):
        return _grain_volume(kind, seed)
    clouds, blobs, veins = _noise_volumes(seed)
    return {"blobs": blobs, "veins": veins}.get(kind, clouds)


@lru_cache(maxsize=N_SEEDS_KEPT)
def _noise_volumes(seed: int) -> tuple[UInt8, UInt8, UInt8]:
    """Clouds, blobs and veins of one seed: they share the noise that costs the time."""
    rng = np.random.default_rng([seed, 0x7E87])
    coarse = _noise(rng, FEATURE_CELLS / 2)
    fine = _noise(rng, FEATURE_CELLS / 6)
    return (
        _bytes(np.clip(0.5 + 0.22 * coarse + 0.12 * fine, 0, 1)),
        _bytes(1 / (1 + np.exp(-8 * (coarse + 0.25 * fine - 0.6)))),
        _bytes(np.exp(-np.square((coarse + 0.2 * fine) / 0.12))),
    )


@lru_cache(maxsize=N_GRAINS_KEPT)
def _grain_volume(kind: TextureKind, seed: int) -> UInt8:
    rng = np.random.default_rng([seed, 0x9A17])
    if kind == "speckle":
        white = rng.random((N_CELLS,) * 3, dtype=np.float32)
        return _bytes(white ** np.float32(rng.choice([1.0, 3.0, 8.0])))
    return _bytes(_cells(rng))


def _cells(rng: np.random.Generator) -> Float32:
    """Rounded cells, 0 at their middles .. 1 at their walls: distances to scattered points.

    One point per cube of the volume, within the cube's inner half, so that the nearest two are
    among the eight cubes around any place (S. Worley, A Cellular Texture Basis Function, 1996).
    """
    n = N_CELLS // TISSUE_CELLS
    seeds = rng.uniform(0.25, 0.75, (n, n, n, 3)).astype(np.float32)
    place = (np.arange(N_CELLS, dtype=np.float32) + 0.5) / TISSUE_CELLS
    low = np.floor(place - 0.5).astype(np.int32)  # the lower one of the two nearest cubes
    first = second = np.full((N_CELLS,) * 3, np.inf, np.float32)
    for corner in product((0, 1), repeat=3):
        cube = np.ix_(*((low + step) % n for step in corner))
        point = seeds[cube]
        squared = np.zeros((N_CELLS,) * 3, np.float32)
        for axis, step in enumerate(corner):
            shape = [1, 1, 1]
            shape[axis] = N_CELLS
            squared += np.square(point[..., axis] + (low + step - place).reshape(shape))
        second = np.minimum(second, np.maximum(first, squared))
        first = np.minimum(first, squared)
    wall: Float32 = np.clip(1 - 2.5 * (np.sqrt(second) - np.sqrt(first)), 0, 1)
    return wall


def _bytes(share: NDArray[np.floating]) -> UInt8:
    return np.round(share.ravel() * LEVELS).astype(np.uint8)


def _noise(rng: np.random.Generator, sigma_cells: float) -> Float32:
    """Periodic smooth noise of unit standard deviation."""
    white = rng.standard_normal((N_CELLS,) * 3, dtype=np.float32)
    smooth: Float32 = ndimage.gaussian_filter(white, sigma_cells, mode="wrap", truncate=3.0)
    return smooth / np.float32(smooth.std())
