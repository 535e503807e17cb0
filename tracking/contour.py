"""Where the sharp edges of the cone should bound it in the image, and where they do.

Depth leaves the slide along the axis and the roll of a bevel weak; the outline of the
label image decides them. Each visible edge yields offsets along its image normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from tracking.arrays import Bool, Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.extent import bounding_box
from tracking.segmentation import Label
from tracking.transforms import transform_points

SEARCH_PX = 7.0  # further off is another edge
STEP_PX = 0.5
PROBE_PX = 2.5  # where model and background are told apart on either side of an edge
MIN_DISTANCE_MM = 1.0  # behind it a point has no image
MIN_POINTS = 6  # fewer cannot tell a shape from a blemish
BLUR_PX = 1.0  # averages the pixel grid's steps along the edge
MAX_CURVATURE = 0.5  # per px: a circle of 2 px, where the first order ends
END_PX = 6.0  # from the end of a visible arc: twice the blur's and the probes' reach
MIN_GAP_PX = 0.1  # of points on an edge that is seen end-on
MIN_KNOWN_FRACTION = 0.8  # less is too near an occluder


@dataclass(frozen=True, eq=False)
class Outline:
    """Share of applicator around each pixel of a label image, for sub-pixel edges.

    `inside_fraction` is the Gaussian mean of applicator among applicator and background;
    NaN where occluders or the image's border leave less than half to judge by. It holds the
    pixels from `origin_px` (u, v) on.
    """

    inside_fraction: NDArray[np.float32]
    origin_px: tuple[int, int]


def outline_of(labels: UInt8) -> Outline | None:
    """Smooth the applicator's outline in a label image; None where there is no applicator."""
    applicator = labels == Label.APPLICATOR.value
    box = bounding_box(applicator, int(2 * SEARCH_PX))
    if box is None:
        return None
    crop = labels[box]
    inside = _smooth((crop == Label.APPLICATOR.value).astype(np.float32))
    known = _smooth((crop != Label.OCCLUDER.value).astype(np.float32))
    fraction = cv2.divide(inside, known).astype(np.float32, copy=False)
    fraction[known <= MIN_KNOWN_FRACTION] = np.nan
    return Outline(fraction, (box[1].start, box[0].start))


def _smooth(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gaussian mean in which pixels outside the image count as unknown."""
    smooth = cv2.GaussianBlur(image, (0, 0), BLUR_PX, borderType=cv2.BORDER_CONSTANT)
    return smooth.astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class EdgeOffsets:
    """Offsets of one edge, outwards positive, measured minus predicted.

    Attributes
    ----------
    points_camera_mm : (n, 3)
    normals_px : (n, 2) outward unit normals in the image
    offsets_px : (n,)
    spacing_px : mean distance between neighbouring points in the image
    """

    name: str
    points_camera_mm: Float
    normals_px: Float
    offsets_px: Float
    spacing_px: float


def measure_edges(
    model: ConeModel,
    pose: Float,
    outline: Outline,
    intrinsics: CameraIntrinsics,
    hidden_rim: Bool | None = None,
) -> list[EdgeOffsets]:
    """Offsets of every edge that is visible as an outline, for `pose = camera_from_applicator`.

    `hidden_rim` (N_CURVE_POINTS,): points of the exit's edge that something hides.
    """
    if not model.edges:
        return []
    points = transform_points(pose, model.edge_points_mm)
    tangents = model.edge_tangents @ pose[:3, :3].T
    in_front = points[..., 2] > MIN_DISTANCE_MM
    points = np.where(in_front[..., None], points, [0.0, 0.0, MIN_DISTANCE_MM])
    uv = intrinsics.project(points)
    ahead = intrinsics.project(points + tangents) - uv
    lengths = np.maximum(np.hypot(ahead[..., 0], ahead[..., 1]), 1e-9)
    normals = np.stack([ahead[..., 1] / lengths, -ahead[..., 0] / lengths], axis=-1)
    probes = np.stack([uv + PROBE_PX * normals, uv - PROBE_PX * normals])
    rays = intrinsics.rays(probes[..., 0], probes[..., 1])
    plus, minus = model.meets(pose, rays.reshape(-1, 3)).reshape(probes.shape[:-1])
    normals = np.where((plus & ~minus)[..., None], -normals, normals)
    is_outline = (plus != minus) & in_front
    if hidden_rim is not None:
        is_outline[[edge.name == "exit" for edge in model.edges]] &= ~hidden_rim
    apart = uv - np.roll(uv, 1, axis=1)
    gaps = np.hypot(apart[..., 0], apart[..., 1])
    usable = np.array(
        [away_from_ends(*edge) for edge in zip(is_outline, gaps.mean(axis=1), strict=True)]
    )
    if not usable.any():
        return []
    offsets = _rounding(uv, normals)
    offsets[usable] += transitions(outline, uv[usable], normals[usable])
    usable &= np.isfinite(offsets)
    return [
        EdgeOffsets(
            edge.name,
            points[index][usable[index]],
            normals[index][usable[index]],
            offsets[index][usable[index]],
            float(gaps[index][usable[index]].mean()),
        )
        for index, edge in enumerate(model.edges)
        if int(usable[index].sum()) >= MIN_POINTS
    ]


def _rounding(uv: Float, normals: Float) -> Float:
    """How far the blur has drawn a curved outline inwards, px.

    A Gaussian of sigma s moves the half-way line of a region's edge of curvature k (convex:
    positive) by s^2 k / 2 towards the centre, to first order.
    """
    ahead, behind = np.roll(uv, -1, axis=1), np.roll(uv, 1, axis=1)
    speed = np.einsum("ijk,ijk->ij", ahead - behind, ahead - behind) / 4
    bend = -np.einsum("ijk,ijk->ij", ahead - 2 * uv + behind, normals)
    curvature = np.clip(bend / np.maximum(speed, 1e-9), -MAX_CURVATURE, MAX_CURVATURE)
    rounding: Float = BLUR_PX**2 / 2 * curvature
    return rounding


def away_from_ends(is_outline: Bool, gap_px: float, *, is_closed: bool = True) -> Bool:
    """Drop the ends of visible stretches: other edges meet there and bend the smoothed outline.

    `gap_px` lies between neighbouring points; the last is a neighbour of the first on a closed
    edge, and both are ends on an open one.
    """
    reach = min(int(np.ceil(END_PX / max(float(gap_px), MIN_GAP_PX))), len(is_outline) // 2 - 1)
    mode = "wrap" if is_closed else "constant"  # beyond an open edge's ends nothing is outline
    kept: Bool = minimum_filter1d(is_outline, 2 * reach + 1, mode=mode)
    return kept


def transitions(outline: Outline, uv: Float, normals: Float) -> Float:
    """Signed distance to the applicator-to-background step along each normal, NaN: none.

    The step that leaves most applicator inside and most background outside. One towards an
    occluder says nothing about the edge: its pixels are NaN.
    """
    steps = np.arange(-SEARCH_PX, SEARCH_PX + STEP_PX / 2, STEP_PX)
    u, v = (
        (uv[:, i, None] + steps * normals[:, i, None] - outline.origin_px[i]).astype(np.float32)
        for i in (0, 1)
    )
    profile = cv2.remap(
        outline.inside_fraction,
        u,
        v,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=float("nan"),
    ).astype(np.float64)
    inner, outer = profile[:, :-1], profile[:, 1:]
    balance = np.cumsum(np.nan_to_num(inner - 0.5), axis=1)
    rows, best = np.arange(len(uv)), np.argmax(balance, axis=1)
    before, after = inner[rows, best], outer[rows, best]
    is_step = (before >= 0.5) & (after < 0.5)
    share = np.divide(before - 0.5, before - after, out=np.zeros_like(before), where=is_step)
    offsets: Float = np.where(is_step, steps[best] + share * STEP_PX, np.nan)
    return offsets
