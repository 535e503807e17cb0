"""Procedural albedo: one lookup per pixel in a periodic volume of noise.

The volume is built once per kind and seed; a nearest lookup keeps a frame cheap, and its cells
are smaller than a pixel for the scales in use.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from recordings.simulation.scene import Texture, TextureKind
from tracking.arrays import UInt8

Float32 = NDArray[np.float32]

N_CELLS = 128  # edge of the volume: 2 MB, stays in the processor's cache
LEVELS = 255  # one byte per cell: what the colour image resolves
FEATURE_CELLS = 12  # cells per feature: finer than a pixel at 10 mm features and 0.8 mm pixels
N_PATTERNS = 24  # distinct volumes kept in memory: 48 MB

# A fixed oblique turn: the volume's period never lines up with a part's axes.
_TURN = np.array(
    [[0.8118, -0.4794, 0.3332], [0.5609, 0.7892, -0.2513], [-0.1425, 0.3910, 0.9094]], np.float32
)


def albedo(texture: Texture, points_part_mm: Float32) -> Float32:
    """Share 0..1 of `second_rgb` at points of part space, shape (n, 3) -> (n,)."""
    volume = _volume(texture.kind, texture.seed)
    cells = points_part_mm @ (_TURN.T * np.float32(FEATURE_CELLS / texture.scale_mm))
    index = np.floor(cells).astype(np.int32) & (N_CELLS - 1)
    flat = (index[:, 0] * N_CELLS + index[:, 1]) * N_CELLS + index[:, 2]
    mix: Float32 = volume[flat] * np.float32(texture.contrast / LEVELS)
    if texture.kind == "weave":
        threads = np.sin(points_part_mm[:, :2] * np.float32(2 * np.pi / texture.scale_mm))
        mix = np.clip(mix + threads.sum(axis=1) * np.float32(0.12 * texture.contrast), 0, 1)
    return mix


@lru_cache(maxsize=N_PATTERNS)
def _volume(kind: TextureKind, seed: int) -> UInt8:
    rng = np.random.default_rng([seed, 0x7E87])
    coarse = _noise(rng, FEATURE_CELLS / 2)
    fine = _noise(rng, FEATURE_CELLS / 6)
    if kind == "blobs":
        value = 1 / (1 + np.exp(-8 * (coarse + 0.25 * fine - 0.6)))
    elif kind == "veins":
        value = np.exp(-np.square((coarse + 0.2 * fine) / 0.12))
    else:
        value = np.clip(0.5 + 0.22 * coarse + 0.12 * fine, 0, 1)
    return np.round(value.ravel() * LEVELS).astype(np.uint8)


def _noise(rng: np.random.Generator, sigma_cells: float) -> Float32:
    """Periodic smooth noise of unit standard deviation."""
    white = rng.standard_normal((N_CELLS,) * 3, dtype=np.float32)
    smooth: Float32 = ndimage.gaussian_filter(white, sigma_cells, mode="wrap", truncate=3.0)
    return smooth / np.float32(smooth.std())
