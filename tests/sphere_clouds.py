"""Clouds of spheres with known centres and radii, as a depth camera or a scanner sees them."""

from __future__ import annotations

import numpy as np

from recordings.simulation.device import WIDE
from recordings.simulation.stereo_noise import correlated_noise
from tracking.arrays import Float

GRID = WIDE.intrinsics
FOCAL_BASELINE = GRID.fx * WIDE.depth_camera.baseline_mm


def cap(
    centre: tuple[float, float, float],
    radius: float,
    rng: np.random.Generator,
    *,
    n: int = 2000,
    half_angle_deg: float = 80.0,
    noise_mm: float = 0.1,
) -> Float:
    """Points of the part that faces the origin."""
    towards = -np.array(centre) / np.linalg.norm(centre)
    direction = rng.standard_normal((40 * n, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    direction = direction[direction @ towards > np.cos(np.radians(half_angle_deg))][:n]
    distance = radius + noise_mm * rng.standard_normal(len(direction))
    return np.asarray(centre + direction * distance[:, None])


def depth_view(
    spheres: list[tuple[tuple[float, float, float], float]],
    rng: np.random.Generator,
    *,
    table_mm: float = 700.0,
    subpixel_px: float = 0.05,
    correlation_px: float = 1.5,
) -> Float:
    """Depth (height, width) of spheres before a table, with the simulator's stereo noise."""
    rays = GRID.ray_grid
    z = np.full(GRID.shape, table_mm)
    for centre, radius in spheres:
        c = np.array(centre)
        a = (rays * rays).sum(axis=-1)
        b = rays @ c
        inside = b**2 - a * (c @ c - radius**2)
        hit = inside > 0
        near = (b[hit] - np.sqrt(inside[hit])) / a[hit]
        z[hit] = np.minimum(z[hit], near)
    noise = subpixel_px * correlated_noise(GRID.shape, correlation_px, rng)
    depth: Float = FOCAL_BASELINE / (FOCAL_BASELINE / z + noise)
    return depth


def points_of(depth: Float) -> Float:
    """All pixels as points (n, 3)."""
    return np.asarray((GRID.ray_grid * depth[..., None]).reshape(-1, 3))
