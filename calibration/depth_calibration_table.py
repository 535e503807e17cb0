"""`[depth.calibration]` of `rig.toml`: what the depth calibration holds for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from tracking.depth_calibration import DepthCalibration
from tracking.strict_toml import StrictTable, Text

Band = Annotated[list[float], Field(min_length=2, max_length=2)]


class DepthCalibrationTable(StrictTable):
    """As written; NaN is judged later, as exit 4."""

    model_config = ConfigDict(allow_inf_nan=True)

    camera_serial: Text
    calibrated_at: datetime
    valid_days: float
    distance_mm: Band
    reference_sigma_mm: float
    temperature_c: Band | None = None
    warm_up_min: float | None = None


def depth_calibration(table: DepthCalibrationTable | None) -> DepthCalibration | None:
    """Return what the table says. Raises ValueError where it cannot be a calibration."""
    if table is None:
        return None
    return DepthCalibration(
        camera_serial=table.camera_serial,
        calibrated_at=table.calibrated_at,
        valid_days=table.valid_days,
        distance_mm=(table.distance_mm[0], table.distance_mm[1]),
        reference_sigma_mm=table.reference_sigma_mm,
        temperature_c=None
        if table.temperature_c is None
        else (table.temperature_c[0], table.temperature_c[1]),
        warm_up_min=table.warm_up_min,
    )
