"""Simple procedural meshes, each in its own space, mm, triangles outward by right hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float, frozen

HeightFunction = Callable[[Float, Float], Float]
"""z in mm at x, y in mm (any shape)."""


def heightfield(
    height_mm: HeightFunction, inner_radius_mm: float, outer_radius_mm: float, spacing_mm: float
) -> TriangleMesh:
    """Disc, or annulus where `inner_radius_mm` > 0, of a height function about the z axis.

    Polar rings `spacing_mm` apart; the sectors are at most `spacing_mm` wide at the outer rim.
    """
    n_rings = max(2, int(np.ceil((outer_radius_mm - inner_radius_mm) / spacing_mm)) + 1)
    n_sectors = max(16, int(np.ceil(2 * np.pi * outer_radius_mm / spacing_mm)))
    radii = np.linspace(inner_radius_mm, outer_radius_mm, n_rings)
    angles = np.arange(n_sectors) * (2 * np.pi / n_sectors)
    radius, angle = np.meshgrid(radii, angles, indexing="ij")
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    vertices = np.stack([x, y, height_mm(x, y)], axis=-1).reshape(-1, 3)
    return TriangleMesh(frozen(vertices), _grid_triangles(n_rings, n_sectors, wrap=True))


def sheet(
    height_mm: HeightFunction,
    x_mm: tuple[float, float],
    y_mm: tuple[float, float],
    spacing_mm: float,
) -> TriangleMesh:
    """Rectangle of a height function."""
    xs = np.linspace(*x_mm, max(2, int(np.ceil((x_mm[1] - x_mm[0]) / spacing_mm)) + 1))
    ys = np.linspace(*y_mm, max(2, int(np.ceil((y_mm[1] - y_mm[0]) / spacing_mm)) + 1))
    x, y = np.meshgrid(xs, ys, indexing="ij")
    vertices = np.stack([x, y, height_mm(x, y)], axis=-1).reshape(-1, 3)
    return TriangleMesh(frozen(vertices), _grid_triangles(len(xs), len(ys), wrap=False))


def box(size_mm: tuple[float, float, float]) -> TriangleMesh:
    """Box about its centre."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]
    return TriangleMesh(
        frozen(corners * np.array(size_mm)), frozen(np.array(triangles, dtype=np.int64))
    )


def tube(
    path_mm: Float, radius_mm: float | Float, n_segments: int = 20, n_cap: int = 4
) -> TriangleMesh:
    """Round-capped tube along a polyline (n, 3): a finger, a hose, an instrument's shaft.

    `radius_mm` is one number or one per point of the path.
    """
    path = np.asarray(path_mm, dtype=np.float64)
    radii = np.broadcast_to(np.asarray(radius_mm, dtype=np.float64), (len(path),))
    directions = np.gradient(path, axis=0)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    cap = np.linspace(0, np.pi / 2, n_cap + 1)[:-1]
    offsets = np.concatenate(
        [-np.cos(cap) * radii[0], np.zeros(len(path)), np.cos(cap[::-1]) * radii[-1]]
    )
    scale = np.concatenate([np.sin(cap) * radii[0], radii, np.sin(cap[::-1]) * radii[-1]])
    index = np.concatenate(
        [np.zeros(n_cap, int), np.arange(len(path)), np.full(n_cap, len(path) - 1)]
    )
    across, along = _frames(directions)
    angles = np.arange(n_segments) * (2 * np.pi / n_segments)
    circle = (
        np.cos(angles)[None, :, None] * across[index][:, None]
        + np.sin(angles)[None, :, None] * along[index][:, None]
    )
    centre = path[index] + offsets[:, None] * directions[index]
    vertices = centre[:, None] + scale[:, None, None] * circle
    triangles = _grid_triangles(len(index), n_segments, wrap=True)[:, ::-1]
    return TriangleMesh(frozen(vertices.reshape(-1, 3)), frozen(triangles))


def capsule(length_mm: float, radius_mm: float) -> TriangleMesh:
    """Capsule from the origin along +z; `length_mm` between the centres of its caps."""
    path = np.array([[0, 0, 0], [0, 0, length_mm / 2], [0, 0, length_mm]], dtype=np.float64)
    return tube(path, radius_mm)


def blade(width_mm: float, length_mm: float, bend_mm: float, thickness_mm: float) -> TriangleMesh:
    """Retractor blade: a strip along +x that bends down (-z) at its tip by `bend_mm`."""
    n = 24
    along = np.linspace(0.0, 1.0, n)
    x = length_mm * along
    z = -bend_mm * np.clip((along - 0.6) / 0.4, 0, 1) ** 2
    section = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    section = section * [width_mm, thickness_mm]
    vertices = np.empty((n, 4, 3))
    vertices[..., 0] = x[:, None]
    vertices[..., 1] = section[:, 0]
    vertices[..., 2] = z[:, None] + section[:, 1]
    strip = _grid_triangles(n, 4, wrap=True)[:, ::-1]
    last = 4 * (n - 1)
    ends = [[0, 2, 1], [0, 3, 2], [last, last + 1, last + 2], [last, last + 2, last + 3]]
    triangles = np.concatenate([strip, np.array(ends, dtype=np.int64)])
    return TriangleMesh(frozen(vertices.reshape(-1, 3)), frozen(triangles))


def merged(meshes: list[TriangleMesh]) -> TriangleMesh:
    """Several meshes of one space as one."""
    starts = np.cumsum([0, *(len(mesh.vertices_mm) for mesh in meshes)])
    vertices = np.concatenate([mesh.vertices_mm for mesh in meshes])
    triangles = np.concatenate(
        [mesh.triangles + start for mesh, start in zip(meshes, starts[:-1], strict=True)]
    )
    return TriangleMesh(frozen(vertices), frozen(triangles.astype(np.int64)))


def _grid_triangles(
    n_rows: int, n_columns: int, *, wrap: bool
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Two triangles per cell of a grid of vertices; `wrap` closes the columns to a ring."""
    n_cells = n_columns if wrap else n_columns - 1
    row, column = np.meshgrid(np.arange(n_rows - 1), np.arange(n_cells), indexing="ij")
    next_column = (column + 1) % n_columns
    a = (row * n_columns + column).ravel()
    b = ((row + 1) * n_columns + column).ravel()
    c = ((row + 1) * n_columns + next_column).ravel()
    d = (row * n_columns + next_column).ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int64)
    return frozen(triangles)


def _frames(directions: Float) -> tuple[Float, Float]:
    """Two unit vectors perpendicular to each direction, without twist from point to point."""
    helper = np.eye(3)[int(np.argmin(np.abs(directions).max(axis=0)))]
    across = helper - directions * (directions @ helper)[:, None]
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return across, np.cross(directions, across)
