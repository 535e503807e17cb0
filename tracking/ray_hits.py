"""Rays for a ray caster, and from its answer to points and normals on the applicator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.compiled import compiled
from tracking.loop_types import (
    FLAGS,
    NEW_DEPTHS,
    NEW_FLAGS,
    NEW_ROWS,
    NEW_VECTOR,
    ROWS,
    SINGLE,
    WORD,
    array_in,
    several,
)


@compiled(NEW_DEPTHS, ROWS, ROWS)
def posed_rays(applicator_from_camera: Float, rays_camera: Float) -> NDArray[np.float32]:
    """Rays (n, 6) in applicator space, origin and direction, of directions (n, 3) of a camera."""
    rays = np.empty((len(rays_camera), 6), np.float32)
    for index in range(len(rays_camera)):
        x, y, z = rays_camera[index, 0], rays_camera[index, 1], rays_camera[index, 2]
        for axis in range(3):
            turn = applicator_from_camera[axis]
            rays[index, axis] = turn[3]
            rays[index, 3 + axis] = x * turn[0] + y * turn[1] + z * turn[2]
    return rays


@compiled(
    several(NEW_VECTOR, NEW_FLAGS, NEW_FLAGS, NEW_ROWS, NEW_ROWS, NEW_ROWS),
    array_in(SINGLE, 2),
    array_in(SINGLE, 1),
    array_in(WORD, 1),
    ROWS,
    FLAGS,
)
def hits_of(
    rays: NDArray[np.float32],
    z_mm: NDArray[np.float32],
    triangles: NDArray[np.uint32],
    normal_parts: Float,
    is_thin: Bool,
) -> tuple[Float, Bool, Bool, Float, Float, Float]:
    """Depths, hit, thin, points, normals and directions of rays (n, 6): origin, direction.

    Parameters
    ----------
    z_mm, triangles : (n,) of the hit, inf and anything: a miss
    normal_parts : (m, 4) of every triangle: a constant normal, and a share that points radially
        away from the axis; a facet's own tilt would feign a known roll of a round wall
    is_thin : (m,)

    Returns
    -------
    As in `RayHits`, in its order.
    """
    n_rays = len(rays)
    depths, hits, thin = np.empty(n_rays), np.empty(n_rays, np.bool_), np.empty(n_rays, np.bool_)
    points, normals = np.empty((n_rays, 3)), np.empty((n_rays, 3))
    directions = np.empty((n_rays, 3))
    for index in range(n_rays):
        z = np.float64(z_mm[index])
        is_hit = np.isfinite(z)
        triangle = triangles[index] if is_hit else np.uint32(0)
        reach = z if is_hit else 1.0
        for axis in range(3):
            direction = np.float64(rays[index, 3 + axis])
            directions[index, axis] = direction
            points[index, axis] = np.float64(rays[index, axis]) + direction * reach
        x, y = points[index, 0], points[index, 1]
        outward = normal_parts[triangle, 3] / max(np.hypot(x, y), 1e-9)
        normals[index, 0] = normal_parts[triangle, 0] + outward * x
        normals[index, 1] = normal_parts[triangle, 1] + outward * y
        normals[index, 2] = normal_parts[triangle, 2]
        depths[index], hits[index], thin[index] = z, is_hit, is_hit and is_thin[triangle]
    return depths, hits, thin, points, normals, directions
