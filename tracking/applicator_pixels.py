"""Choose the applicator's pixels whose depth can be believed, and count the rest by reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.rig import DepthNoise

BORDER_PX = 2  # stereo matching smears an edge over about two pixels on either side
EDGE_DISPARITY_PX = 1.5  # range within 5x5 px: a step, or a surface steeper than about 75 deg
N_SAMPLES_MIN = 600
LOSSLESS_STRIDE = 8 / 3  # times the correlation length: a grid keeps 99 % of the information


@dataclass(frozen=True, eq=False)
class ApplicatorPixels:
    """Sampled applicator pixels on a regular grid of `stride_px`.

    Attributes
    ----------
    uv_px : (n, 2) pixel coordinates (u, v)
    rays_camera : (n, 3) directions with z = 1
    disparity_px : (n,) measured disparity, focal * baseline / z
    n_mask, n_valid : applicator pixels, and those of them with depth
    excluded : applicator pixels left out, by reason
    """

    uv_px: Float
    rays_camera: Float
    disparity_px: Float
    focal_baseline: float
    stride_px: int
    n_mask: int
    n_valid: int
    excluded: Mapping[str, int]

    @property
    def points_camera_mm(self) -> Float:
        """Measured points, shape (n, 3)."""
        return self.rays_camera * (self.focal_baseline / self.disparity_px)[:, None]


def bounding_box(mask: Bool, margin_px: int = 0) -> tuple[slice, slice] | None:
    """Rows and columns of the mask's bounding box grown by a margin, None where it is empty."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin_px), int(rows[-1]) + 1 + margin_px),
        slice(max(0, int(columns[0]) - margin_px), int(columns[-1]) + 1 + margin_px),
    )


def select_pixels(
    mask: Bool,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> ApplicatorPixels:
    """Select believable applicator pixels and thin them to a grid that loses no information.

    The grid is as coarse as the noise's correlation allows, finer where that would leave
    fewer than `N_SAMPLES_MIN`.
    """
    focal_baseline = noise.focal_baseline(intrinsics.fx)
    box = bounding_box(mask, BORDER_PX)
    if box is None:
        nothing = np.zeros((0, 2))
        return ApplicatorPixels(nothing, np.zeros((0, 3)), np.zeros(0), focal_baseline, 1, 0, 0, {})
    crop_mask, depth = mask[box], depth_mm[box]
    valid = crop_mask & (depth > 0)
    disparity = np.divide(
        np.float32(focal_baseline), depth, out=np.zeros_like(depth), where=depth > 0
    )
    kernel = np.ones((2 * BORDER_PX + 1,) * 2, np.uint8)
    inside = cv2.erode(crop_mask.astype(np.uint8), kernel, borderValue=0).astype(bool)
    nearest = cv2.dilate(disparity, kernel)
    farthest = cv2.erode(np.where(depth > 0, disparity, np.float32(np.inf)), kernel)
    smooth = nearest - farthest < EDGE_DISPARITY_PX  # among the pixels that have depth
    good = valid & inside & smooth
    n_mask, n_valid, n_good = int(crop_mask.sum()), int(valid.sum()), int(good.sum())
    lossless = max(1, round(LOSSLESS_STRIDE * noise.correlation_px))
    stride = max(1, min(lossless, int(np.sqrt(n_good / N_SAMPLES_MIN))))
    rows, columns = np.nonzero(good[::stride, ::stride])
    v = (rows * stride + box[0].start).astype(np.float64)
    u = (columns * stride + box[1].start).astype(np.float64)
    return ApplicatorPixels(
        uv_px=np.stack([u, v], axis=1),
        rays_camera=intrinsics.rays(u, v),
        disparity_px=disparity[rows * stride, columns * stride].astype(np.float64),
        focal_baseline=focal_baseline,
        stride_px=stride,
        n_mask=n_mask,
        n_valid=n_valid,
        excluded={
            "no_depth": n_mask - n_valid,
            "border": n_valid - int((valid & inside).sum()),
            "depth_edge": int((valid & inside & ~smooth).sum()),
        },
    )
