"""A session that was cut through a chunk: every frame that is whole in the file, no wrong one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mcap.opcode import Opcode

from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter
from tests.recording_frames import assert_same_depth, make_frames, make_header, read_all
from tracking.camera import CameraIntrinsics
from tracking.errors import SourceError

CAMERA = CameraIntrinsics(160, 120, 150.0, 150.0, 80.0, 60.0)
N_FRAMES = 12  # 70 kB of noise each: four to a chunk
CHUNK_HEAD_BYTES = 40


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("session") / "session.mcap"
    with SessionWriter(path, make_header(CAMERA)) as writer:
        for frame in make_frames(N_FRAMES, CAMERA):
            writer.write(frame)
    return path


def records(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(opcode, first byte of the body, byte after it) of each record."""
    while start + 9 <= end:
        opcode, length = struct.unpack_from("<BQ", data, start)
        yield opcode, start + 9, start + 9 + length
        start += 9 + length


def chunks(data: bytes) -> list[tuple[int, int]]:
    """First byte of each chunk's body and the byte after it."""
    return [(a, b) for op, a, b in records(data, 8, len(data) - 8) if op == Opcode.CHUNK]


def frame_ends(data: bytes) -> list[int]:
    """The byte after each frame's record."""
    ends: list[int] = []
    for start, end in chunks(data):
        for opcode, body, after in records(data, start + CHUNK_HEAD_BYTES, end):
            if opcode == Opcode.MESSAGE and data[after - 1 : after] == b"}":
                assert data.find(b'"position":%d,' % len(ends), body, after) > 0
                ends.append(after)
    return ends


def read_cut(folder: Path, data: bytes) -> tuple[int, str]:
    """Number of frames and damage; every frame is the one that was written."""
    cut = folder / "cut.mcap"
    cut.write_bytes(data)
    source = SessionSource(cut)
    frames = read_all(source)
    expected = make_frames(N_FRAMES, CAMERA)
    for got, want in zip(frames, expected, strict=False):
        assert_same_depth(got, want)
        assert got.frame.intrinsics == want.frame.intrinsics
        assert (got.frame.color_rgb is None) == (want.frame.color_rgb is None)
        assert got.labels is not None
        assert want.labels is not None
        assert np.array_equal(got.labels, want.labels)
    return len(frames), source.damage or ""


def test_the_frames_lie_in_several_chunks(session: Path) -> None:
    data = session.read_bytes()
    assert len(frame_ends(data)) == N_FRAMES
    (_, end), *_ = chunks(data)
    assert 1 < sum(e <= end for e in frame_ends(data)) < N_FRAMES - 1


@pytest.mark.parametrize("position", range(N_FRAMES))
def test_a_cut_behind_a_frame_keeps_it_and_one_before_its_end_does_not(
    session: Path, tmp_path: Path, position: int
) -> None:
    data = session.read_bytes()
    end = frame_ends(data)[position]
    for n_bytes, n_frames in ((end, position + 1), (end - 1, position), (end + 5, position + 1)):
        n_read, damage = read_cut(tmp_path, data[:n_bytes])
        assert n_read == n_frames
        assert f"cut.mcap ends after {n_frames} whole frames: it is cut short" in damage


def test_a_cut_inside_a_chunks_head_keeps_the_frames_before(session: Path, tmp_path: Path) -> None:
    data = session.read_bytes()
    start = chunks(data)[1][0]
    before = sum(end <= start for end in frame_ends(data))
    for n_bytes in (start - 9, start - 1, start, start + 20, start + CHUNK_HEAD_BYTES):
        assert read_cut(tmp_path, data[:n_bytes])[0] == before


@pytest.mark.parametrize("field", range(3))
def test_a_changed_length_is_not_taken_for_a_cut(session: Path, tmp_path: Path, field: int) -> None:
    whole = session.read_bytes()
    start, end = chunks(whole)[1]
    before = sum(frame_end <= start for frame_end in frame_ends(whole))
    data = bytearray(whole[: end - 1])
    assert read_cut(tmp_path, bytes(data))[0] > before
    offset = (start - 8, start + 16, start + 32)[field]  # of record, records, stored records
    data[offset + 2] ^= 0x80  # 8 MiB more
    n_read, damage = read_cut(tmp_path, bytes(data))
    assert n_read == before
    assert damage


def test_a_huge_length_is_never_allocated(session: Path, tmp_path: Path) -> None:
    data = bytearray(session.read_bytes())
    start = chunks(bytes(data))[0][0]
    data[start - 8 : start] = struct.pack("<Q", 2**40)
    n_read, damage = read_cut(tmp_path, bytes(data))
    assert n_read == 0
    assert "at most" in damage


def test_a_cut_and_damaged_chunk_yields_no_wrong_frame(session: Path, tmp_path: Path) -> None:
    data = session.read_bytes()
    start = chunks(data)[1][0]
    cut = data[: frame_ends(data)[-2]]
    rng = np.random.default_rng(2)
    n_stopped = 0
    for offset in rng.integers(start, len(cut), 100):
        flipped = bytearray(cut)
        flipped[offset] ^= int(rng.integers(1, 256))
        n_read, damage = read_cut(tmp_path, bytes(flipped))
        assert damage
        n_stopped += n_read < N_FRAMES - 1
    assert n_stopped > 90  # nearly every byte is an image's, and each image has its hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"stamp_ns":166666667', b'"stamp_ns":166666668'),
        (b'"fx":150.0', b'"fx":151.0'),
        (b'"depth_unit_mm":0.1', b'"depth_unit_mm":0.2'),
        (b'"device_serial":"S1"', b'"device_serial":"S2"'),
    ],
)
def test_a_changed_record_in_a_cut_chunk_is_damage(
    session: Path, tmp_path: Path, old: bytes, new: bytes
) -> None:
    data = session.read_bytes()
    start, end = chunks(data)[1]
    ends = frame_ends(data)
    position = 5
    assert start < ends[position] < end
    place = data.index(old, ends[position - 1], ends[position])
    changed = data[:place] + new + data[place + len(old) : ends[position + 1]]
    n_read, damage = read_cut(tmp_path, changed)
    assert n_read == position
    assert "does not match the header" in damage


def test_a_file_without_a_whole_chunk_still_gives_its_frames(session: Path, tmp_path: Path) -> None:
    data = session.read_bytes()
    assert read_cut(tmp_path, data[: frame_ends(data)[1]])[0] == 2
    with pytest.raises(SourceError, match="no readable session header"):
        read_cut(tmp_path, data[:100])
