"""Choose the applicator's pixels whose depth can be believed, and count the rest by reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.extent import extent
from tracking.kernels import square

Image = NDArray[np.float32]

BORDER_PX = 1  # the pixel on an outline may be either side's
SMEARED_PX = 3  # half a matching window: so far a matcher may carry one side over an outline
N_SAMPLES_MIN = 600
LOSSLESS_STRIDE = 8 / 3  # times the correlation length: a grid keeps 99 % of the information


@dataclass(frozen=True, eq=False)
class ApplicatorPixels:
    """Sampled applicator pixels on a regular grid of `stride_px`.

    Attributes
    ----------
    uv_px : (n, 2) pixel coordinates (u, v)
    rays_camera : (n, 3) directions with z = 1
    depth_mm : (n,) measured z
    is_border : (n,) within `SMEARED_PX` of the mask's outline
    fx : focal length, px
    n_mask, n_valid : applicator pixels, and those of them with depth
    excluded : applicator pixels left out, by reason
    """

    uv_px: Float
    rays_camera: Float
    depth_mm: Float
    is_border: Bool
    fx: float
    stride_px: int
    n_mask: int
    n_valid: int
    excluded: Mapping[str, int]

    @cached_property
    def ray_lengths(self) -> Float:
        """Lengths of the rays, (n,)."""
        lengths: Float = np.linalg.norm(self.rays_camera, axis=1)
        return lengths

    @property
    def points_camera_mm(self) -> Float:
        """Measured points, shape (n, 3)."""
        return self.rays_camera * self.depth_mm[:, None]


def bounding_box(mask: Bool, margin_px: int = 0) -> tuple[slice, slice] | None:
    """Rows and columns of the mask's bounding box grown by a margin, None where it is empty."""
    first, stop, left, right = extent(mask.view(np.uint8))
    if stop == 0:
        return None
    return (
        slice(max(0, first - margin_px), stop + margin_px),
        slice(max(0, left - margin_px), right + margin_px),
    )


def depth_range(depth_mm: Image) -> tuple[Image, Image]:
    """Nearest and farthest depth among each pixel and its neighbours; inf and 0: there is none."""
    known = depth_mm.copy()
    known[depth_mm <= 0] = np.inf
    kernel = square(1)
    nearest, farthest = cv2.erode(known, kernel), cv2.dilate(depth_mm, kernel)
    return nearest.astype(np.float32, copy=False), farthest.astype(np.float32, copy=False)


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
    box = bounding_box(mask, SMEARED_PX)
    if box is None:
        nothing = np.zeros((0, 2))
        none = np.zeros(0)
        rays = np.zeros((0, 3))
        return ApplicatorPixels(nothing, rays, none, none > 0, intrinsics.fx, 1, 0, 0, {})
    crop_mask, depth = mask[box], depth_mm[box]
    valid = crop_mask & (depth > 0)
    kernel = square(BORDER_PX)
    codes = crop_mask.view(np.uint8)
    inside = cv2.erode(codes, kernel, borderValue=0) > 0
    well_inside = cv2.erode(codes, square(SMEARED_PX), borderValue=0)
    nearest, farthest = depth_range(depth)
    smooth = ~noise.is_step(nearest, farthest, intrinsics.fx)  # of what has depth
    off_border = valid & inside
    good = off_border & smooth
    n_mask, n_valid, n_off_border, n_good = (
        int(np.count_nonzero(pixels)) for pixels in (crop_mask, valid, off_border, good)
    )
    lossless = max(1, round(LOSSLESS_STRIDE * noise.correlation_px))
    stride = max(1, min(lossless, int(np.sqrt(n_good / N_SAMPLES_MIN))))
    rows, columns = np.nonzero(good[::stride, ::stride])
    v = (rows * stride + box[0].start).astype(np.float64)
    u = (columns * stride + box[1].start).astype(np.float64)
    return ApplicatorPixels(
        uv_px=np.stack([u, v], axis=1),
        rays_camera=intrinsics.rays(u, v),
        depth_mm=depth[rows * stride, columns * stride].astype(np.float64),
        is_border=well_inside[rows * stride, columns * stride] == 0,
        fx=intrinsics.fx,
        stride_px=stride,
        n_mask=n_mask,
        n_valid=n_valid,
        excluded={
            "no_depth": n_mask - n_valid,
            "border": n_valid - n_off_border,
            "depth_edge": n_off_border - n_good,
        },
    )
