"""The rig: where the camera sits on the head, and how its depth errs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.transforms import check_transform

ANY_SERIAL = "any"  # accepted for foreign and simulated origins only


@dataclass(frozen=True)
class DepthNoise:
    """Stereo noise of native depth: constant and spatially correlated in disparity.

    sigma_z = z^2 / (focal_px * baseline_mm) * subpixel_px. The autocorrelation of the
    disparity error at r px is exp(-r^2 / (4 * correlation_px^2)).
    `bias_mm` are coefficients of measured - true = c0 + c1 z + ..., z measured, mm.
    """

    baseline_mm: float
    subpixel_px: float
    correlation_px: float
    bias_mm: tuple[float, ...] = (0.0,)
    focal_px: float | None = None  # default: the frame's fx

    def __post_init__(self) -> None:
        for name in ("baseline_mm", "subpixel_px"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise ValueError(f"depth.{name} must be positive, got {value}")
        if not (isfinite(self.correlation_px) and self.correlation_px >= 0):
            raise ValueError(f"depth.correlation_px must not be negative: {self.correlation_px}")
        if self.focal_px is not None and not (isfinite(self.focal_px) and self.focal_px > 0):
            raise ValueError(f"depth.focal_px must be positive, got {self.focal_px}")
        if not self.bias_mm or not all(isfinite(c) for c in self.bias_mm):
            raise ValueError(f"depth.bias_mm needs finite coefficients, got {self.bias_mm}")

    def focal_baseline(self, fx: float) -> float:
        """focal_px * baseline_mm: disparity_px = focal_baseline / z_mm."""
        return (self.focal_px or fx) * self.baseline_mm

    def correct(self, depth_mm: NDArray[np.float32]) -> NDArray[np.float32]:
        """Remove the calibrated bias; 0 (no depth) stays 0."""
        if not any(self.bias_mm):
            return depth_mm
        bias = np.polynomial.polynomial.polyval(depth_mm, np.array(self.bias_mm))
        corrected = np.where(depth_mm > 0, depth_mm - bias, 0.0).astype(np.float32)
        return np.maximum(corrected, np.float32(0.0))


@dataclass(frozen=True)
class Fiducial:
    """A part of the rig fixed in the camera's view: watched for a bumped camera.

    `region_px` is (u0, v0, u1, v1) in the depth grid, `depth_mm` its expected median depth.
    """

    region_px: tuple[int, int, int, int]
    depth_mm: float


@dataclass(frozen=True, eq=False)
class Rig:
    """Calibrated camera on a linac head. Sigmas are 1-sigma per axis."""

    id: str
    camera_serial: str
    mount: Literal["head", "room"]
    head_from_camera: Float
    angle_sigma_deg: float
    position_sigma_mm: float
    calibrated_at: datetime
    valid_days: float
    depth: DepthNoise
    labels: Mapping[str, str] = field(default_factory=dict)
    fiducial: Fiducial | None = None

    def __post_init__(self) -> None:
        if not self.camera_serial:
            raise ValueError("camera_serial must not be empty")
        pose = check_transform("head_from_camera", self.head_from_camera)
        object.__setattr__(self, "head_from_camera", pose)
        for name in ("angle_sigma_deg", "position_sigma_mm"):
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and not negative, got {value}")
        if not (isfinite(self.valid_days) and self.valid_days > 0):
            raise ValueError(f"valid_days must be positive, got {self.valid_days}")
        if self.calibrated_at.tzinfo is None:
            raise ValueError("calibrated_at needs a time zone (write 2026-01-01T08:00:00Z)")
