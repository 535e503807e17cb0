"""Where the model's edges lie in the image, and which of their points bound it there."""

from __future__ import annotations

import numpy as np

from tracking.arrays import Bool, Float
from tracking.compiled import compiled, part
from tracking.loop_types import (
    COUNT,
    FLAG,
    FLAGS,
    INDICES,
    NEW_FLAGS,
    NEW_INDICES,
    NEW_ROWS,
    NEW_VECTOR,
    REAL,
    ROWS,
    STACK,
    VECTOR,
    array_in,
    array_out,
    several,
)

PROBE_PX = 2.5  # where model and background are told apart on either side of an edge
MIN_DISTANCE_MM = 1.0  # behind it a point has no image
MAX_CURVATURE = 0.5  # per px: a circle of 2 px, where the first order ends
END_PX = 6.0  # from the end of a visible arc: twice the blur's and the probes' reach
MIN_GAP_PX = 0.1  # of points on an edge that is seen end-on

Indices = np.ndarray[tuple[int], np.dtype[np.int64]]

NEW_STACK = array_out(REAL, 3)


@compiled(several(NEW_STACK, NEW_STACK, NEW_STACK, NEW_ROWS), STACK, STACK, ROWS, *(REAL,) * 4)
def edges_in_image(
    points_mm: Float, tangents: Float, pose: Float, fx: float, fy: float, cx: float, cy: float
) -> tuple[Float, Float, Float, Float]:
    """Points and tangents of edges (k, n, 3) in applicator space, in the camera and its image.

    Returns
    -------
    points : (k, n, 3) in camera space; one that has no image lies `MIN_DISTANCE_MM` before it
    uv : (k, n, 2)
    normals : (k, n, 2) unit normals in the image, to the left of the tangents
    rays : (2 k n, 3) with z = 1 through the probes: all on the normals' side, then all others
    """
    k, n = points_mm.shape[0], points_mm.shape[1]
    points, uv, normals = np.empty((k, n, 3)), np.empty((k, n, 2)), np.empty((k, n, 2))
    rays = np.ones((2 * k * n, 3))
    for edge in range(k):
        for index in range(n):
            px, py, pz = points_mm[edge, index]
            tx, ty, tz = tangents[edge, index]
            x = pose[0, 0] * px + pose[0, 1] * py + pose[0, 2] * pz + pose[0, 3]
            y = pose[1, 0] * px + pose[1, 1] * py + pose[1, 2] * pz + pose[1, 3]
            z = pose[2, 0] * px + pose[2, 1] * py + pose[2, 2] * pz + pose[2, 3]
            if not z > MIN_DISTANCE_MM:
                x, y, z = 0.0, 0.0, MIN_DISTANCE_MM
            u, v = fx * x / z + cx, fy * y / z + cy
            ahead_x = x + (pose[0, 0] * tx + pose[0, 1] * ty + pose[0, 2] * tz)
            ahead_y = y + (pose[1, 0] * tx + pose[1, 1] * ty + pose[1, 2] * tz)
            ahead_z = z + (pose[2, 0] * tx + pose[2, 1] * ty + pose[2, 2] * tz)
            along_u = fx * ahead_x / ahead_z + cx - u
            along_v = fy * ahead_y / ahead_z + cy - v
            length = max(np.hypot(along_u, along_v), 1e-9)
            normal_u, normal_v = along_v / length, -along_u / length
            points[edge, index, 0], points[edge, index, 1], points[edge, index, 2] = x, y, z
            uv[edge, index, 0], uv[edge, index, 1] = u, v
            normals[edge, index, 0], normals[edge, index, 1] = normal_u, normal_v
            plus = edge * n + index
            minus = plus + k * n
            rays[plus, 0] = (u + PROBE_PX * normal_u - cx) / fx
            rays[plus, 1] = (v + PROBE_PX * normal_v - cy) / fy
            rays[minus, 0] = (u - PROBE_PX * normal_u - cx) / fx
            rays[minus, 1] = (v - PROBE_PX * normal_v - cy) / fy
    return points, uv, normals, rays


@part
def _away_from_ends(is_outline: Bool, gap_px: float, is_closed: bool) -> Bool:
    n = len(is_outline)
    reach, wanted = n // 2 - 1, np.ceil(END_PX / max(gap_px, MIN_GAP_PX))
    if wanted < reach:
        reach = int(wanted)
    kept = np.empty(n, np.bool_)
    for index in range(n):
        is_kept = is_outline[index]
        for step in range(-reach, reach + 1):
            near = index + step
            if 0 <= near < n:
                is_kept = is_kept and is_outline[near]
            else:  # beyond an open edge's ends nothing is outline
                is_kept = is_kept and is_closed and is_outline[near % n]
        kept[index] = is_kept
    return kept


@compiled(NEW_FLAGS, FLAGS, REAL, FLAG)
def away_from_ends(is_outline: Bool, gap_px: float, is_closed: bool) -> Bool:
    """Drop the ends of visible stretches: other edges meet there and bend the smoothed outline.

    `gap_px` lies between neighbouring points; the last is a neighbour of the first on a closed
    edge, and both are ends on an open one.
    """
    return _away_from_ends(is_outline, gap_px, is_closed)


@part
def _curvature(behind: Float, here: Float, ahead: Float, normal: Float) -> float:
    """Of an outline, per px: positive where it is convex."""
    du, dv = ahead[0] - behind[0], ahead[1] - behind[1]
    bend_u = ahead[0] - 2 * here[0] + behind[0]
    bend_v = ahead[1] - 2 * here[1] + behind[1]
    speed = max((du * du + dv * dv) / 4, 1e-9)
    curvature: float = -(bend_u * normal[0] + bend_v * normal[1]) / speed
    return min(max(curvature, -MAX_CURVATURE), MAX_CURVATURE)


@compiled(
    several(NEW_INDICES, NEW_ROWS, NEW_ROWS, NEW_ROWS, NEW_VECTOR, NEW_VECTOR),
    *(STACK, STACK, STACK, FLAGS, array_in(FLAG, 2), REAL),
)
def bounding_points(
    points: Float, uv: Float, normals: Float, meets: Bool, is_hidden: Bool, blur_px: float
) -> tuple[Indices, Float, Float, Float, Float, Float]:
    """The points where closed edges bound the model in the image, away from the ends of arcs.

    A Gaussian of sigma s moves the half-way line of a region's edge of curvature k (convex:
    positive) by s^2 k / 2 towards the centre, to first order.

    Parameters
    ----------
    points, uv, normals : as from `edges_in_image`
    meets : (2 k n,) which of its rays meet the model
    is_hidden : (k, n) points that count as no outline
    blur_px : of the outline's image

    Returns
    -------
    edge : (m,) which edge they lie on, in order
    points : (m, 3), uv : (m, 2), normals : (m, 2), these outwards
    rounding_px : (m,) how far the blur has drawn the edge inwards
    gaps_px : (m,) to the point before
    """
    k, n = uv.shape[0], uv.shape[1]
    out_edge, out_points = np.empty(k * n, np.int64), np.empty((k * n, 3))
    out_uv, out_normals = np.empty((k * n, 2)), np.empty((k * n, 2))
    rounding, out_gaps = np.empty(k * n), np.empty(k * n)
    is_outline, gaps, m = np.empty(n, np.bool_), np.empty(n), 0
    for edge in range(k):
        total = 0.0
        for index in range(n):
            differ = meets[edge * n + index] != meets[(k + edge) * n + index]
            in_front = points[edge, index, 2] > MIN_DISTANCE_MM
            is_outline[index] = differ and in_front and not is_hidden[edge, index]
            before = index - 1 if index > 0 else n - 1
            gaps[index] = np.hypot(
                uv[edge, index, 0] - uv[edge, before, 0], uv[edge, index, 1] - uv[edge, before, 1]
            )
            total += gaps[index]
        kept = _away_from_ends(is_outline, total / n, True)
        for index in range(n):
            if not kept[index]:
                continue
            out_edge[m], out_gaps[m] = edge, gaps[index]
            out_points[m], out_uv[m] = points[edge, index], uv[edge, index]
            side = -1.0 if meets[edge * n + index] else 1.0
            out_normals[m, 0] = side * normals[edge, index, 0]
            out_normals[m, 1] = side * normals[edge, index, 1]
            behind, ahead = uv[edge, (index - 1) % n], uv[edge, (index + 1) % n]
            curvature = _curvature(behind, uv[edge, index], ahead, out_normals[m])
            rounding[m] = blur_px**2 / 2 * curvature
            m += 1
    return out_edge[:m], out_points[:m], out_uv[:m], out_normals[:m], rounding[:m], out_gaps[:m]


@compiled(
    several(NEW_INDICES, NEW_VECTOR, NEW_ROWS, NEW_ROWS, NEW_VECTOR),
    *(INDICES, COUNT, VECTOR, VECTOR, ROWS, ROWS),
)
def with_offsets(
    edge: Indices, n_edges: int, offsets_px: Float, gaps_px: Float, points: Float, normals: Float
) -> tuple[Indices, Float, Float, Float, Float]:
    """Leave out the points (m,) of `bounding_points` whose offset is not finite.

    Returns
    -------
    ends : (n_edges,) one after each edge's last row in what follows
    spacing_px : (n_edges,) mean gap, NaN of no points
    points : (l, 3), normals : (l, 2), offsets_px : (l,)
    """
    ends, totals, kept = np.zeros(n_edges, np.int64), np.zeros(n_edges), 0
    out_points, out_normals = np.empty(points.shape), np.empty(normals.shape)
    out_offsets = np.empty(len(edge))
    for row in range(len(edge)):
        if not np.isfinite(offsets_px[row]):
            continue
        out_points[kept], out_normals[kept] = points[row], normals[row]
        out_offsets[kept] = offsets_px[row]
        kept += 1
        ends[edge[row]] += 1
        totals[edge[row]] += gaps_px[row]
    spacing_px = totals / ends
    for index in range(1, n_edges):
        ends[index] += ends[index - 1]
    return ends, spacing_px, out_points[:kept], out_normals[:kept], out_offsets[:kept]
