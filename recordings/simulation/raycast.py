"""Rays through pixel centres onto triangles (the simulator's only importer of Open3D).

Open3D's own `create_rays_pinhole` samples at u + 0.5; here integer pixel coordinates are
pixel centres. Rays have z = 1 in camera space, so the hit distance is z itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recordings.simulation.scene import Part
from tracking.arrays import Float
from tracking.transforms import transform_points

Float32 = NDArray[np.float32]

N_THREADS = 1  # sessions are rendered side by side, and one thread keeps the build's order fixed


@dataclass(frozen=True, eq=False)
class Hits:
    """First hit of each ray: distance in ray lengths (0: none), part index (-1: none), normal."""

    distance: Float32
    part_index: NDArray[np.int16]
    normals: Float32


class RayTarget:
    """Parts placed in camera space, ready to be cast at."""

    def __init__(self, parts: Sequence[Part], camera_from_world: Float) -> None:
        import open3d as o3d

        self._tensor: Any = o3d.core.Tensor.from_numpy
        self._scene: Any = o3d.t.geometry.RaycastingScene(nthreads=N_THREADS)
        for part in parts:
            vertices = transform_points(
                camera_from_world @ part.world_from_part, part.mesh.vertices_mm
            )
            self._scene.add_triangles(
                self._tensor(np.ascontiguousarray(vertices, dtype=np.float32)),
                self._tensor(np.ascontiguousarray(part.mesh.triangles, dtype=np.uint32)),
            )
        self._is_empty = not parts

    def cast(self, directions: Float32, origin: Float | Float32 | None = None) -> Hits:
        """Cast rays, directions (..., 3) in camera space, from `origin` (3,) or its centre."""
        shape = directions.shape[:-1]
        if self._is_empty:
            return Hits(
                np.zeros(shape, np.float32),
                np.full(shape, -1, np.int16),
                np.zeros(directions.shape, np.float32),
            )
        rays = np.empty((*shape, 6), np.float32)
        rays[..., :3] = 0.0 if origin is None else origin
        rays[..., 3:] = directions
        answer = self._scene.cast_rays(self._tensor(rays), nthreads=N_THREADS)
        distance = answer["t_hit"].numpy()
        is_hit = np.isfinite(distance)
        part_index = answer["geometry_ids"].numpy().astype(np.int16)  # none, 2^32 - 1, becomes -1
        normals = answer["primitive_normals"].numpy()
        facing = np.einsum("...i,...i->...", normals, directions)
        np.negative(normals, out=normals, where=(facing > 0)[..., None])
        normals[~is_hit] = 0.0
        return Hits(np.where(is_hit, distance, np.float32(0.0)), part_index, normals)

    def is_shadowed(self, origins: Float32, targets: Float32) -> NDArray[np.bool_]:
        """Whether anything lies between origins and targets, both (..., 3) in camera space."""
        rays = np.concatenate([origins, targets - origins], axis=-1).astype(np.float32)
        shadowed: NDArray[np.bool_] = self._scene.test_occlusions(
            self._tensor(rays), tnear=0.0, tfar=1.0, nthreads=N_THREADS
        ).numpy()
        return shadowed
