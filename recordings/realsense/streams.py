"""Choose the depth and the colour stream of a RealSense device, and start and stop them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyrealsense2 as rs

from recordings.realsense.sdk import COLOR_FORMATS
from tracking.errors import SourceError

PREFERRED_SIZE = (848, 480)  # the best depth of the D400 series
PREFERRED_RATE_HZ = 30
PICTURE_SIZE = (1920, 1080)  # what markers are read from: 1.7 px per mm at 0.8 m on a D435


@dataclass(frozen=True)
class Streams:
    """The chosen streams with their sensors; without colour both of its fields are None."""

    depth_sensor: rs.sensor
    depth: rs.video_stream_profile
    color_sensor: rs.sensor | None
    color: rs.video_stream_profile | None

    def start(self, on_frame: Callable[[rs.frame], None]) -> None:
        """Open all sensors, then start them; `on_frame` runs on the library's threads."""
        try:
            for sensor, profiles in self._by_sensor():
                sensor.open(profiles)
            for sensor, _ in self._by_sensor():
                sensor.start(on_frame)
        except RuntimeError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop and close what is open; safe to call twice."""
        for sensor, _ in self._by_sensor():
            if sensor.get_active_streams():
                sensor.stop()
                sensor.close()

    def _by_sensor(self) -> list[tuple[rs.sensor, list[rs.stream_profile]]]:
        if self.color_sensor is None:
            return [(self.depth_sensor, [self.depth])]
        if self.color_sensor is self.depth_sensor:  # D405: one sensor gives both
            return [(self.depth_sensor, [self.depth, self.color])]
        return [(self.depth_sensor, [self.depth]), (self.color_sensor, [self.color])]


def choose_streams(device: rs.device, uri: str, *, with_picture: bool = False) -> Streams:
    """Choose the streams nearest to the preferred size and rate.

    `with_picture`: colour as fine as markers need it, else as coarse as depth.

    Raises
    ------
    SourceError
        The device has no 16-bit depth stream.
    """
    profiles = [
        (sensor, profile.as_video_stream_profile())
        for sensor in device.query_sensors()
        for profile in sensor.get_stream_profiles()
        if profile.is_video_stream_profile()
    ]
    depths = [
        (s, p)
        for s, p in profiles
        if p.stream_type() == rs.stream.depth and p.format() == rs.format.z16
    ]
    if not depths:
        raise SourceError(f"{uri} has no depth stream", expected="a stream of format Z16")
    depth_sensor, depth = min(depths, key=lambda pair: _distance(pair[1], PREFERRED_RATE_HZ))
    colors = [
        (s, p)
        for s, p in profiles
        if p.stream_type() == rs.stream.color and p.format() in COLOR_FORMATS
    ]
    if not colors:
        return Streams(depth_sensor, depth, None, None)
    formats = list(COLOR_FORMATS)
    color_sensor, color = min(
        colors,
        key=lambda pair: (
            *_distance(pair[1], depth.fps(), PICTURE_SIZE if with_picture else PREFERRED_SIZE),
            formats.index(pair[1].format()),
        ),
    )
    return Streams(depth_sensor, depth, color_sensor, color)


def _distance(
    profile: rs.video_stream_profile, rate_hz: int, size: tuple[int, int] = PREFERRED_SIZE
) -> tuple[int, int]:
    width, height = size
    return abs(profile.fps() - rate_hz), abs(profile.width() - width) + abs(
        profile.height() - height
    )
