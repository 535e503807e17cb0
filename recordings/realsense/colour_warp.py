"""Bring native colour into the depth grid, through the measured depth of each pixel.

Pure: arrays in, arrays out. Depth is never resampled; that would spoil its noise model.
Points that the depth camera sees and the colour camera does not (behind an edge, along its
occlusion band) take the colour of what hides them: no visibility test is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8, frozen
from tracking.camera import CameraIntrinsics
from tracking.transforms import check_transform

Distortion = Literal["none", "brown_conrady", "inverse_brown_conrady"]
MEDIAN_STEP_PX = 8  # the fill needs no more than a rough median
N_COEFFICIENTS = 5  # k1, k2, p1, p2, k3

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ColorCamera:
    """The colour camera beside a depth camera.

    Attributes
    ----------
    color_from_depth : (4, 4)
        mm, from the depth camera's space into the colour camera's.
    distortion, coefficients
        How ideal coordinates are bent, as the vendor's library projects; k1, k2, p1, p2, k3.
    """

    intrinsics: CameraIntrinsics
    color_from_depth: Float
    distortion: Distortion = "none"
    coefficients: tuple[float, ...] = (0.0,) * N_COEFFICIENTS

    def __post_init__(self) -> None:
        pose = check_transform("color_from_depth", self.color_from_depth)
        object.__setattr__(self, "color_from_depth", pose)
        if len(self.coefficients) != N_COEFFICIENTS or not np.all(np.isfinite(self.coefficients)):
            raise ValueError(f"five finite coefficients expected, got {self.coefficients}")

    def is_grid_of(self, depth: CameraIntrinsics) -> bool:
        """Whether colour already lies in the depth grid."""
        return (
            self.intrinsics == depth
            and not any(self.coefficients)
            and np.array_equal(self.color_from_depth, np.eye(4))
        )


@dataclass(frozen=True, eq=False)
class ColourWarp:
    """Warps colour images of one camera pair; what does not depend on depth is computed once."""

    depth: CameraIntrinsics
    color: ColorCamera
    _rays: tuple[Float32, Float32, Float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rays = self.depth.ray_grid @ self.color.color_from_depth[:3, :3].T
        x, y, z = (np.ascontiguousarray(rays[..., i], dtype=np.float32) for i in range(3))
        object.__setattr__(self, "_rays", (x, y, z))

    def __call__(self, depth_mm: Float32, color_rgb: UInt8) -> UInt8:
        """Colour of every depth pixel, uint8 (height, width, 3), black outside the colour image.

        Pixels without depth take the colour at the frame's median depth: about right, and no
        measured point hangs on it.
        """
        if self.color.is_grid_of(self.depth):
            return color_rgb
        map_u, map_v = self.coordinates(depth_mm)
        warped = cv2.remap(color_rgb, map_u, map_v, cv2.INTER_LINEAR)
        return frozen(np.asarray(warped, dtype=np.uint8))

    def coordinates(self, depth_mm: Float32) -> tuple[Float32, Float32]:
        """Colour pixel coordinates (u, v) of every depth pixel, float32 (height, width) each."""
        sample = depth_mm[::MEDIAN_STEP_PX, ::MEDIAN_STEP_PX]
        measured = sample[sample > 0]
        fill_mm = np.float32(np.median(measured)) if measured.size else np.float32(np.inf)
        inverse = np.reciprocal(np.where(depth_mm > 0, depth_mm, fill_mm), dtype=np.float32)
        t = self.color.color_from_depth[:3, 3].astype(np.float32)
        ray_x, ray_y, ray_z = self._rays
        scale = np.reciprocal(ray_z + t[2] * inverse)
        x = (ray_x + t[0] * inverse) * scale
        y = (ray_y + t[1] * inverse) * scale
        if self.color.distortion != "none" and any(self.color.coefficients):
            x, y = _distort(x, y, self.color.distortion, self.color.coefficients)
        k = self.color.intrinsics
        map_u = x * np.float32(k.fx) + np.float32(k.cx)
        map_v = y * np.float32(k.fy) + np.float32(k.cy)
        return map_u, map_v


def _distort(
    x: Float32, y: Float32, model: Distortion, coefficients: tuple[float, ...]
) -> tuple[Float32, Float32]:
    """Bend ideal coordinates; the two models differ in what the tangential part acts on."""
    k1, k2, p1, p2, k3 = (np.float32(c) for c in coefficients)
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    bent_x, bent_y = x * radial, y * radial
    tx, ty = (bent_x, bent_y) if model == "inverse_brown_conrady" else (x, y)
    return (
        bent_x + 2 * p1 * tx * ty + p2 * (r2 + 2 * tx * tx),
        bent_y + 2 * p2 * tx * ty + p1 * (r2 + 2 * ty * ty),
    )
