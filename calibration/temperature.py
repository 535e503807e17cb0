"""Whether a camera is as warm as it was when its depth was calibrated.

Fails to: not known, which is said and never counts as inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tracking.depth_calibration import DepthCalibration

MARGIN_C = 1.0  # the chip's thermometer steps by a whole degree


class Band(StrEnum):
    """Where the camera's temperature lies. UNKNOWN: one of the two is not told."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class TemperatureCheck:
    """The outcome and a sentence for people."""

    band: Band
    sentence: str


def check_temperature(
    held: DepthCalibration | None, temperature_c: float | None
) -> TemperatureCheck:
    """Compare the camera's temperature with the band of its depth calibration."""
    if held is None:
        return TemperatureCheck(Band.UNKNOWN, "depth is not calibrated: no temperature to compare")
    if held.temperature_c is None:
        text = "the depth calibration names no temperature (calibrate depth --temperature-c)"
        return TemperatureCheck(Band.UNKNOWN, text)
    low, high = held.temperature_c
    text = f"depth calibrated at {low:g} to {high:g} C"
    if held.warm_up_min is not None:
        text += f", {held.warm_up_min:g} min after the camera's start"
    if temperature_c is None:
        return TemperatureCheck(
            Band.UNKNOWN, f"{text}; the camera's temperature is not told: NOT COMPARED"
        )
    is_inside = low - MARGIN_C <= temperature_c <= high + MARGIN_C
    if is_inside:
        return TemperatureCheck(Band.INSIDE, f"{text}; the camera has {temperature_c:g} C")
    remedy = "let it warm up" if temperature_c < low else "calibrate depth for this temperature"
    return TemperatureCheck(
        Band.OUTSIDE, f"{text}; the camera has {temperature_c:g} C: OUTSIDE, {remedy}"
    )
