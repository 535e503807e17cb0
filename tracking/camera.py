"""Pinhole camera of the depth grid: project and deproject in camera space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tracking.arrays import Float, frozen

DRAWN_FROM_MM = 20.0  # nearer to the camera's plane a point is not drawn


@dataclass(frozen=True)
class CameraIntrinsics:
    """Pinhole intrinsics of one image grid; integer coordinates are pixel centres.

    Camera space: x right, y down, z forward, mm. Rectified depth has no distortion.

    Raises
    ------
    ValueError
        Not positive, not finite, or a principal point outside the image.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"image size must be positive, got {self.width}x{self.height}")
        for name in ("fx", "fy"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive and finite, got {value}")
        if not (0 <= self.cx <= self.width and 0 <= self.cy <= self.height):
            raise ValueError(
                f"principal point ({self.cx}, {self.cy}) outside {self.width}x{self.height}"
            )

    @property
    def matrix(self) -> Float:
        """The 3x3 camera matrix K."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1.0]])

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), as numpy orders it."""
        return self.height, self.width

    @cached_property
    def pinhole(self) -> Float:
        """fx, fy, cx, cy as compiled loops take them, read-only."""
        return frozen(np.array([self.fx, self.fy, self.cx, self.cy]))

    def rays(self, u_px: Float, v_px: Float) -> Float:
        """Directions with z = 1 through pixel coordinates, shape (..., 3)."""
        rays = np.ones((*np.shape(u_px), 3))
        rays[..., 0] = (u_px - self.cx) / self.fx
        rays[..., 1] = (v_px - self.cy) / self.fy
        return rays

    @cached_property
    def ray_grid(self) -> Float:
        """Directions with z = 1 of every pixel centre, shape (height, width, 3), read-only."""
        v, u = np.mgrid[0 : self.height, 0 : self.width].astype(np.float64)
        return frozen(self.rays(u, v))

    def project(self, points_camera_mm: Float) -> Float:
        """Pixel coordinates (u, v), shape (..., 2); the caller ensures z > 0."""
        z = points_camera_mm[..., 2]
        uv = np.empty((*points_camera_mm.shape[:-1], 2))
        uv[..., 0] = self.fx * points_camera_mm[..., 0] / z + self.cx
        uv[..., 1] = self.fy * points_camera_mm[..., 1] / z + self.cy
        return uv

    def window(self, uv_px: Float) -> tuple[slice, slice]:
        """Rows and columns of the image that hold all of these places (n, 2) that lie in it."""
        low, high = np.floor(uv_px.min(axis=0)).tolist(), np.ceil(uv_px.max(axis=0)).tolist()
        columns, rows = (
            slice(int(min(max(first, 0), size)), int(min(max(last + 1, 0), size)))
            for first, last, size in zip(low, high, (self.width, self.height), strict=True)
        )
        return rows, columns
