"""Choose the applicator's pixels whose depth can be believed, and count the rest by reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.extent import Box, bounding_box, with_margin
from tracking.kernels import square
from tracking.pixel_choice import depth_range, good_pixels, grid_cells, on_grid

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

    @property
    def cells(self) -> Float:
        """Column and row of every pixel on the grid, from 0, (n, 2)."""
        return grid_cells(self.uv_px, self.stride_px)

    @property
    def points_camera_mm(self) -> Float:
        """Measured points, shape (n, 3)."""
        return self.rays_camera * self.depth_mm[:, None]


def select_pixels(
    mask: Bool,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    box: Box | None = None,
) -> ApplicatorPixels:
    """Select believable applicator pixels and thin them to a grid that loses no information.

    The grid is as coarse as the noise's correlation allows, finer where that would leave
    fewer than `N_SAMPLES_MIN`. `box` is the mask's, where it is known.
    """
    box = box or bounding_box(mask)
    if box is None:
        nothing = np.zeros((0, 2))
        none = np.zeros(0)
        rays = np.zeros((0, 3))
        return ApplicatorPixels(nothing, rays, none, none > 0, intrinsics.fx, 1, 0, 0, {})
    box = with_margin(box, SMEARED_PX)
    codes, depth = mask[box].view(np.uint8), np.ascontiguousarray(depth_mm[box])
    inside = np.asarray(cv2.erode(codes, square(BORDER_PX), borderValue=0), np.uint8)
    well_inside = np.asarray(cv2.erode(codes, square(SMEARED_PX), borderValue=0), np.uint8)
    nearest, farthest = depth_range(depth)
    is_step = noise.is_step(nearest, farthest, intrinsics.fx)  # of what has depth
    good, n_mask, n_valid, n_inside, n_good = good_pixels(codes, inside, depth, is_step)
    lossless = max(1, round(LOSSLESS_STRIDE * noise.correlation_px))
    stride = max(1, min(lossless, int(sqrt(n_good / N_SAMPLES_MIN))))
    top, left = box[0].start, box[1].start
    uv, rays, depths, is_border = on_grid(
        good, well_inside, depth, stride, top, left, intrinsics.pinhole
    )
    return ApplicatorPixels(
        uv_px=uv,
        rays_camera=rays,
        depth_mm=depths,
        is_border=is_border,
        fx=intrinsics.fx,
        stride_px=stride,
        n_mask=n_mask,
        n_valid=n_valid,
        excluded={
            "no_depth": n_mask - n_valid,
            "border": n_valid - n_inside,
            "depth_edge": n_inside - n_good,
        },
    )
