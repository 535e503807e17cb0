"""Which points lie within a distance of a cloud: exact, and quick for whole images.

Almost every point is far from the boundary. It is decided by its voxel against a thinned
cloud, with the voxels' sizes as margin; only what the margin leaves open is asked exactly.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from tracking.arrays import Bool, Float

VOXEL_MM = 6.0  # of both thinning steps; trades voxels against points left open
_HALF_DIAGONAL_MM = VOXEL_MM * np.sqrt(3.0) / 2


def within(points_mm: Float, cloud_mm: Float, distance_mm: float) -> Bool:
    """Whether each point (n, 3) is at most `distance_mm` from some point of the cloud (m, 3)."""
    if len(points_mm) == 0 or len(cloud_mm) == 0:
        return np.zeros(len(points_mm), dtype=np.bool_)
    thinned, _ = _voxel_centres(cloud_mm)
    centres, voxel_of_point = _voxel_centres(points_mm)
    rough_mm, _ = cKDTree(thinned).query(centres, distance_upper_bound=distance_mm + VOXEL_MM * 2)
    margin_mm = 2 * _HALF_DIAGONAL_MM  # both ends moved to the centre of their voxel
    is_near: Bool = (rough_mm <= distance_mm - margin_mm)[voxel_of_point]
    is_open = (np.abs(rough_mm - distance_mm) < margin_mm)[voxel_of_point]
    if is_open.any():
        exact_mm, _ = cKDTree(cloud_mm).query(points_mm[is_open])
        is_near[is_open] = exact_mm <= distance_mm
    return is_near


def _voxel_centres(points_mm: Float) -> tuple[Float, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Centres of the occupied voxels, and each point's voxel."""
    corner = points_mm.min(axis=0)
    cells = np.floor((points_mm - corner) / VOXEL_MM).astype(np.int64)
    size = cells.max(axis=0) + 1
    keys = (cells[:, 0] * size[1] + cells[:, 1]) * size[2] + cells[:, 2]
    _, first, voxel_of_point = np.unique(keys, return_index=True, return_inverse=True)
    return corner + (cells[first] + 0.5) * VOXEL_MM, voxel_of_point
