"""Recordings of noise for `bench recording`: what no codec can shrink, and every frame its own."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from recordings.session import schema
from recordings.session.chunks import CHUNK_HEAD, FRAMING
from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter
from recordings.source import SourceHeader
from tracking.camera import CameraIntrinsics
from tracking.errors import SourceError
from tracking.frame import RgbdFrame, SourceFrame

CAMERA = CameraIntrinsics(64, 48, 60.0, 60.0, 32.0, 24.0)
CAMERA_848 = CameraIntrinsics(848, 480, 600.0, 600.0, 424.0, 240.0)
UNIT_MM, SERIAL, PERIOD_NS = 0.1, "NOISE", 33_333_333
MAGIC_BYTES = 8
MESSAGE, CHUNK, METADATA = 5, 6, 12  # of MCAP's records
CHANNEL = struct.Struct("<H")
FRAME_CHANNEL = schema.TOPICS.index(schema.FRAME_TOPIC) + 1


def noise_header(camera: CameraIntrinsics = CAMERA) -> SourceHeader:
    """Of a simulated camera."""
    return SourceHeader("noise", "simulation", "simulated", camera, UNIT_MM, "Noise", SERIAL)


def noise_frame(index: int, seed: int, camera: CameraIntrinsics = CAMERA) -> SourceFrame:
    """Depth, colour and labels of noise."""
    rng = np.random.default_rng([seed, index])
    stamp = index * PERIOD_NS
    frame = RgbdFrame(
        frame_index=index,
        device_serial=SERIAL,
        stamp_ns=stamp,
        arrival_ns=stamp,
        intrinsics=camera,
        depth_raw=rng.integers(0, 9000, camera.shape, dtype=np.uint16),
        depth_unit_mm=UNIT_MM,
        color_rgb=rng.integers(0, 255, (*camera.shape, 3), dtype=np.uint8),
    )
    return SourceFrame(frame, rng.integers(0, 4, camera.shape, dtype=np.uint8))


def smooth_frame(index: int, seed: int) -> SourceFrame:
    """848x480: a tilted plane with a stereo camera's noise, and colour as smooth as a drape's."""
    rng = np.random.default_rng([seed, index])
    v, u = np.mgrid[: CAMERA_848.height, : CAMERA_848.width]
    depth = 4000 + 2.0 * u + 3.0 * v + rng.normal(0, 12, CAMERA_848.shape)
    shade = 120 + 40 * np.sin(u / 30) * np.cos(v / 40) + rng.normal(0, 4, CAMERA_848.shape)
    color = np.clip(shade[..., None] + np.array([30, 0, -20]), 0, 255)
    frame = RgbdFrame(
        frame_index=index,
        device_serial=SERIAL,
        stamp_ns=index * PERIOD_NS,
        arrival_ns=index * PERIOD_NS,
        intrinsics=CAMERA_848,
        depth_raw=depth.astype(np.uint16),
        depth_unit_mm=UNIT_MM,
        color_rgb=color.astype(np.uint8),
    )
    return SourceFrame(frame)


def noise_session(path: Path, n_frames: int, seed: int, *, each_frame: bool) -> bytes:
    """The bytes of a session."""
    with SessionWriter(path, noise_header(), each_frame=each_frame) as writer:
        for index in range(n_frames):
            writer.write(noise_frame(index, seed))
    return path.read_bytes()


def frame_ends(data: bytes) -> list[int]:
    """The byte behind each frame's record: a frame is whole when its record has arrived.

    Written independently of the reader, which is what is judged by it.
    """
    ends: list[int] = []
    place = MAGIC_BYTES
    while place + FRAMING.size <= len(data) - MAGIC_BYTES:
        opcode, length = FRAMING.unpack_from(data, place)
        body = place + FRAMING.size
        if opcode == CHUNK:
            inner = body + CHUNK_HEAD.size
            while inner < body + length:
                kind, size = FRAMING.unpack_from(data, inner)
                channel = CHANNEL.unpack_from(data, inner + FRAMING.size)[0]
                inner += FRAMING.size + size
                if kind == MESSAGE and channel == FRAME_CHANNEL:
                    ends.append(inner)
        place = body + length
    return ends


def header_end(data: bytes) -> int:
    """The byte behind the session's header."""
    place = MAGIC_BYTES
    while True:
        opcode, length = FRAMING.unpack_from(data, place)
        place += FRAMING.size + int(length)
        if opcode == METADATA:
            return place


def read_bytes(data: bytes) -> tuple[list[SourceFrame], str] | None:
    """Frames and damage; None where the file is refused."""
    try:
        source = SessionSource(Path("made.mcap"), BytesIO(data))
    except SourceError:
        return None
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames, source.damage or ""


def are_same(read: Sequence[SourceFrame], written: Sequence[SourceFrame]) -> bool:
    """Whether every frame that was read is the one that was written at its place."""
    return len(read) <= len(written) and all(map(_is_same, read, written))


def _is_same(a: SourceFrame, b: SourceFrame) -> bool:
    left, right = a.frame, b.frame
    return (
        (left.frame_index, left.stamp_ns, left.arrival_ns, left.device_serial)
        == (right.frame_index, right.stamp_ns, right.arrival_ns, right.device_serial)
        and left.intrinsics == right.intrinsics
        and left.depth_unit_mm == right.depth_unit_mm
        and np.array_equal(left.depth_raw, right.depth_raw)
        and a.labels is not None
        and b.labels is not None
        and np.array_equal(a.labels, b.labels)
        and left.color_rgb is not None
        and right.color_rgb is not None
        and np.array_equal(left.color_rgb, right.color_rgb)
    )
