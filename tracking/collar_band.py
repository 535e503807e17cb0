"""The pixels on which a collar's paper is expected: the one opaque part of a clear cone.

The paper lies on the ring's outer face and on its top, so its depth is that of the cone's model
there. Where it is expected comes from a pose; nothing of the depth decides it.
"""

from __future__ import annotations

import cv2
import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Bool, Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel, RayHits
from tracking.kernels import square
from tracking.segmentation import Label
from tracking.transforms import transform_points

ON_SURFACE_MM = 0.2  # a mesh's facets lie this near to the round surface
MIN_COSINE = 0.2  # hits flatter than 78 deg: there the matcher tells little of the depth
EDGE_PX = 1  # left out along the paper's edges: beside it a matcher looks through the plastic
MARGIN_PX = 4
N_RIM = 24


def expected_band(
    model: ConeModel, pose: Float, labels: UInt8, intrinsics: CameraIntrinsics
) -> Bool:
    """Pixels (height, width) that show the paper at `pose`, without what is labelled before it."""
    band = np.zeros(intrinsics.shape, bool)
    box = _box(model.applicator, pose, intrinsics)
    if box is None:
        return band
    rays = intrinsics.ray_grid[box]
    hits = model.cast(pose, rays.reshape(-1, 3))
    paper = _is_paper(model.applicator, hits).reshape(rays.shape[:2]).astype(np.uint8)
    inner = cv2.erode(paper, square(EDGE_PX), borderValue=0) > 0
    band[box] = inner & (labels[box] != Label.OCCLUDER.value)
    return band


def _is_paper(applicator: Applicator, hits: RayHits) -> Bool:
    collar, seat = applicator.collar, applicator.collar_seat
    if collar is None:
        raise ValueError(f"{applicator.id} wears no collar")
    radius, z = np.hypot(hits.points_mm[:, 0], hits.points_mm[:, 1]), hits.points_mm[:, 2]
    half = min(collar.strip_mm, seat.top_mm - seat.bottom_mm) / 2
    paper = np.abs(radius - seat.radius_mm) < ON_SURFACE_MM
    paper &= np.abs(z - seat.middle_mm) <= half
    if collar.n_top:
        on_disc = (np.abs(z - seat.top_mm) < ON_SURFACE_MM) & (radius < seat.radius_mm)
        paper |= on_disc & (radius > seat.inner_radius_mm)
    facing = -(hits.normals * hits.rays).sum(axis=1) / np.linalg.norm(hits.rays, axis=1)
    is_paper: Bool = hits.is_hit & paper & (facing > MIN_COSINE)
    return is_paper


def _box(
    applicator: Applicator, pose: Float, intrinsics: CameraIntrinsics
) -> tuple[slice, slice] | None:
    """Rows and columns around the paper; None where it is out of view."""
    seat = applicator.collar_seat
    angle = np.arange(N_RIM) * (2 * np.pi / N_RIM)
    x, y = seat.radius_mm * np.cos(angle), seat.radius_mm * np.sin(angle)
    rims = [np.stack([x, y, np.full_like(x, z)], axis=1) for z in (seat.bottom_mm, seat.top_mm)]
    points = transform_points(pose, np.concatenate(rims))
    if not points[:, 2].min() > 0:
        return None
    uv = intrinsics.project(points)
    size = np.array([intrinsics.width, intrinsics.height])
    low = np.clip(np.floor(uv.min(axis=0)) - MARGIN_PX, 0, size).astype(int)
    high = np.clip(np.ceil(uv.max(axis=0)) + MARGIN_PX + 1, 0, size).astype(int)
    if not np.all(high > low):
        return None
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))
