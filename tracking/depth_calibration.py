"""What a depth calibration holds for: one camera, a band of temperature and distance, a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite


@dataclass(frozen=True)
class DepthCalibration:
    """When, with which camera and under what conditions `Rig.depth` was measured.

    Attributes
    ----------
    temperature_c : (low, high) or None
        Of the camera, as stated by who calibrated it; None: not known.
    warm_up_min : float or None
        How long the camera had been running.
    distance_mm : (near, far)
        Of the planes that it rests on.
    reference_sigma_mm
        1-sigma of their true distances.
    """

    camera_serial: str
    calibrated_at: datetime
    valid_days: float
    distance_mm: tuple[float, float]
    reference_sigma_mm: float
    temperature_c: tuple[float, float] | None = None
    warm_up_min: float | None = None

    def __post_init__(self) -> None:
        if not self.camera_serial:
            raise ValueError("depth.calibration: camera_serial must not be empty")
        if self.calibrated_at.tzinfo is None:
            raise ValueError("depth.calibration: calibrated_at needs a time zone")
        if not (isfinite(self.valid_days) and self.valid_days > 0):
            raise ValueError("depth.calibration: valid_days must be positive")
        near, far = self.distance_mm
        if not (isfinite(far) and 0 < near <= far):
            raise ValueError("depth.calibration: distance_mm must be [near, far]")
        if not (isfinite(self.reference_sigma_mm) and self.reference_sigma_mm >= 0):
            raise ValueError("depth.calibration: reference_sigma_mm must not be negative")
        if self.temperature_c is not None:
            low, high = self.temperature_c
            if not (isfinite(low) and isfinite(high) and low <= high):
                raise ValueError("depth.calibration: temperature_c must be [low, high]")
        if self.warm_up_min is not None and not (
            isfinite(self.warm_up_min) and self.warm_up_min >= 0
        ):
            raise ValueError("depth.calibration: warm_up_min must not be negative")

    @property
    def expires_at(self) -> datetime:
        """The last moment at which it holds."""
        return self.calibrated_at + timedelta(days=self.valid_days)
