"""The surface within a window of the picture, from noisy points: smooth, with its own area.

Fails to: no surface, or points of it that are not known.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.outline import Outline

SMOOTH_PX = 3.0  # twice the noise's correlation: the noise averages, the bed's shape stays
MIN_DENSITY = 0.25  # of the points per pixel within the outline: less is a hole
MIN_POINTS = 30  # of surface within the outline
HALF_STEP_PX = 0.5  # central differences that give the surface its area


@dataclass(frozen=True, eq=False)
class SmoothSurface:
    """Inverse depth over a window of the picture: a plane plus smoothed departures from it.

    Inverse depth of a plane is linear in (u, v), and stereo noise is constant in it.
    `depth_variance_mm2` is that of the mean depth within the outline.
    """

    intrinsics: CameraIntrinsics
    corner_px: Float
    plane: Float
    departure: Float
    density: Float
    usual_density: float
    depth_variance_mm2: float

    @staticmethod
    def of(
        outline: Outline,
        surface_camera_mm: Float,
        depth_sigma_mm: Float,
        correlation_px: float,
        intrinsics: CameraIntrinsics,
    ) -> SmoothSurface | None:
        """Fit the points around the outline; None where there are too few within it."""
        in_front = surface_camera_mm[:, 2] > 0
        points, sigma = surface_camera_mm[in_front], depth_sigma_mm[in_front]
        uv = intrinsics.project(points)
        corners = outline.corners_px
        inside = np.all((uv >= corners.min(axis=0)) & (uv <= corners.max(axis=0)), axis=1)
        inside[inside] = outline.contains(uv[inside])
        if np.count_nonzero(inside) < MIN_POINTS:
            return None
        usual = float(np.count_nonzero(inside)) / outline.area_px2
        patch_px2 = max(4 * np.pi * correlation_px**2, 1 / usual)  # that errs alike
        focal = max(intrinsics.fx, intrinsics.fy)
        nearest_mm = float(np.quantile(points[inside, 2], 0.1))
        reach_px = np.ceil(2 * outline.margin_mm * focal / nearest_mm + 3 * SMOOTH_PX)
        low = np.maximum(np.floor(corners.min(axis=0)) - reach_px, 0.0)
        high = np.ceil(corners.max(axis=0)) + reach_px
        high = np.minimum(high, [intrinsics.width - 1.0, intrinsics.height - 1.0])
        near = np.all((uv >= low) & (uv <= high), axis=1)
        uv, inverse = uv[near] - low, 1.0 / points[near, 2]
        plane = _fit_plane(uv, inverse)
        width, height = (high - low).astype(int) + 1
        cell = np.rint(uv[:, 1]).astype(int) * width + np.rint(uv[:, 0]).astype(int)
        counts = np.bincount(cell, minlength=width * height)
        sums = np.bincount(cell, weights=inverse - _on_plane(plane, uv), minlength=width * height)
        density, departure = (
            _blurred(image.reshape(height, width).astype(np.float64)) for image in (counts, sums)
        )
        return SmoothSurface(
            intrinsics=intrinsics,
            corner_px=low,
            plane=plane,
            departure=departure / np.maximum(density, 1e-12),
            density=density,
            usual_density=usual,
            depth_variance_mm2=float(np.mean(sigma[inside] ** 2)) * patch_px2 / outline.area_px2,
        )

    @property
    def high_px(self) -> Float:
        """The window's far corner."""
        height, width = self.departure.shape
        far: Float = self.corner_px + np.array([width - 1.0, height - 1.0])
        return far

    def points(self, uv_px: Float) -> Float:
        """Camera-space points (n, 3) of picture points (n, 2)."""
        local = uv_px - self.corner_px
        inverse = _on_plane(self.plane, local) + _bilinear(self.departure, local)
        rays = self.intrinsics.rays(uv_px[:, 0], uv_px[:, 1])
        points: Float = rays / np.maximum(inverse, 1e-9)[:, None]
        return points

    def is_known(self, uv_px: Float) -> Bool:
        """Whether surface was seen there."""
        density = _bilinear(self.density, uv_px - self.corner_px)
        known: Bool = density >= MIN_DENSITY * self.usual_density
        return known

    def area_mm2_per_px2(self, uv_px: Float) -> Float:
        """Surface that one pixel covers, (n,)."""
        along_u, along_v = (
            self.points(uv_px + step) - self.points(uv_px - step)
            for step in (np.array([HALF_STEP_PX, 0.0]), np.array([0.0, HALF_STEP_PX]))
        )
        area: Float = np.linalg.norm(np.cross(along_u, along_v), axis=1)
        return area


def _blurred(image: Float) -> Float:
    """Gaussian mean over the neighbourhood; beyond the border there is nothing."""
    size = (0, 0)  # follows from the standard deviation
    return np.asarray(
        cv2.GaussianBlur(image, size, SMOOTH_PX, borderType=cv2.BORDER_CONSTANT), np.float64
    )


def _fit_plane(uv: Float, inverse: Float) -> Float:
    design = np.column_stack([np.ones(len(uv)), uv])
    return np.asarray(np.linalg.lstsq(design, inverse, rcond=None)[0], np.float64)


def _on_plane(plane: Float, uv: Float) -> Float:
    value: Float = plane[0] + uv @ plane[1:]
    return value


def _bilinear(image: Float, uv: Float) -> Float:
    """Values between pixel centres; the border's beyond it."""
    height, width = image.shape
    u = np.clip(uv[:, 0], 0.0, width - 1.0)
    v = np.clip(uv[:, 1], 0.0, height - 1.0)
    column = np.minimum(u.astype(int), max(width - 2, 0))
    row = np.minimum(v.astype(int), max(height - 2, 0))
    du, dv = u - column, v - row
    value: Float = (image[row, column] * (1 - du) + image[row, column + 1] * du) * (1 - dv) + (
        image[row + 1, column] * (1 - du) + image[row + 1, column + 1] * du
    ) * dv
    return value
