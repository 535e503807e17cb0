"""Record frames as a RealSense `.db3` with the vendor's own recorder."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pyrealsense2 as rs

from recordings.realsense.db3 import survey_db3
from recordings.realsense.software_camera import SoftwareCamera
from tracking.camera import CameraIntrinsics
from tracking.errors import FaultError, UsageError
from tracking.frame import SourceFrame

UNIT_STEP_MM = 0.001  # the recorder writes the unit in metres with six decimals
MAX_BEHIND_IMAGES = 20  # the recorder drops images when its memory, about 250 MB, is full
MESSAGES_PER_IMAGE = 3
POLL_S = 0.005
STALL_S = 30.0


def write_db3(
    path: Path,
    frames: Iterable[SourceFrame],
    intrinsics: CameraIntrinsics,
    depth_unit_mm: float,
    *,
    frame_rate_hz: float = 30.0,
    name: str = "",
    serial: str = "",
) -> int:
    """Write all frames and return their number; the file appears whole or not at all.

    Kept: raw depth, colour, unit, serial, frame index, stamps (exact below 100 days, the
    recorder's are 64-bit floats in ms). Labels and truth have no place in such a file.

    Raises
    ------
    UsageError
        The file exists, or the depth unit cannot be written exactly.
    FaultError
        The vendor's recorder lost images.
    """
    steps = depth_unit_mm / UNIT_STEP_MM
    if abs(steps - round(steps)) > 1e-6 or round(steps) < 1:
        raise UsageError(
            f"a depth unit of {depth_unit_mm} mm cannot be written to a .db3",
            expected=f"a multiple of {UNIT_STEP_MM} mm",
        )
    if path.exists():
        raise UsageError(f"{path} exists", remedy="name a new file")
    partial = path.with_name(f".{path.stem}.part.db3")
    partial.unlink(missing_ok=True)
    try:
        camera = SoftwareCamera(intrinsics, depth_unit_mm, frame_rate_hz, name=name, serial=serial)
        n_frames = _record(partial, camera, frames)
        survey = survey_db3(partial)
        if survey.damage is not None or survey.n_depth != n_frames:
            raise FaultError(
                f"the recorder lost images of {path}",
                expected=f"{n_frames} depth images",
                actual=f"{survey.n_depth}, {survey.damage or 'undamaged'}",
                remedy="try again on a less busy machine",
            )
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return n_frames


def _record(path: Path, camera: SoftwareCamera, frames: Iterable[SourceFrame]) -> int:
    """Feed the recorder no faster than it writes. It finishes its file when it is destroyed."""
    recorder = rs.recorder(str(path), camera.device)
    sensors = recorder.query_sensors()
    n_frames = n_images = 0
    try:
        for sensor in sensors:
            sensor.open(sensor.get_stream_profiles())
            sensor.start(lambda _: None)
        for source_frame in frames:
            camera.push(source_frame.frame)
            n_frames += 1
            n_images += 1 if source_frame.frame.color_rgb is None else 2
            _wait_for(path, (n_images - MAX_BEHIND_IMAGES) * MESSAGES_PER_IMAGE)
        _wait_for(path, n_images * MESSAGES_PER_IMAGE)
    finally:
        for sensor in sensors:
            if sensor.get_active_streams():
                sensor.stop()
                sensor.close()
    return n_frames


def _wait_for(path: Path, n_messages: int) -> None:
    deadline_s = time.monotonic() + STALL_S
    while _n_messages(path) < n_messages:
        if time.monotonic() > deadline_s:
            raise FaultError(
                f"the vendor's recorder stopped writing {path}", remedy="check the free disk space"
            )
        time.sleep(POLL_S)


def _n_messages(path: Path) -> int:
    """Count without taking a lock that could make the recorder fail."""
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            (last,) = database.execute("SELECT max(id) FROM messages").fetchone()
    except sqlite3.DatabaseError:  # in the middle of a transaction: ask again
        return 0
    return int(last or 0)
