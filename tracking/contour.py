"""Where the sharp edges of the cone should bound it in the image, and where they do.

Depth leaves the slide along the axis and the roll of a bevel weak; the outline of the
label image decides them. Each visible edge yields offsets along its image normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.cone_model import EXIT, ConeModel
from tracking.edge_profiles import SEARCH_PX, places_across, steps_across
from tracking.edge_sight import bounding_points, edges_in_image, with_offsets
from tracking.extent import Box, bounding_box, with_margin
from tracking.known_share import BLUR_PX, known_share
from tracking.segmentation import Label

MIN_POINTS = 6  # fewer cannot tell a shape from a blemish


@dataclass(frozen=True, eq=False)
class Outline:
    """Share of applicator around each pixel of a label image, for sub-pixel edges.

    `inside_fraction` is the Gaussian mean of applicator among applicator and background;
    NaN where occluders or the image's border leave less than half to judge by. It holds the
    pixels from `origin_px` (u, v) on.
    """

    inside_fraction: NDArray[np.float32]
    origin_px: tuple[int, int]


def outline_of(labels: UInt8, box: Box | None = None) -> Outline | None:
    """Smooth the applicator's outline in a label image; None where there is no applicator.

    `box` holds its rows and columns, where they are known.
    """
    box = box or bounding_box(labels == Label.APPLICATOR.value)
    if box is None:
        return None
    box = with_margin(box, int(2 * SEARCH_PX))
    around = labels[box]
    share = known_share(around == Label.APPLICATOR.value, around != Label.OCCLUDER.value)
    return Outline(share, (box[1].start, box[0].start))


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
    k = intrinsics
    points, uv, normals, rays = edges_in_image(
        model.edge_points_mm, model.edge_tangents, pose, k.fx, k.fy, k.cx, k.cy
    )
    is_hidden = np.zeros(uv.shape[:2], bool)
    if hidden_rim is not None:
        is_hidden[[edge.name == EXIT for edge in model.edges]] = hidden_rim
    on_edge, points, uv, normals, rounding_px, gaps_px = bounding_points(
        points, uv, normals, model.meets(pose, rays), is_hidden, BLUR_PX
    )
    if len(on_edge) == 0:
        return []
    offsets_px = rounding_px + transitions(outline, uv, normals)
    ends, spacing_px, points, normals, offsets_px = with_offsets(
        on_edge, len(model.edges), offsets_px, gaps_px, points, normals
    )
    found, start = [], 0
    for edge, end, gap_px in zip(model.edges, ends.tolist(), spacing_px.tolist(), strict=True):
        rows, start = slice(start, end), end
        if rows.stop - rows.start >= MIN_POINTS:
            found.append(
                EdgeOffsets(edge.name, points[rows], normals[rows], offsets_px[rows], gap_px)
            )
    return found


def transitions(outline: Outline, uv: Float, normals: Float) -> Float:
    """Signed distance to the applicator-to-background step along each normal, NaN: none.

    The step that leaves most applicator inside and most background outside. One towards an
    occluder says nothing about the edge: its pixels are NaN.
    """
    u, v = places_across(uv, normals, *outline.origin_px)
    shares = cv2.remap(
        outline.inside_fraction,
        u,
        v,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=float("nan"),
    ).astype(np.float32, copy=False)
    return steps_across(shares)
