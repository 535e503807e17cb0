"""Corners of a printed code as the crossings of its four edges, each a line fitted to the picture.

An edge is where the grey rises the most from the dark frame outwards. It is sought across the side
at many places, by the centroid of the squared rise (as the AprilTag library's `refine_edges`, but
between the pixels), and a line is fitted to these places by total least squares, far ones left out.
It is looked for no farther than a part of one cell from the side: the next cell's edges lie there.
"""

from __future__ import annotations

import cv2
import numpy as np

from tracking.arrays import Float, UInt8
from tracking.robust import NORMAL_MAD

REACH_CELLS = 0.75
MIN_CELL_PX = 3.0  # a sharp picture's blur is 1 to 2 px wide: both edges of a narrower cell merge
MIN_REACH_PX, MAX_REACH_PX = 1.0, 4.0
STEP_PX = 0.125
HALF_BASE_PX = 0.5  # grey is compared over one pixel
MIN_SAMPLES, SAMPLES_PER_PX = 8, 1.0
END_SHARE = 0.08  # of a side, left out at both ends: the corners are rounded by blur
N_ROUNDS = 4
MIN_RISE = 4.0  # grey levels over one pixel: less is noise
MIN_CONTRAST_SHARE = 0.2  # of the side's middle rise: a place that is covered shows less
K_OUTLIER = 3.0
SAME_LINE_PX = 0.1  # a place this near is never left out
MIN_CROSSING = 0.05  # sine of the angle between two sides: below 3 degrees there is no corner
MIN_SEEN_SHARE = 0.5  # of a side's places: fewer are no edge
MAX_MOVE_PX = 3.0


def refine_on_edges(gray: UInt8, corners_px: Float, n_cells: int) -> Float | None:
    """Return the corners (4, 2), clockwise as given, or None where a side shows no clear edge.

    `n_cells` across the code, its dark frame included.
    """
    corners = np.asarray(corners_px, dtype=np.float64)
    for _ in range(N_ROUNDS):
        lines = [_edge(gray, np.roll(corners, -k, axis=0), n_cells) for k in range(4)]
        found = [line for line in lines if line is not None]
        if len(found) < len(lines):
            return None
        crossings = [_crossing(found[k - 1], found[k]) for k in range(4)]
        moved = [point for point in crossings if point is not None]
        if len(moved) < len(crossings):
            return None
        corners = np.array(moved)
        if np.linalg.norm(corners - corners_px, axis=1).max() > MAX_MOVE_PX:
            return None
    return corners


def _edge(gray: UInt8, corners: Float, n_cells: int) -> Float | None:
    """The first side's line (a, b, c): a u + b v = c, (a, b) a unit normal outwards; or None."""
    start, end = corners[0], corners[1]
    length = float(np.linalg.norm(end - start))
    if length < MIN_SAMPLES / 2:
        return None
    along = (end - start) / length
    outwards = np.array([along[1], -along[0]])  # clockwise with v down: outside lies to the left
    cell = float(((start - corners[2:]) @ outwards).mean()) / n_cells
    if cell < MIN_CELL_PX:
        return None
    reach = float(np.clip(REACH_CELLS * cell, MIN_REACH_PX, MAX_REACH_PX))
    n = max(MIN_SAMPLES, int(SAMPLES_PER_PX * length))
    places = start + np.linspace(END_SHARE, 1 - END_SHARE, n)[:, None] * (end - start)
    offsets = np.arange(-reach, reach + STEP_PX / 2, STEP_PX)
    base = np.array([HALF_BASE_PX, -HALF_BASE_PX])
    at = places[:, None, None] + (offsets[:, None] + base)[None, :, :, None] * outwards
    grey = _sampled(gray, at)
    rise = np.maximum(grey[..., 0] - grey[..., 1], 0.0)
    weight = rise**2
    peak = rise.max(axis=1)
    seen = peak >= max(MIN_RISE, MIN_CONTRAST_SHARE * float(np.median(peak)))
    if seen.sum() < max(MIN_SEEN_SHARE * n, MIN_SAMPLES / 2):
        return None
    shift = weight[seen] @ offsets / weight[seen].sum(axis=1)
    return _line(places[seen] + shift[:, None] * outwards, outwards)


def _line(points: Float, outwards: Float) -> Float:
    kept = np.ones(len(points), dtype=bool)
    line = np.zeros(3)
    for _ in range(N_ROUNDS):
        middle = points[kept].mean(axis=0)
        normal = np.linalg.svd(points[kept] - middle)[2][1]
        normal = normal if normal @ outwards > 0 else -normal
        line = np.array([*normal, normal @ middle])
        off = np.abs(points @ normal - line[2])
        again = off <= max(K_OUTLIER * NORMAL_MAD * float(np.median(off)), SAME_LINE_PX)
        if again.sum() < 3 or np.array_equal(again, kept):
            break
        kept = again
    return line


def _crossing(first: Float, second: Float) -> Float | None:
    matrix = np.array([first[:2], second[:2]])
    if abs(np.linalg.det(matrix)) < MIN_CROSSING:
        return None
    return np.asarray(np.linalg.solve(matrix, np.array([first[2], second[2]])))


def _sampled(gray: UInt8, at_px: Float) -> Float:
    """Grey at places (..., 2) between the pixels (bilinear; the border goes on outside)."""
    flat = at_px.reshape(-1, 1, 2).astype(np.float32)
    grey = cv2.remap(
        gray.astype(np.float32),
        np.ascontiguousarray(flat[..., 0]),
        np.ascontiguousarray(flat[..., 1]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(grey, dtype=np.float64).reshape(at_px.shape[:-1])
