"""The rig: where the camera sits on the head, and how its depth errs (`tracking.depth_noise`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Literal

from tracking.arrays import Float
from tracking.depth_noise import DepthNoise
from tracking.transforms import check_transform

ANY_SERIAL = "any"  # accepted for foreign and simulated origins only


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
