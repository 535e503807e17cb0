"""Read how a RealSense camera is set, from the camera or from what its recording kept."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pyrealsense2 as rs

from recordings.camera_settings import CameraSettings, SensorSettings
from recordings.realsense.sdk import device_info

D400 = "D4"  # of the name: the only series whose presets are known by number


def read_settings(device: rs.device) -> CameraSettings:
    """Every option that a sensor has and tells now; what it refuses to tell is left out.

    Of a recording: as it was when the recording began. Automatic exposure goes on changing.
    """
    is_d400 = D400 in device_info(device, rs.camera_info.name)
    return CameraSettings(
        firmware=device_info(device, rs.camera_info.firmware_version),
        usb=device_info(device, rs.camera_info.usb_type_descriptor),
        sensors=tuple(_sensor(sensor, is_d400=is_d400) for sensor in device.query_sensors()),
    )


def _sensor(sensor: rs.sensor, *, is_d400: bool) -> SensorSettings:
    options: dict[str, float] = {}
    for option in sensor.get_supported_options():
        value = _value(sensor, option)
        if value is not None:
            options[str(option.name)] = value
    known = sensor.supports(rs.camera_info.name)
    return SensorSettings(
        name=str(sensor.get_info(rs.camera_info.name)) if known else "sensor",
        options=options,
        preset=_preset(options.get(rs.option.visual_preset.name)) if is_d400 else "",
    )


def _value(sensor: rs.sensor, option: rs.option) -> float | None:
    """The library keeps 32-bit floats: their shortest decimal is what was meant."""
    try:
        value = float(str(np.float32(sensor.get_option(option))))
    except RuntimeError:
        return None
    return value if isfinite(value) else None


def _preset(number: float | None) -> str:
    try:
        return "" if number is None else str(rs.rs400_visual_preset(int(number)).name)
    except (TypeError, ValueError):
        return ""
