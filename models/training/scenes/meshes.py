"""Light meshes for the things of a scene: turned, swept and wrapped shapes, in mm.

Triangles face anywhere: the renderer turns every normal towards the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float, frozen

N_SECTORS = 40  # of turned household things; nobody measures them
N_SECTION = 12  # corners of a swept section


def grid_mesh(vertices_mm: Float, *, wraps: bool) -> TriangleMesh:
    """Surface over a grid of vertices (rows, columns, 3); `wraps` closes the columns to rings."""
    n_rows, n_columns, _ = vertices_mm.shape
    return TriangleMesh(
        frozen(vertices_mm.reshape(-1, 3)), _grid_triangles(n_rows, n_columns, wraps)
    )


def turned(
    profile: Sequence[tuple[float, float]], n_sectors: int = N_SECTORS, slope: float = 0.0
) -> TriangleMesh:
    """Revolve an open profile of (radius_mm, z_mm) about z; `slope` shears it by `-x * slope`."""
    angles = np.arange(n_sectors) * (2 * np.pi / n_sectors)
    radius, z = np.array(profile, dtype=np.float64).T
    vertices = np.empty((len(profile), n_sectors, 3))
    vertices[..., 0] = radius[:, None] * np.cos(angles)
    vertices[..., 1] = radius[:, None] * np.sin(angles)
    vertices[..., 2] = z[:, None] - slope * vertices[..., 0]
    return grid_mesh(vertices, wraps=True)


def swept(
    path_mm: Float,
    width_mm: float | Float,
    thickness_mm: float | Float,
    up: Sequence[float] = (0.0, 0.0, 1.0),
    squareness: float = 0.5,
    n_section: int = N_SECTION,
) -> TriangleMesh:
    """Closed strip along a polyline (n, 3): a blade, a bar, a palm.

    Parameters
    ----------
    width_mm, thickness_mm
        One number, or one per point; the thickness lies along `up`.
    squareness
        0: elliptical section; towards 1: a rectangle.
    """
    path = np.asarray(path_mm, dtype=np.float64)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(np.asarray(up, dtype=np.float64), along)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    normal = np.cross(along, across)
    angle = (np.arange(n_section) + 0.5) * (2 * np.pi / n_section)
    wave = np.stack([np.cos(angle), np.sin(angle)])
    section = np.sign(wave) * np.abs(wave) ** (1 - squareness)
    half_width = np.broadcast_to(np.asarray(width_mm) / 2, (len(path),))[:, None, None]
    half_height = np.broadcast_to(np.asarray(thickness_mm) / 2, (len(path),))[:, None, None]
    rings = (
        path[:, None]
        + half_width * section[0][:, None] * across[:, None]
        + half_height * section[1][:, None] * normal[:, None]
    )
    ends = np.broadcast_to(path[[0, -1], None], (2, n_section, 3))
    return grid_mesh(np.concatenate([ends[:1], rings, ends[1:]]), wraps=True)


def wrapped_patch(radius_mm: float, angles: Float, low_mm: Float, high_mm: Float) -> TriangleMesh:
    """Strip on a cylinder about z: from `low_mm` to `high_mm` at each of `angles` (rad)."""
    vertices = np.empty((2, len(angles), 3))
    vertices[..., 0], vertices[..., 1] = radius_mm * np.cos(angles), radius_mm * np.sin(angles)
    vertices[0, :, 2], vertices[1, :, 2] = low_mm, high_mm
    return grid_mesh(vertices, wraps=False)


def curve(points_mm: Sequence[Sequence[float]] | Float, n: int) -> Float:
    """Smooth path of `n` points through the given ones."""
    points = np.asarray(points_mm, dtype=np.float64)
    return np.asarray(CubicSpline(np.linspace(0, 1, len(points)), points)(np.linspace(0, 1, n)))


@lru_cache(maxsize=256)
def _grid_triangles(
    n_rows: int, n_columns: int, wraps: bool
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Two triangles per cell of the grid."""
    n_cells = n_columns if wraps else n_columns - 1
    row, column = np.meshgrid(np.arange(n_rows - 1), np.arange(n_cells), indexing="ij")
    a = (row * n_columns + column).ravel()
    b = (row * n_columns + (column + 1) % n_columns).ravel()
    c, d = b + n_columns, a + n_columns
    return frozen(np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int64))
