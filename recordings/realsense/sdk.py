"""What the vendor's library hands over, as our own types: the one conversion for live and file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import cv2
import numpy as np
import pyrealsense2 as rs

from recordings.realsense.camera_model import CameraModel, RawColor, RawDepth
from recordings.realsense.colour_warp import ColorCamera, ColourWarp, Distortion
from tracking.arrays import Float, UInt8, frozen
from tracking.camera import CameraIntrinsics
from tracking.errors import SourceError
from tracking.transforms import orthonormalise, rigid

MM_PER_M = 1000
NS_PER_MS = 1_000_000
NS_PER_US = 1_000
MAX_CHIP_C = 125.0  # no chip runs hotter: a register that is not filled
MAX_EXPOSURE_LEAD_US = 1_000_000  # longer than any exposure: the two counters are not comparable

DISTORTIONS: Final[dict[Any, Distortion]] = {
    rs.distortion.none: "none",
    rs.distortion.brown_conrady: "brown_conrady",
    rs.distortion.inverse_brown_conrady: "inverse_brown_conrady",
    rs.distortion.modified_brown_conrady: "inverse_brown_conrady",
}
COLOR_FORMATS: Final[dict[Any, int | None]] = {
    rs.format.rgb8: None,
    rs.format.bgr8: cv2.COLOR_BGR2RGB,
    rs.format.rgba8: cv2.COLOR_RGBA2RGB,
    rs.format.bgra8: cv2.COLOR_BGRA2RGB,
    rs.format.yuyv: cv2.COLOR_YUV2RGB_YUY2,
}


def device_info(device: rs.device, key: rs.camera_info) -> str:
    """Return a text the device carries, "" where it carries none."""
    return str(device.get_info(key)) if device.supports(key) else ""


def depth_unit_mm(sensor: rs.sensor, uri: str) -> float:
    """Return the depth unit that the device states; it is never guessed.

    The library keeps it as a 32-bit float in metres: its shortest decimal is what was meant.
    """
    if not sensor.supports(rs.option.depth_units):
        raise SourceError(
            f"{uri} does not state its depth unit",
            expected="the option Depth Units of its depth sensor",
            remedy="record again with a current version of the vendor's tools",
        )
    metres = np.float32(sensor.get_option(rs.option.depth_units))
    return float(Decimal(str(metres)) * MM_PER_M)


def temperature_c(sensor: rs.sensor) -> float | None:
    """Return the depth chip's temperature; None where the sensor does not tell it.

    The library tells it while the sensor streams only, and as 0 or an error otherwise.
    """
    if not sensor.supports(rs.option.asic_temperature):
        return None
    try:
        value = float(sensor.get_option(rs.option.asic_temperature))
    except RuntimeError:
        return None
    return value if 0 < value < MAX_CHIP_C else None


def camera_model(
    device: rs.device,
    depth_sensor: rs.sensor,
    depth: rs.video_stream_profile,
    color: rs.video_stream_profile | None,
    uri: str,
) -> CameraModel:
    """Describe the camera from the two stream profiles (`color` None: no colour stream).

    Raises
    ------
    SourceError
        Depth unit or intrinsics are missing or of a kind that is not supported.
    """
    try:
        raw = depth.get_intrinsics()
        if any(raw.coeffs):
            raise SourceError(
                f"{uri} has distorted depth, which is not supported",
                expected="a rectified stereo camera (D400 series)",
                actual=str(raw),
            )
        intrinsics = _intrinsics(raw)
        warp = None if color is None else _warp(intrinsics, depth, color)
    except (RuntimeError, ValueError) as error:
        raise SourceError(f"{uri} has no usable intrinsics", actual=str(error)) from error
    return CameraModel(
        name=device_info(device, rs.camera_info.name),
        serial=device_info(device, rs.camera_info.serial_number),
        intrinsics=intrinsics,
        depth_unit_mm=depth_unit_mm(depth_sensor, uri),
        frame_rate_hz=float(depth.fps()),
        warp=warp,
    )


def raw_image(frame: rs.frame, arrival_ns: int | None) -> RawDepth | RawColor:
    """Copy one image out of the library's pool.

    `arrival_ns` None: take it from the recording, where it shares the stamp's clock.

    Raises
    ------
    ValueError
        A format that cannot be converted.
    """
    image_format = frame.profile.format()
    stamp_ns = exposure_stamp_ns(frame)
    if image_format == rs.format.z16:
        is_host_clock = frame.get_frame_timestamp_domain() == rs.timestamp_domain.global_time
        if arrival_ns is None:
            arrival_ns = _recorded_arrival_ns(frame, stamp_ns) if is_host_clock else stamp_ns
        pixels = np.array(frame.get_data(), dtype=np.uint16)
        number = int(frame.get_frame_number())
        return RawDepth(number, stamp_ns, arrival_ns, is_host_clock, frozen(pixels))
    return RawColor(stamp_ns, _color_rgb(frame, image_format))


def exposure_stamp_ns(frame: rs.frame) -> int:
    """Middle of the exposure in the frame's clock.

    The frame's stamp marks the readout; the sensor's own stamp in the metadata, on the
    device's clock, says how much earlier the middle of the exposure was.
    """
    stamp_ns = round(frame.get_timestamp() * NS_PER_MS)
    value = rs.frame_metadata_value
    if all(map(frame.supports_frame_metadata, (value.frame_timestamp, value.sensor_timestamp))):
        readout_us = frame.get_frame_metadata(value.frame_timestamp)
        lead_us = readout_us - frame.get_frame_metadata(value.sensor_timestamp)
        if 0 < lead_us < MAX_EXPOSURE_LEAD_US:
            stamp_ns -= lead_us * NS_PER_US
    return int(stamp_ns)


def _recorded_arrival_ns(frame: rs.frame, stamp_ns: int) -> int:
    key = rs.frame_metadata_value.time_of_arrival
    if not frame.supports_frame_metadata(key):
        return stamp_ns
    return max(stamp_ns, int(frame.get_frame_metadata(key)) * NS_PER_MS)


def _color_rgb(frame: rs.frame, image_format: rs.format) -> UInt8:
    if image_format not in COLOR_FORMATS:
        raise ValueError(f"colour format {image_format} cannot be converted")
    pixels = np.array(frame.get_data())
    if image_format == rs.format.yuyv and pixels.dtype == np.uint16:
        pixels = pixels.view(np.uint8).reshape(*pixels.shape, 2)
    conversion = COLOR_FORMATS[image_format]
    if conversion is not None:
        pixels = np.asarray(cv2.cvtColor(pixels, conversion))
    return frozen(pixels)


def _intrinsics(raw: rs.intrinsics) -> CameraIntrinsics:
    return CameraIntrinsics(raw.width, raw.height, raw.fx, raw.fy, raw.ppx, raw.ppy)


def _warp(
    depth_intrinsics: CameraIntrinsics,
    depth: rs.video_stream_profile,
    color: rs.video_stream_profile,
) -> ColourWarp | None:
    """Return the warp, None where the recording carries no extrinsics or an unknown lens."""
    raw = color.get_intrinsics()
    distortion = DISTORTIONS.get(raw.model, None if any(raw.coeffs) else "none")
    try:
        extrinsics = depth.get_extrinsics_to(color)
    except RuntimeError:  # not recorded: depth alone is still worth reading
        return None
    if distortion is None:
        return None
    camera = ColorCamera(
        intrinsics=_intrinsics(raw),
        color_from_depth=_transform(extrinsics),
        distortion=distortion,
        coefficients=tuple(float(c) for c in raw.coeffs),
    )
    return ColourWarp(depth_intrinsics, camera)


def _transform(extrinsics: rs.extrinsics) -> Float:
    """The library stores rotations column by column, as 32-bit floats, and metres."""
    rotation = np.array(extrinsics.rotation, dtype=np.float64).reshape(3, 3).T
    translation_mm = np.array(extrinsics.translation, dtype=np.float64) * MM_PER_M
    return orthonormalise(rigid(rotation, translation_mm))
