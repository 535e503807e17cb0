"""The live adapter, driven by a software device on the code path of a connected camera."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyrealsense2 as rs
import pytest

from recordings.realsense import live as live_module
from recordings.realsense.live import RealSenseCamera, open_live
from recordings.realsense.software_camera import SoftwareCamera
from recordings.source import READ_TIMEOUT_MS, Freshness, source_temperature_c
from tests.recording_frames import INTRINSICS, UNIT_MM, make_frames
from tracking.errors import SourceError
from tracking.frame import RgbdFrame

RATE_HZ = 30.0
EXPOSURE_AGE_NS = 8_000_000
STAMP_NS = 1_000  # epoch stamps in ms are 64-bit floats: 0.25 us
SCHEDULING_MS = 150.0  # of a busy test machine


def camera(serial: str = "S1") -> SoftwareCamera:
    return SoftwareCamera(INTRINSICS, UNIT_MM, RATE_HZ, name="Soft D435", serial=serial)


def now_frame(frame: RgbdFrame, index: int) -> RgbdFrame:
    stamp_ns = time.time_ns() - EXPOSURE_AGE_NS
    return replace(frame, frame_index=index, stamp_ns=stamp_ns, arrival_ns=stamp_ns)


@pytest.fixture
def pair() -> Iterator[tuple[SoftwareCamera, RealSenseCamera]]:
    software = camera()
    source = open_live("S1", [software.device])
    yield software, source
    source.close()


def test_header_is_the_cameras(pair: tuple[SoftwareCamera, RealSenseCamera]) -> None:
    _, source = pair
    header = source.header
    assert (header.kind, header.origin) == ("realsense-live", "live")
    assert (header.device_name, header.device_serial) == ("Soft D435", "S1")
    assert header.depth_unit_mm == UNIT_MM
    assert header.frame_rate_hz == RATE_HZ
    assert header.n_frames is None
    assert header.recorded_at.endswith("+00:00")
    assert source.freshness is Freshness.NEWEST_FRAME


def test_frames_arrive_with_their_stamps(pair: tuple[SoftwareCamera, RealSenseCamera]) -> None:
    software, source = pair
    for index, made in enumerate(make_frames(5)):
        time.sleep(1 / RATE_HZ)  # else colour of the frame before would be near enough in time
        sent = now_frame(made.frame, index)
        software.push(sent)
        got = source.read()
        assert got is not None
        assert got.frame.frame_index == index
        assert np.array_equal(got.frame.depth_raw, sent.depth_raw)
        assert abs(got.frame.stamp_ns - sent.stamp_ns) < STAMP_NS
        assert got.frame.arrival_ns - got.frame.stamp_ns < EXPOSURE_AGE_NS + SCHEDULING_MS * 1e6
        assert got.frame.arrival_ns > got.frame.stamp_ns
        assert (got.frame.color_rgb is None) == (sent.color_rgb is None)
        if got.frame.color_rgb is not None and sent.color_rgb is not None:
            assert np.array_equal(got.frame.color_rgb, sent.color_rgb)
        assert got.labels is None
        assert got.truth is None
    assert source.n_skipped == 0


def test_newest_frame_wins_and_the_rest_is_counted(
    pair: tuple[SoftwareCamera, RealSenseCamera],
) -> None:
    software, source = pair
    for index, made in enumerate(make_frames(7)):
        software.push(now_frame(made.frame, index))
    got = source.read()
    assert got is not None
    assert got.frame.frame_index == 6
    assert source.n_skipped == 6


def test_read_waits_for_a_frame_newer_than_the_last(
    pair: tuple[SoftwareCamera, RealSenseCamera],
) -> None:
    software, source = pair
    first, second = (made.frame for made in make_frames(2))
    software.push(now_frame(first, 0))
    assert source.read() is not None
    timer = threading.Timer(0.1, lambda: software.push(now_frame(second, 1)))
    timer.start()
    got = source.read()
    timer.join()
    assert got is not None
    assert got.frame.frame_index == 1


def test_silence_is_an_error_in_time(
    pair: tuple[SoftwareCamera, RealSenseCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, source = pair
    assert READ_TIMEOUT_MS == 1000
    monkeypatch.setattr(live_module, "READ_TIMEOUT_MS", 80)
    started = time.monotonic()
    with pytest.raises(SourceError, match="gave no image"):
        source.read()
    assert (time.monotonic() - started) * 1000 < 80 + SCHEDULING_MS


def test_stamps_on_the_cameras_own_clock_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyrealsense2 as rs

    software = camera()
    monkeypatch.setattr(
        "recordings.realsense.software_camera.STAMP_DOMAIN", rs.timestamp_domain.hardware_clock
    )
    monkeypatch.setattr(live_module, "READ_TIMEOUT_MS", 80)
    source = open_live("", [software.device])
    software.push(now_frame(make_frames(1)[0].frame, 0))
    with pytest.raises(SourceError, match="does not tell when"):
        source.read()
    assert source.n_skipped == 1
    source.close()


def test_the_only_camera_needs_no_serial() -> None:
    software = camera()
    source = open_live("", [software.device])
    assert source.header.device_serial == "S1"
    source.close()
    source.close()


def test_no_camera() -> None:
    with pytest.raises(SourceError, match="no RealSense camera is connected") as caught:
        open_live("", [])
    assert caught.value.remedy


def test_another_serial_names_those_that_are_connected() -> None:
    first, second = camera("S1"), camera("S2")
    with pytest.raises(SourceError, match="serial number S3") as caught:
        open_live("S3", [first.device, second.device])
    assert caught.value.actual == "S1, S2"


def test_two_cameras_need_a_choice() -> None:
    first, second = camera("S1"), camera("S2")
    with pytest.raises(SourceError, match="more than one camera"):
        open_live("", [first.device, second.device])
    source = open_live("S2", [first.device, second.device])
    assert source.header.device_serial == "S2"
    source.close()


@pytest.mark.parametrize(
    ("option", "told"), [(None, None), (36.0, 36.0), (0.0, None), (-1.0, None), (255.0, None)]
)
def test_the_temperature_is_told_where_the_camera_tells_one(
    option: float | None, told: float | None
) -> None:
    software = camera()
    if option is not None:
        sensor = software.device.query_sensors()[0]
        software.set_temperature(option)
        assert sensor.supports(rs.option.asic_temperature)
    source = open_live("S1", [software.device])
    try:
        assert source_temperature_c(source) == told
    finally:
        source.close()
