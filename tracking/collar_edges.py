"""Where a collar's black squares end in the picture, against where a pose puts their edges.

A marker's outer edge is long, straight or evenly curved, black on one side and white on the other,
so its place is told far better than a corner's. Each half edge gives one offset along its normal.
Pure geometry and brightness: no code is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tracking.arrays import Bool, Float
from tracking.collar import SQUARE, Collar, CollarSeat, marker_points_mm, marker_side_mm
from tracking.picture import ColorPicture
from tracking.transforms import transform_points

N_SAMPLES = 12  # along one side, even: its halves are averaged apart
SIDE_ENDS = 0.1  # of a side's length: beyond it, a corner rounds the edge
REACH_MODULES = 0.55  # of the profile to either side: the next step is one module away
MAX_REACH_PX, MIN_REACH_PX = 4.0, 1.2
N_PROFILE = 17  # samples across an edge, odd: one lies on it
MIN_CONTRAST = 25.0  # 8-bit levels between the profile's ends
N_SIDES, N_HALVES = 4, 2
MIN_CONTRAST_SHARE = 0.6  # of a half edge's samples that must show it


@dataclass(frozen=True, eq=False)
class MarkerSides:
    """Samples along the outer edges of some markers, in applicator space.

    Attributes
    ----------
    points_mm, outside_mm : (n_markers, 4, N_SAMPLES, 3)
        On the edges, and one module outwards in the white.
    """

    points_mm: Float
    outside_mm: Float


def marker_sides(collar: Collar, seat: CollarSeat, marker_ids: Sequence[int]) -> MarkerSides:
    """Sides of the markers with these ids, in their order."""
    share = np.linspace(SIDE_ENDS, 1 - SIDE_ENDS, N_SAMPLES)[:, None]
    following = np.roll(SQUARE, -1, axis=0)
    along = np.stack(
        [a + share * (b - a) for a, b in zip(SQUARE, following, strict=True)]
    )  # (4, N_SAMPLES, 2) of a square from -1 to 1
    outwards = (SQUARE + following) / 2
    points: list[Float] = []
    outside: list[Float] = []
    for marker_id in marker_ids:
        half = marker_side_mm(collar, marker_id) / 2
        on_edge = along * half
        beyond = on_edge + outwards[:, None] * (2 * half / collar.n_modules)
        for places, target in ((on_edge, points), (beyond, outside)):
            target.append(marker_points_mm(collar, seat, marker_id, places[..., 0], places[..., 1]))
    return MarkerSides(np.array(points), np.array(outside))


@dataclass(frozen=True, eq=False)
class EdgeOffsets:
    """Offsets of half edges: measured minus predicted place along the normal, px.

    Attributes
    ----------
    offsets_px : (n,)
    jacobian : (n, 6)
        How the predicted places follow a small motion about the pivot, in the colour camera.
    marker : (n,)
        Index of the marker that an offset belongs to.
    """

    offsets_px: Float
    jacobian: Float
    marker: np.ndarray[tuple[int, ...], np.dtype[np.int64]]

    def within(self, limit_px: float) -> EdgeOffsets:
        """Those that are at most so far off."""
        keep = np.abs(self.offsets_px) <= limit_px
        return EdgeOffsets(self.offsets_px[keep], self.jacobian[keep], self.marker[keep])


def edge_offsets(
    picture: ColorPicture, sides: MarkerSides, color_from_applicator: Float, pivot_mm: Float
) -> EdgeOffsets:
    """Measure every half edge of the markers whose sides are given."""
    points = transform_points(color_from_applicator, sides.points_mm)
    outside = transform_points(color_from_applicator, sides.outside_mm)
    uv, uv_outside = picture.project(points), picture.project(outside)
    along = np.gradient(uv, axis=-2)
    normal = np.stack([along[..., 1], -along[..., 0]], axis=-1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    module_px = np.einsum("...i,...i->...", normal, uv_outside - uv)
    normal = normal * np.sign(module_px)[..., None]
    reach = np.minimum(np.abs(module_px) * REACH_MODULES, MAX_REACH_PX)
    offsets, is_told = _profile_offsets(picture, uv, normal, reach)
    is_told &= reach >= MIN_REACH_PX
    pivot = transform_points(color_from_applicator, pivot_mm)
    rows = np.einsum("...i,...ij->...j", normal, _motion(picture, points, points - pivot))
    return _halves(offsets, rows, is_told)


def _motion(picture: ColorPicture, points: Float, lever: Float) -> Float:
    """How places in the picture follow the motion, (..., 2, 6); the lens' bend is left out."""
    k = picture.intrinsics
    x, y, z = np.moveaxis(points, -1, 0)
    by_point = np.zeros((*points.shape[:-1], 2, 3))
    by_point[..., 0, 0], by_point[..., 1, 1] = k.fx / z, k.fy / z
    by_point[..., 0, 2], by_point[..., 1, 2] = -k.fx * x / z**2, -k.fy * y / z**2
    turn = np.zeros((*points.shape[:-1], 3, 3))
    lx, ly, lz = np.moveaxis(lever, -1, 0)
    turn[..., 0, 1], turn[..., 0, 2] = lz, -ly
    turn[..., 1, 0], turn[..., 1, 2] = -lz, lx
    turn[..., 2, 0], turn[..., 2, 1] = ly, -lx
    return np.concatenate([by_point @ turn, by_point], axis=-1)


def _profile_offsets(
    picture: ColorPicture, uv: Float, normal: Float, reach: Float
) -> tuple[Float, Bool]:
    """Centre of the brightness step along each normal, and whether there is one."""
    steps = np.linspace(-1.0, 1.0, N_PROFILE)
    s = reach[..., None] * steps
    places = uv[..., None, :] + s[..., None] * normal[..., None, :] - picture.corner_px
    flat = places.reshape(-1, N_PROFILE, 2).astype(np.float32)
    values = cv2.remap(
        picture.grey,
        flat[..., 0],
        flat[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    profile = np.asarray(values, np.float64).reshape(s.shape)
    height, width = picture.grey.shape
    inside = (places >= 0).all(axis=(-1, -2))
    inside &= (places[..., 0] <= width - 1).all(axis=-1) & (places[..., 1] <= height - 1).all(
        axis=-1
    )
    slope = np.maximum(np.diff(profile, axis=-1), 0.0)
    contrast = slope.sum(axis=-1)
    middles = (s[..., 1:] + s[..., :-1]) / 2
    offsets = (slope * middles).sum(axis=-1) / np.maximum(contrast, 1e-9)
    return offsets, inside & (contrast >= MIN_CONTRAST)


def _halves(offsets: Float, rows: Float, is_told: Bool) -> EdgeOffsets:
    """Means over the told samples of each half edge; halves that show too little are left out."""
    n_markers, n_sides, n_samples = offsets.shape
    shape = (n_markers, n_sides, N_HALVES, n_samples // N_HALVES)
    told = is_told.reshape(shape)
    weight = told / np.maximum(told.sum(axis=-1, keepdims=True), 1)
    mean = (offsets.reshape(shape) * weight).sum(axis=-1)
    row = (rows.reshape(*shape, 6) * weight[..., None]).sum(axis=-2)
    keep = told.mean(axis=-1) >= MIN_CONTRAST_SHARE
    marker = np.broadcast_to(np.arange(n_markers)[:, None, None], keep.shape)
    return EdgeOffsets(mean[keep], row[keep], marker[keep])
