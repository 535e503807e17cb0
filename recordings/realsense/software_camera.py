"""A camera made of software: the vendor's library treats it like a connected one.

Used to record `.db3` files, and by tests to drive the live adapter on its real code path.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyrealsense2 as rs

from recordings.realsense.sdk import MM_PER_M, NS_PER_MS, NS_PER_US
from tracking.camera import CameraIntrinsics
from tracking.frame import RgbdFrame

DEPTH_UID, COLOR_UID = 0, 1
STAMP_DOMAIN = rs.timestamp_domain.global_time
MILLI = 1000  # the library expects frames per 1000 s, and pairs nothing otherwise


class SoftwareCamera:
    """Depth and colour sensor with one grid; `push` hands a frame to whoever listens."""

    def __init__(
        self,
        intrinsics: CameraIntrinsics,
        depth_unit_mm: float,
        frame_rate_hz: float,
        *,
        name: str,
        serial: str,
    ) -> None:
        self.device = rs.software_device()
        for key, text in ((rs.camera_info.name, name), (rs.camera_info.serial_number, serial)):
            if text:
                self.device.register_info(key, text)
        self._unit_m = depth_unit_mm / MM_PER_M
        self._rate_hz = round(frame_rate_hz)
        self._depth_sensor = self.device.add_sensor("Stereo Module")
        self._color_sensor = self.device.add_sensor("RGB Camera")
        self._depth = self._depth_sensor.add_video_stream(
            self._stream(intrinsics, rs.stream.depth, rs.format.z16, DEPTH_UID, 2)
        )
        self._color = self._color_sensor.add_video_stream(
            self._stream(intrinsics, rs.stream.color, rs.format.rgb8, COLOR_UID, 3)
        )
        same_place = rs.extrinsics()
        same_place.rotation = np.eye(3).ravel().tolist()
        same_place.translation = [0.0, 0.0, 0.0]
        self._depth.register_extrinsics_to(self._color, same_place)
        self._depth_sensor.add_read_only_option(rs.option.depth_units, self._unit_m)

    def set_options(
        self, depth: Mapping[rs.option, float], color: Mapping[rs.option, float]
    ) -> None:
        """Let the two sensors have options; before the camera is opened or recorded."""
        for sensor, options in ((self._depth_sensor, depth), (self._color_sensor, color)):
            for option, value in options.items():
                sensor.add_read_only_option(option, value)

    def set_temperature(self, temperature_c: float) -> None:
        """Let the depth sensor tell its chip's temperature; before the camera is opened."""
        self._depth_sensor.add_read_only_option(rs.option.asic_temperature, temperature_c)

    def push(self, frame: RgbdFrame) -> None:
        """Hand over one frame: depth, and colour where there is some."""
        self._push(self._depth_sensor, self._depth, frame, frame.depth_raw)
        if frame.color_rgb is not None:
            self._push(self._color_sensor, self._color, frame, frame.color_rgb)

    def _stream(
        self,
        intrinsics: CameraIntrinsics,
        kind: rs.stream,
        pixel_format: rs.format,
        uid: int,
        n_bytes: int,
    ) -> rs.video_stream:
        raw = rs.intrinsics()
        raw.width, raw.height = intrinsics.width, intrinsics.height
        raw.fx, raw.fy = intrinsics.fx, intrinsics.fy
        raw.ppx, raw.ppy = intrinsics.cx, intrinsics.cy
        raw.model, raw.coeffs = rs.distortion.brown_conrady, [0.0] * 5
        stream = rs.video_stream()
        stream.type, stream.index, stream.uid = kind, 0, uid
        stream.width, stream.height = intrinsics.width, intrinsics.height
        stream.fps, stream.bpp, stream.fmt = self._rate_hz, n_bytes, pixel_format
        stream.intrinsics = raw
        return stream

    def _push(
        self,
        sensor: rs.software_sensor,
        profile: rs.stream_profile,
        frame: RgbdFrame,
        pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.uint16]],
    ) -> None:
        value = rs.frame_metadata_value
        stamp_us = frame.stamp_ns // NS_PER_US
        for key, number in (
            (value.actual_fps, self._rate_hz * MILLI),
            (value.frame_counter, frame.frame_index),
            (value.frame_timestamp, stamp_us),
            (value.sensor_timestamp, stamp_us),
            (value.time_of_arrival, -(-frame.arrival_ns // NS_PER_MS)),
        ):
            sensor.set_metadata(key, number)
        image = rs.software_video_frame()
        image.pixels = np.array(pixels)  # the library needs bytes that may be written
        image.bpp = pixels.itemsize * (1 if pixels.ndim == 2 else pixels.shape[2])
        image.stride = image.bpp * pixels.shape[1]
        image.timestamp = frame.stamp_ns / NS_PER_MS
        image.domain = STAMP_DOMAIN
        image.frame_number = frame.frame_index
        image.profile = profile.as_video_stream_profile()
        if pixels.ndim == 2:
            image.depth_units = self._unit_m
        sensor.on_video_frame(image)
