"""Height functions that beds, skin and cloth are made of, and meshes over outlines."""

from __future__ import annotations

import numpy as np

from models.training.scenes.meshes import grid_mesh
from models.training.scenes.outlines import ANGLES_RAD, Outline
from recordings.simulation.shapes import HeightFunction
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float

LEVEL_RADIUS_MM = 35.0  # a bed is levelled over the area of a middle-sized cone's rim


def _disc_grid(n: int) -> tuple[Float, Float]:
    """Share of the radius and angle of an even n x n grid on the disc.

    The concentric map of P. Shirley and K. Chiu (A Low Distortion Map Between Disk and Square,
    1997): cells stay about equal, so that few vertices resolve the middle and the edge alike.
    """
    b, a = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n))
    is_wide = np.abs(a) > np.abs(b)
    radius = np.where(is_wide, a, b)
    ratio = np.where(is_wide, b, a) / np.where(radius == 0, 1, radius)
    angle = np.where(is_wide, np.pi / 4 * ratio, np.pi / 2 - np.pi / 4 * ratio)
    return radius, angle


def disc(height_mm: HeightFunction, outline: Outline, n: int) -> TriangleMesh:
    """Surface over the inside of an outline, n x n vertices."""
    share, angle = _disc_grid(n)
    x, y = share * np.cos(angle), share * np.sin(angle)
    reach = outline.at(np.arctan2(y, x))
    x, y = x * reach, y * reach
    return grid_mesh(np.stack([x, y, height_mm(x, y)], axis=-1), wraps=False)


def ring(
    height_mm: HeightFunction,
    inner: Outline,
    outer: Outline,
    n_rows: int,
    skirt_to_mm: float | Float,
) -> TriangleMesh:
    """Surface between two outlines, rows denser at the inner one.

    `skirt_to_mm`: where the vertical wall that hangs from the inner edge ends, one height or
    one per corner of the outline.
    """
    steps = np.linspace(0, 1, n_rows)[:, None] ** 1.6
    radius = inner.radius_mm + steps * (outer.radius_mm - inner.radius_mm)
    x, y = radius * np.cos(ANGLES_RAD), radius * np.sin(ANGLES_RAD)
    vertices = np.stack([x, y, height_mm(x, y)], axis=-1)
    skirt = vertices[:1].copy()
    skirt[..., 2] = skirt_to_mm
    return grid_mesh(np.concatenate([skirt, vertices]), wraps=True)


def level(z_mm: float) -> HeightFunction:
    """The same height everywhere."""

    def surface(x_mm: Float, y_mm: Float) -> Float:
        return np.full(np.broadcast_shapes(x_mm.shape, y_mm.shape), z_mm)

    return surface


def bumps(
    rng: np.random.Generator, n: int, reach_mm: float, width_mm: float, height_mm: float
) -> HeightFunction:
    """Sum of Gaussian bumps of random place, width and sign."""
    centre = rng.uniform(-reach_mm, reach_mm, (n, 2))
    width = width_mm * np.exp(rng.normal(0, 0.4, n))
    height = rng.normal(0, height_mm, n)

    def surface(x_mm: Float, y_mm: Float) -> Float:
        z = np.zeros_like(x_mm)
        for (cx, cy), w, h in zip(centre, width, height, strict=True):
            z += h * np.exp(-((x_mm - cx) ** 2 + (y_mm - cy) ** 2) / (2 * w * w))
        return z

    return surface


def waves(
    rng: np.random.Generator, length_mm: float, height_mm: float, sharpness: float
) -> HeightFunction:
    """Parallel folds that wander: 0 .. `height_mm`; `sharpness` 1 round, above narrow crests."""
    heading, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
    wander, length = rng.uniform(0, 1.5), length_mm * rng.uniform(2, 5)

    def surface(x_mm: Float, y_mm: Float) -> Float:
        across = x_mm * np.cos(heading) + y_mm * np.sin(heading)
        along = y_mm * np.cos(heading) - x_mm * np.sin(heading)
        bent = across / length_mm + wander * np.sin(along / length + phase) / 2
        z: Float = height_mm * (0.5 + 0.5 * np.cos(2 * np.pi * bent + phase)) ** sharpness
        return z

    return surface


def levelled(height_mm: HeightFunction) -> HeightFunction:
    """The surface less its mean plane near the origin: a cone can stand there along +z."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    x, y = LEVEL_RADIUS_MM * np.cos(angle), LEVEL_RADIUS_MM * np.sin(angle)
    z = height_mm(x, y)
    mean, half = z.mean(), 2 / (len(angle) * LEVEL_RADIUS_MM**2)
    slope_x, slope_y = half * (z @ x), half * (z @ y)

    def surface(x_mm: Float, y_mm: Float) -> Float:
        z: Float = height_mm(x_mm, y_mm) - mean - slope_x * x_mm - slope_y * y_mm
        return z

    return surface
