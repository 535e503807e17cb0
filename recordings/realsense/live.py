"""A connected RealSense camera as a source: always the newest frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pyrealsense2 as rs

from recordings.camera_settings import with_settings
from recordings.realsense import sdk
from recordings.realsense.camera_model import RawDepth, assemble
from recordings.realsense.colour_warp import ColorCamera
from recordings.realsense.newest import NewestPair
from recordings.realsense.settings import read_settings
from recordings.realsense.streams import Streams, choose_streams
from recordings.source import READ_TIMEOUT_MS, Freshness, SourceHeader
from tracking.errors import SourceError
from tracking.frame import SourceFrame

MS_PER_S = 1000


def open_live(
    serial: str = "", devices: Sequence[rs.device] | None = None, *, with_picture: bool = False
) -> RealSenseCamera:
    """Open the camera with this serial number, or the only one that is connected.

    Parameters
    ----------
    serial : str
        "" where exactly one camera is connected.
    devices : sequence of rs.device, optional
        Cameras to choose from; default: those connected to this machine. (The library does not
        list software devices among its connected ones, even after they are added to a context.)
    with_picture : bool
        Frames carry the colour camera's own picture, at its full size.

    Raises
    ------
    SourceError
        No camera, several without a choice, another serial, or the camera cannot be started.
    """
    uri = f"realsense:{serial}" if serial else "realsense"
    if devices is None:
        devices = rs.context().query_devices()
    by_serial = {sdk.device_info(d, rs.camera_info.serial_number): d for d in devices}
    if not by_serial:
        raise SourceError(
            "no RealSense camera is connected",
            expected="a D400 series camera on a USB 3 port",
            remedy="check the cable and that no other program holds the camera, then try again",
        )
    connected = ", ".join(sorted(by_serial))
    if serial and serial not in by_serial:
        raise SourceError(
            f"no camera with serial number {serial} is connected",
            expected=serial,
            actual=connected,
            remedy="connect that camera, or name one of those that are connected",
        )
    if not serial and len(by_serial) > 1:
        raise SourceError(
            "more than one camera is connected",
            expected="a choice: realsense:SERIAL",
            actual=connected,
        )
    return RealSenseCamera(by_serial[serial or connected], uri, with_picture=with_picture)


class RealSenseCamera:
    """A running camera, origin live. Capture starts in the constructor.

    Stamps are the middle of the exposure on the camera's clock, mapped to the host's by the
    vendor's library; images without such a stamp are passed over.

    Raises
    ------
    SourceError
        The camera has no usable streams or cannot be started.
    """

    def __init__(
        self,
        device: rs.device,
        uri: str,
        now_ns: Callable[[], int] = time.time_ns,
        *,
        with_picture: bool = False,
    ) -> None:
        self._device = device  # its sensors die with it
        self._uri = uri
        self._now_ns = now_ns
        self._n_unmapped = 0
        try:
            self._streams = choose_streams(device, uri, with_picture=with_picture)
            model = sdk.camera_model(
                device,
                self._streams.depth_sensor,
                self._streams.depth,
                self._streams.color,
                uri,
            )
            self._model = replace(model, keeps_picture=with_picture)
            self._newest = NewestPair(
                self._model.pairing_tolerance_ns, has_color=self._model.warp is not None
            )
            _map_stamps_to_host(self._streams)
            settings = read_settings(device)
            self._streams.start(self._on_frame)
        except RuntimeError as error:
            raise SourceError(
                f"{uri} cannot be started",
                actual=str(error),
                remedy="unplug the camera and plug it in again; close other programs that use it",
            ) from error
        started_at = datetime.fromtimestamp(now_ns() / 1e9, UTC).isoformat(timespec="milliseconds")
        header = SourceHeader(
            uri=uri,
            kind="realsense-live",
            origin="live",
            intrinsics=self._model.intrinsics,
            depth_unit_mm=self._model.depth_unit_mm,
            device_name=self._model.name,
            device_serial=self._model.serial,
            frame_rate_hz=self._model.frame_rate_hz,
            recorded_at=started_at,
        )
        self._header = with_settings(header, settings)

    @property
    def header(self) -> SourceHeader:
        """As the camera says, its settings too; `recorded_at` is when capture started."""
        return self._header

    @property
    def color(self) -> ColorCamera | None:
        """Intrinsics and extrinsics (`color_from_depth`) of the colour camera, if there is one."""
        return self._model.color

    @property
    def freshness(self) -> Freshness:
        """Live: the newest frame."""
        return Freshness.NEWEST_FRAME

    @property
    def temperature_c(self) -> float | None:
        """Of the depth chip, now; None where the camera does not tell it."""
        return sdk.temperature_c(self._streams.depth_sensor)

    @property
    def n_skipped(self) -> int:
        """Depth images passed over so far: overtaken, or without a stamp on the host's clock."""
        return self._newest.n_skipped + self._n_unmapped

    @property
    def damage(self) -> str | None:
        """A camera does not end; it fails with SourceError."""
        return None

    def read(self) -> SourceFrame | None:
        """Return a frame newer than the last; SourceError where none comes in time."""
        try:
            pair = self._newest.take(READ_TIMEOUT_MS / MS_PER_S)
            if pair is not None:
                return assemble(self._model, *pair)
        except ValueError as error:
            raise SourceError(f"{self._uri} gave an unusable image", actual=str(error)) from error
        if self._n_unmapped:
            raise SourceError(
                f"{self._uri} does not tell when its images were exposed",
                expected="hardware stamps mapped to the host's clock (global time)",
                actual=f"{self._n_unmapped} images without",
                remedy="install the vendor's kernel patches or firmware that give frame metadata",
            )
        raise SourceError(
            f"{self._uri} gave no image for {READ_TIMEOUT_MS} ms",
            expected=f"{self._model.frame_rate_hz:g} images per second",
            remedy="check the cable and the USB port, then start again",
        )

    def close(self) -> None:
        """Stop the camera; safe to call twice."""
        self._streams.stop()

    def _on_frame(self, frame: rs.frame) -> None:
        """Runs on the library's threads: copies the image and returns at once."""
        try:
            image = sdk.raw_image(frame, arrival_ns=self._now_ns())
        except ValueError as error:
            self._newest.fail(error)
            return
        if isinstance(image, RawDepth) and not image.is_host_clock:
            self._n_unmapped += 1
            return
        self._newest.add(image)


def _map_stamps_to_host(streams: Streams) -> None:
    """Ask for stamps on the host's clock where the sensor can be asked."""
    for sensor in (streams.depth_sensor, streams.color_sensor):
        if sensor is not None and sensor.supports(rs.option.global_time_enabled):
            sensor.set_option(rs.option.global_time_enabled, 1)
