"""Small frames with labels and truth for the tests of sources and recordings."""

from __future__ import annotations

import numpy as np

from recordings.source import Source, SourceHeader
from tracking.camera import CameraIntrinsics
from tracking.frame import GroundTruth, RgbdFrame, SourceFrame
from tracking.transforms import rigid, rotation_from_vector

INTRINSICS = CameraIntrinsics(64, 48, 60.25, 60.5, 31.75, 24.125)
UNIT_MM = 0.1
RATE_HZ = 30.0
SERIAL = "S1"


def make_header(intrinsics: CameraIntrinsics = INTRINSICS) -> SourceHeader:
    """Header of a simulated source of `make_frames`."""
    return SourceHeader(
        uri="made",
        kind="simulation",
        origin="simulated",
        intrinsics=intrinsics,
        depth_unit_mm=UNIT_MM,
        device_name="Camera",
        device_serial=SERIAL,
        frame_rate_hz=RATE_HZ,
        recorded_at="2026-01-01T08:00:00Z",
        embedded=(("rig.toml", "schema = 1\n"),),
    )


def make_frames(
    n_frames: int, intrinsics: CameraIntrinsics = INTRINSICS, *, first_index: int = 5, seed: int = 0
) -> list[SourceFrame]:
    """Frames of noise, which no codec can shrink; the third has no colour."""
    rng = np.random.default_rng(seed)
    frames = []
    for position in range(n_frames):
        stamp_ns = round(position * 1e9 / RATE_HZ)
        color = rng.integers(0, 255, (*intrinsics.shape, 3), dtype=np.uint8)
        frame = RgbdFrame(
            frame_index=first_index + position,
            device_serial=SERIAL,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns + 5_000_000,
            intrinsics=intrinsics,
            depth_raw=rng.integers(0, 9000, intrinsics.shape, dtype=np.uint16),
            depth_unit_mm=UNIT_MM,
            color_rgb=None if position == 2 else color,
        )
        rotation = rotation_from_vector([0.1, 0.2 + 0.01 * position, -0.3])
        truth = GroundTruth(
            camera_from_applicator=None if position == 0 else rigid(rotation, [1.5, -2.25, 500.0]),
            quantities={"air_gap_mm": 1.0 / 3.0},
            axis_bound_deg=0.125,
            phase="docked",
        )
        labels = rng.integers(0, 4, intrinsics.shape, dtype=np.uint8)
        frames.append(SourceFrame(frame, labels, labels_tell_bed=True, truth=truth))
    return frames


def read_all(source: Source) -> list[SourceFrame]:
    """Read a source to its end and close it."""
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames


def assert_same_depth(actual: SourceFrame, expected: SourceFrame) -> None:
    """Raw depth, unit, index and stamp are what was written, exactly."""
    assert np.array_equal(actual.frame.depth_raw, expected.frame.depth_raw)
    assert actual.frame.depth_unit_mm == expected.frame.depth_unit_mm
    assert actual.frame.frame_index == expected.frame.frame_index
    assert actual.frame.stamp_ns == expected.frame.stamp_ns


def assert_same_truth(actual: SourceFrame, expected: SourceFrame) -> None:
    """Labels and truth are what was written, exactly."""
    assert actual.labels is not None
    assert expected.labels is not None
    assert np.array_equal(actual.labels, expected.labels)
    assert actual.truth is not None
    assert expected.truth is not None
    got, want = actual.truth.camera_from_applicator, expected.truth.camera_from_applicator
    assert (got is None) == (want is None)
    if got is not None and want is not None:
        assert np.array_equal(got, want)
    assert actual.truth.quantities == expected.truth.quantities
    assert actual.truth.axis_bound_deg == expected.truth.axis_bound_deg
    assert actual.truth.exit_bound_mm == expected.truth.exit_bound_mm
    assert actual.truth.phase == expected.truth.phase
