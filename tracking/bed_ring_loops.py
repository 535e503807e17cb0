"""The ring of bed around the rim in one frame, pixel by pixel, as loops."""

from __future__ import annotations

from math import atan2, hypot, pi

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    COUNT,
    DEPTHS,
    FLAG,
    INDICES,
    LABELS,
    NEW_ROWS,
    NEW_VECTOR,
    REAL,
    ROWS,
    VECTOR,
    several,
)

BED_BORDER_PX = 2  # nearer to what is not bed, stereo may mix the two
N_SECTORS = 36
MIN_SECTOR_POINTS = 2


@part
def is_well_inside(
    labels: UInt8, row: int, column: int, window: NDArray[np.int64], label: int
) -> bool:
    """Whether all neighbours of a pixel, as far as they lie in the window, carry the label."""
    first_row, last_row, first_column, last_column = window
    for v in range(max(row - BED_BORDER_PX, first_row), min(row + BED_BORDER_PX + 1, last_row)):
        low = max(column - BED_BORDER_PX, first_column)
        for u in range(low, min(column + BED_BORDER_PX + 1, last_column)):
            if labels[v, u] != label:
                return False
    return True


@compiled(
    several(FLAG, NEW_ROWS, NEW_ROWS, NEW_VECTOR),
    *(LABELS, DEPTHS, INDICES, COUNT, COUNT, VECTOR, ROWS, REAL, REAL, REAL, REAL),
)
def ring_points(
    labels: UInt8,
    depth_mm: NDArray[np.float32],
    window: NDArray[np.int64],
    stride: int,
    bed_label: int,
    pinhole: Float,
    applicator_from_camera: Float,
    bevel_slope: float,
    max_height_mm: float,
    inner_mm: float,
    outer_mm: float,
) -> tuple[bool, Float, Float, Float]:
    """Bed pixels whose points lie between two radii and near the exit plane.

    Parameters
    ----------
    window : (4,)
        First row and the one after the last, and columns alike: every `stride`-th is looked at.
    pinhole : (4,)
        fx, fy, cx, cy.

    Returns
    -------
    has_bed : whether there is any bed with depth, be it in the ring or not
    points : (n, 3) and rays : (n, 3), applicator axes; depth_mm : (n,)
    """
    first_row, last_row, first_column, last_column = window
    n_rows = (last_row - first_row + stride - 1) // stride
    n_most = n_rows * ((last_column - first_column + stride - 1) // stride)
    points, rays, depths = np.empty((n_most, 3)), np.empty((n_most, 3)), np.empty(n_most)
    fx, fy, cx, cy = pinhole
    n, has_bed = 0, False
    for row in range(first_row, last_row, stride):
        for column in range(first_column, last_column, stride):
            depth = float(depth_mm[row, column])
            if labels[row, column] != bed_label or not depth > 0:
                continue
            ray_x, ray_y = (column - cx) / fx, (row - cy) / fy
            for i in range(3):
                along_x, along_y = applicator_from_camera[i, 0], applicator_from_camera[i, 1]
                rays[n, i] = along_x * ray_x + along_y * ray_y + applicator_from_camera[i, 2]
                points[n, i] = rays[n, i] * depth + applicator_from_camera[i, 3]
            x, y, z = points[n]
            radius, is_near = hypot(x, y), abs(z + x * bevel_slope) < max_height_mm
            is_in_ring = is_near and radius > inner_mm and radius < outer_mm
            if has_bed and not is_in_ring:
                continue
            if is_well_inside(labels, row, column, window, bed_label):
                has_bed, depths[n] = True, depth
                n += is_in_ring
    return has_bed, points[:n], rays[:n], depths[:n]


@compiled(REAL, ROWS)
def seen_deg(points_mm: Float) -> float:
    """How much of the ring around the rim carries these points (n, 3) of it, in degrees."""
    counts, n_seen = np.zeros(N_SECTORS), 0
    for row in range(len(points_mm)):
        angle = atan2(points_mm[row, 1], points_mm[row, 0])
        sector = int((angle + pi) / (2 * pi) * N_SECTORS) % N_SECTORS
        counts[sector] += 1
        n_seen += counts[sector] == MIN_SECTOR_POINTS
    return n_seen * 360.0 / N_SECTORS
