"""The rig: where the camera sits on the head, and how its depth errs (`tracking.depth_noise`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite, sqrt
from typing import Literal

import numpy as np

from tracking.arrays import Float
from tracking.collar_codes import Dictionary, n_codes
from tracking.depth_calibration import DepthCalibration
from tracking.depth_noise import DepthNoise
from tracking.transforms import check_transform

NORMAL_TOLERANCE = 1e-4  # of its length: five typed decimals
MIN_MARKER_PX = 20.0  # smaller ones tell 0.1 deg of spin to no frame's mean
ANY_SERIAL = "any"  # accepted for foreign and simulated origins only


@dataclass(frozen=True)
class FiducialPlane:
    """The plane of the fiducial's region: n . p = `distance_mm`, n away from the camera."""

    normal: tuple[float, float, float]
    distance_mm: float

    def __post_init__(self) -> None:
        if not (isfinite(self.distance_mm) and self.distance_mm > 0):
            raise ValueError(f"fiducial: distance_mm must be positive, got {self.distance_mm}")
        length = sqrt(sum(x * x for x in self.normal))
        if not abs(length - 1) <= NORMAL_TOLERANCE:
            raise ValueError(f"fiducial: normal must have length 1, got {length:g}")
        if not self.normal[2] > 0:
            raise ValueError("fiducial: normal must point away from the camera (z positive)")


@dataclass(frozen=True)
class FiducialMarker:
    """A printed code on the fiducial, and where its corners were calibrated.

    `corners_px` in the colour camera's own picture of `picture_px` (width, height), in OpenCV's
    order.
    """

    dictionary: Dictionary
    id: int
    side_mm: float
    corners_px: tuple[tuple[float, float], ...]
    picture_px: tuple[int, int]

    def __post_init__(self) -> None:
        if not 0 <= self.id < n_codes(self.dictionary):
            raise ValueError(f"fiducial: {self.dictionary} has no id {self.id}")
        if not (isfinite(self.side_mm) and self.side_mm > 0):
            raise ValueError(f"fiducial: side_mm must be positive, got {self.side_mm}")
        corners = np.array(self.corners_px)
        if corners.shape != (4, 2) or not np.isfinite(corners).all():
            raise ValueError("fiducial: corners_px needs four finite pairs")
        if not ((corners >= 0) & (corners < self.picture_px)).all():
            raise ValueError("fiducial: corners_px lie outside picture_px")
        if np.ptp(corners, axis=0).min() < MIN_MARKER_PX:
            raise ValueError(f"fiducial: the marker spans less than {MIN_MARKER_PX:g} px")


@dataclass(frozen=True)
class Fiducial:
    """A part of the rig fixed in the camera's view: watched for a bumped camera.

    `region_px` is (u0, v0, u1, v1) in the depth grid, `depth_mm` its expected median depth.
    `plane` shows motion along its normal and tilts, `marker` what moves within the plane; without
    them the median depth alone is compared, which sees neither.
    """

    region_px: tuple[int, int, int, int]
    depth_mm: float
    plane: FiducialPlane | None = None
    marker: FiducialMarker | None = None

    def __post_init__(self) -> None:
        if self.marker is not None and self.plane is None:
            raise ValueError("fiducial: a marker needs normal and distance_mm beside it")


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
    depth_calibration: DepthCalibration | None = None  # what `depth` holds for, where it is known

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
        depth = self.depth_calibration
        if depth is not None and self.camera_serial not in {ANY_SERIAL, depth.camera_serial}:
            raise ValueError(
                f"depth.calibration is of camera {depth.camera_serial}, "
                f"the rig of camera {self.camera_serial}"
            )
