"""Random changes of depth: what other sensors, filters and renderers would make of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Depth = NDArray[np.float32]
"""(height, width), mm, 0 where there is none."""

RANGE_ERROR = 0.05
COARSE_CELLS = (9, 16)  # of smooth random fields
FILL_BOX_PX = 15  # holes up to this size are closed by a sensor's hole filling
QUANTA_MM = (1.0, 1.0, 2.0, 5.0)


def changed_depth(depth_mm: Depth, rng: np.random.Generator) -> Depth:
    """Range error, smoothing, filled holes, noise, steps, new holes: each now and then."""
    depth = depth_mm * np.float32(1 + rng.uniform(-RANGE_ERROR, RANGE_ERROR))
    if rng.random() < 0.25:
        depth = _filled(depth)
    if rng.random() < 0.2:
        depth = np.asarray(cv2.medianBlur(depth, 5 if rng.random() < 0.5 else 3), np.float32)
    if rng.random() < 0.25:
        depth = depth + _wavy(depth, rng)
    if rng.random() < 0.15:
        quantum = np.float32(QUANTA_MM[int(rng.integers(len(QUANTA_MM)))])
        depth = np.round(depth / quantum) * quantum
    if rng.random() < 0.3:
        depth = depth * (smooth_field(depth.shape, rng) < rng.uniform(1.0, 2.5))
    if rng.random() < 0.1:  # dark, absorbing or glaring things lose all of their depth
        depth = depth * (smooth_field(depth.shape, rng) < rng.uniform(0.0, 0.8))
    if rng.random() < 0.2:
        depth = depth * (rng.random(depth.shape, dtype=np.float32) > rng.uniform(0, 0.3))
    if rng.random() < 0.15:
        depth = _without_edges(depth)
    if rng.random() < 0.12:  # the left margin that the second imager does not see
        depth[:, : int(rng.integers(5, 50))] = 0
    return np.ascontiguousarray(depth, np.float32)


def smooth_field(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Normal noise at a few places, smooth between them."""
    coarse = rng.standard_normal(COARSE_CELLS, dtype=np.float32)
    return np.asarray(
        cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32
    )


def _filled(depth_mm: Depth) -> Depth:
    """Small holes closed by the mean of what surrounds them."""
    box = (FILL_BOX_PX, FILL_BOX_PX)
    share = np.asarray(cv2.blur((depth_mm > 0).astype(np.float32), box), np.float32)
    total = np.asarray(cv2.blur(depth_mm, box), np.float32)
    around = np.where(share > 0.1, total / np.maximum(share, 0.1), 0)
    return np.where(depth_mm > 0, depth_mm, around).astype(np.float32)


def _wavy(depth_mm: Depth, rng: np.random.Generator) -> Depth:
    """Correlated noise that grows with the square of the distance, as stereo's does."""
    height, width = depth_mm.shape
    cell = int(rng.integers(1, 5))
    noise = rng.standard_normal((height // cell + 1, width // cell + 1), dtype=np.float32)
    grown = np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR))
    strength = np.float32(rng.uniform(0, 4.0) / 500.0**2)  # up to 4 mm at half a metre
    return np.asarray(grown * depth_mm * depth_mm * strength, np.float32)


def _without_edges(depth_mm: Depth) -> Depth:
    """No depth where it steps: what a confidence filter leaves."""
    square = np.ones((3, 3), np.uint8)
    step = np.asarray(cv2.morphologyEx(depth_mm, cv2.MORPH_GRADIENT, square))
    return np.asarray(depth_mm * (step < 0.03 * depth_mm), np.float32)
