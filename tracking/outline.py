"""A closed outline that a person drew on one live picture: an area at risk, or what to keep out."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.errors import ConfigurationError

MIN_CORNERS = 3
MAX_CORNERS = 500  # a hand-drawn line at its finest
MIN_AREA_PX2 = 25.0  # about 6 mm square at working distance: smaller was not drawn in pixels
MAX_MARGIN_MM = 30.0
EDGE_PX = 0.5  # pixel centres are whole numbers: the picture begins half a pixel before 0


@dataclass(frozen=True)
class Outline:
    """A simple polygon in the depth grid of one frame; the last corner joins the first.

    `outline_px` are its corners (u, v). `margin_mm` is added all round, along the surface.

    Raises
    ------
    ValueError
        Too few corners, one that is not finite or negative, lines that cross or touch, hardly
        any area (another unit than pixels?), or a margin or frame that makes no sense.
    """

    frame_index: int
    outline_px: tuple[tuple[float, float], ...]
    margin_mm: float = 0.0

    def __post_init__(self) -> None:
        if self.frame_index < 0:
            raise ValueError(f"frame_index must not be negative, got {self.frame_index}")
        if not (isfinite(self.margin_mm) and 0 <= self.margin_mm <= MAX_MARGIN_MM):
            raise ValueError(f"margin_mm must be 0 to {MAX_MARGIN_MM:g}, got {self.margin_mm}")
        n_corners = len(self.outline_px)
        if not MIN_CORNERS <= n_corners <= MAX_CORNERS:
            raise ValueError(
                f"outline_px needs {MIN_CORNERS} to {MAX_CORNERS} corners, got {n_corners}"
            )
        corners = self.corners_px
        if not np.all(np.isfinite(corners)):
            raise ValueError("outline_px must be finite")
        if corners.min() < -EDGE_PX:
            raise ValueError(f"outline_px lies outside the picture: {corners.min():g} px")
        if _has_crossing(corners):
            raise ValueError("outline_px crosses or touches itself")
        area = abs(_signed_area(corners))
        if area < MIN_AREA_PX2:
            raise ValueError(
                f"outline_px encloses {area:.3g} square pixels, at least {MIN_AREA_PX2:g} are "
                "needed: corners are pixels of the depth picture, not shares of it"
            )

    @property
    def corners_px(self) -> Float:
        """Corners (n, 2)."""
        return np.array(self.outline_px, dtype=np.float64).reshape(-1, 2)

    @property
    def area_px2(self) -> float:
        """Enclosed area."""
        return abs(_signed_area(self.corners_px))

    def contains(self, points_px: Float) -> Bool:
        """Which of the points (m, 2) lie inside, by the even-odd rule."""
        u, v = points_px[:, 0, None], points_px[:, 1, None]
        first = self.corners_px
        second = np.roll(first, -1, axis=0)
        spans = (first[:, 1] > v) != (second[:, 1] > v)
        rise = np.where(second[:, 1] == first[:, 1], 1.0, second[:, 1] - first[:, 1])
        crossing_u = first[:, 0] + (v - first[:, 1]) / rise * (second[:, 0] - first[:, 0])
        inside: Bool = np.count_nonzero(spans & (u < crossing_u), axis=1) % 2 == 1
        return inside

    def require_inside(self, intrinsics: CameraIntrinsics, what: str) -> None:
        """Raise ConfigurationError where the outline leaves the picture; `what` names it."""
        high = self.corners_px.max(axis=0)
        limit = np.array([intrinsics.width, intrinsics.height]) - EDGE_PX
        if np.any(high > limit):
            raise ConfigurationError(
                f"{what} of the plan lies outside the picture of this source.",
                expected=f"pixels of a {intrinsics.width}x{intrinsics.height} depth picture",
                actual=f"corners up to ({high[0]:g}, {high[1]:g})",
                remedy="Draw it on a frame of this source.",
            )


def _signed_area(corners: Float) -> float:
    u, v = corners.T
    return float(u @ np.roll(v, -1) - v @ np.roll(u, -1)) / 2


def _has_crossing(corners: Float) -> bool:
    """Whether two sides that are not neighbours meet, or neighbours fold back on each other."""
    n = len(corners)
    start, end = corners, np.roll(corners, -1, axis=0)
    side = end - start
    if np.any(np.all(side == 0, axis=1)):
        return True
    following = np.roll(side, -1, axis=0)
    folds = (_cross(side, following) == 0) & (np.einsum("ni,ni->n", side, following) < 0)
    i, j = np.triu_indices(n, 2)
    apart = (i > 0) | (j < n - 1)  # the last side is the first one's neighbour
    i, j = i[apart], j[apart]
    return bool(folds.any() or _meet(start[i], end[i], start[j], end[j]).any())


def _meet(a: Float, b: Float, c: Float, d: Float) -> Bool:
    """Whether the closed segments a-b and c-d have a point in common, row by row."""
    sides = [_cross(b - a, c - a), _cross(b - a, d - a), _cross(d - c, a - c), _cross(d - c, b - c)]
    straddle = (sides[0] * sides[1] < 0) & (sides[2] * sides[3] < 0)
    touch = np.zeros(len(a), dtype=bool)
    for cross, point, (p, q) in zip(
        sides, (c, d, a, b), ((a, b), (a, b), (c, d), (c, d)), strict=True
    ):
        within = np.all((point >= np.minimum(p, q)) & (point <= np.maximum(p, q)), axis=1)
        touch |= (cross == 0) & within
    return straddle | touch


def _cross(first: Float, second: Float) -> Float:
    result: Float = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return result
