"""Watertight triangle mesh of a parametric applicator, in applicator space.

The wall is a closed profile revolved about the axis; the bevel shifts the two lowest
profile corners by `-x * tan(bevel)`. No Open3D here: arrays only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Bool, Float, frozen

N_SEGMENTS = 128  # chord error of a 100 mm tube: 0.015 mm, far below the depth noise


@dataclass(frozen=True, eq=False)
class TriangleMesh:
    """Vertices (n, 3) in mm and triangles (m, 3) of vertex indices, outward by right hand."""

    vertices_mm: Float
    triangles: np.ndarray[tuple[int, int], np.dtype[np.int64]]


def wall_profile(applicator: Applicator) -> list[tuple[float, float, bool]]:
    """Corners (radius_mm, z_mm, is_bevelled) of the wall, counter-clockwise in the (r, z) plane.

    The exit corners come first (inner, then outer) and are the only bevelled ones.
    """
    inner, outer, top = (
        applicator.inner_radius_mm,
        applicator.outer_radius_mm,
        applicator.length_mm,
    )
    corners = [(inner, 0.0, True), (outer, 0.0, True)]
    if applicator.has_ring:
        ring, underside = applicator.ring_diameter_mm / 2, top - applicator.ring_height_mm
        corners += [(outer, underside, False), (ring, underside, False), (ring, top, False)]
    else:
        corners += [(outer, top, False)]
    return [*corners, (inner, top, False)]


def build_mesh(applicator: Applicator, n_segments: int = N_SEGMENTS) -> TriangleMesh:
    """Build the applicator's watertight mesh.

    Radii are scaled so that the polygon has the circle's area: the mean surface, not the
    vertices, lies on the true radius.
    """
    step = 2 * np.pi / n_segments
    equal_area = np.sqrt(step / np.sin(step))
    angles = np.arange(n_segments) * step
    profile = wall_profile(applicator)
    rings = []
    for radius, z, is_bevelled in profile:
        x = radius * equal_area * np.cos(angles)
        y = radius * equal_area * np.sin(angles)
        rings.append(np.stack([x, y, z - is_bevelled * x * applicator.bevel_slope], axis=1))
    vertices = np.concatenate(rings)
    return TriangleMesh(frozen(vertices), frozen(_revolve(len(profile), n_segments)))


def is_revolved_triangle(applicator: Applicator, n_segments: int = N_SEGMENTS) -> Bool:
    """Which triangles of `build_mesh` belong to surfaces of revolution: all but the exit's."""
    n_corners = len(wall_profile(applicator))
    is_exit = np.arange(n_corners) == 0  # the side from the inner to the outer exit corner
    if applicator.bevel_deg == 0:
        is_exit[0] = False
    return np.tile(np.repeat(~is_exit, n_segments), 2)


def is_thin_triangle(applicator: Applicator, n_segments: int = N_SEGMENTS) -> Bool:
    """Which triangles of `build_mesh` lie on the wall's end faces, as narrow as the wall."""
    profile = wall_profile(applicator)
    is_end = np.zeros(len(profile), bool)
    is_end[0] = True  # from the inner to the outer exit corner
    is_end[-2] = not applicator.has_ring  # from the outer to the inner top corner
    return np.tile(np.repeat(is_end, n_segments), 2)


def _revolve(n_corners: int, n_segments: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Two triangles for each quad between neighbouring corners and segments."""
    corner, segment = np.meshgrid(np.arange(n_corners), np.arange(n_segments), indexing="ij")
    next_corner, next_segment = (corner + 1) % n_corners, (segment + 1) % n_segments
    a = (corner * n_segments + segment).ravel()
    b = (corner * n_segments + next_segment).ravel()
    c = (next_corner * n_segments + next_segment).ravel()
    d = (next_corner * n_segments + segment).ravel()
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int64)
