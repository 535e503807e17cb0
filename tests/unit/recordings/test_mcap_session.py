"""Sessions: what is written is read; what is cut or damaged ends at the last whole frame."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from mcap.reader import McapReader, make_reader
from mcap.records import Metadata
from mcap.writer import CompressionType, Writer

from recordings.recorder import Recorded, record_session
from recordings.session import schema
from recordings.session.reader import SessionSource
from recordings.session.writer import CHUNK_BYTES, SessionWriter, encoded
from recordings.source import Freshness
from tests.recording_frames import (
    INTRINSICS,
    assert_same_depth,
    assert_same_truth,
    make_frames,
    make_header,
    read_all,
)
from tracking.camera import CameraIntrinsics
from tracking.errors import SourceError, UsageError
from tracking.frame import LiveNotes

LARGER = CameraIntrinsics(320, 240, 300.0, 300.0, 160.0, 120.0)
N_LARGER = 8  # 150 kB of noise each: every second frame closes a chunk
JPEG_ERROR = 12.0  # mean over uncorrelated noise, the worst that a JPEG of quality 90 can meet


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "session.mcap"
    with SessionWriter(path, make_header()) as writer:
        for frame in make_frames(4):
            writer.write(frame)
    return path


@pytest.fixture(scope="module")
def large_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "session.mcap"
    with SessionWriter(path, make_header(LARGER)) as writer:
        for frame in make_frames(N_LARGER, LARGER):
            writer.write(frame)
    return path


def test_frames_come_back_as_written(session: Path) -> None:
    source = SessionSource(session)
    frames = read_all(source)
    expected = make_frames(4)
    assert len(frames) == 4
    assert source.damage is None
    assert source.freshness is Freshness.EVERY_FRAME
    for got, want in zip(frames, expected, strict=True):
        assert_same_depth(got, want)
        assert_same_truth(got, want)
        assert got.labels_tell_bed == want.labels_tell_bed
        assert got.frame.arrival_ns == want.frame.arrival_ns
        assert got.frame.device_serial == want.frame.device_serial
        assert (got.frame.color_rgb is None) == (want.frame.color_rgb is None)
    source.close()
    source.close()


def test_colour_channels_keep_their_order(tmp_path: Path) -> None:
    (frame,) = make_frames(1)
    red = np.zeros((*INTRINSICS.shape, 3), np.uint8)
    red[..., 0] = 200
    path = tmp_path / "red.mcap"
    with SessionWriter(path, make_header()) as writer:
        writer.write(replace(frame, frame=replace(frame.frame, color_rgb=red)))
    (got,) = read_all(SessionSource(path))
    assert got.frame.color_rgb is not None
    difference = np.abs(got.frame.color_rgb.astype(int) - red)
    assert difference.mean() < JPEG_ERROR


def test_header_comes_back(session: Path) -> None:
    source = SessionSource(session)
    header = source.header
    source.close()
    expected = replace(make_header(), uri=str(session), kind="mcap", n_frames=4)
    assert header == expected


def test_same_input_same_bytes(session: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mcap"
    with SessionWriter(again, make_header()) as writer:
        for frame in make_frames(4):
            writer.write(frame)
    assert again.read_bytes() == session.read_bytes()


def test_a_frame_without_extras(tmp_path: Path) -> None:
    (frame,) = make_frames(1)
    path = tmp_path / "plain.mcap"
    with SessionWriter(path, make_header()) as writer:
        writer.write(replace(frame, labels=None, labels_tell_bed=False, truth=None))
    (got,) = read_all(SessionSource(path))
    assert got.labels is None
    assert not got.labels_tell_bed
    assert got.truth is None


def test_common_viewers_find_the_calibration(session: Path) -> None:
    with session.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        messages = list(reader.iter_messages(topics=[schema.CALIBRATION_TOPIC]))
    ((message_schema, _, message),) = messages
    assert message_schema is not None
    assert message_schema.name == "foxglove.CameraCalibration"
    calibration = CameraCalibration()
    calibration.ParseFromString(message.data)
    assert list(calibration.K) == INTRINSICS.matrix.ravel().tolist()


def test_existing_file_is_not_overwritten(session: Path) -> None:
    before = session.read_bytes()
    with pytest.raises(UsageError, match="cannot create"):
        SessionWriter(session, make_header())
    assert session.read_bytes() == before


def test_an_error_while_recording_leaves_a_whole_session(tmp_path: Path) -> None:
    path = tmp_path / "stopped.mcap"
    with suppress(ZeroDivisionError), SessionWriter(path, make_header()) as writer:
        writer.write(make_frames(1)[0])
        _ = 1 / 0
    source = SessionSource(path)
    assert len(read_all(source)) == 1
    assert source.damage is None


def test_a_crash_costs_no_more_than_the_open_chunk(tmp_path: Path) -> None:
    path = tmp_path / "crash.mcap"
    writer = SessionWriter(path, make_header(LARGER))
    sizes = []
    for frame in make_frames(N_LARGER, LARGER):
        writer.write(frame)
        sizes.append(path.stat().st_size)
    killed = tmp_path / "killed.mcap"
    killed.write_bytes(path.read_bytes())
    writer.close()
    source = SessionSource(killed)
    n_frames = len(read_all(source))
    assert source.damage is not None
    assert source.header.n_frames is None
    per_frame = path.stat().st_size / N_LARGER
    assert n_frames >= N_LARGER - 1 - CHUNK_BYTES / per_frame


@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.75, 0.97])
def test_cut_file_gives_every_whole_frame(
    large_session: Path, tmp_path: Path, fraction: float
) -> None:
    data = large_session.read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(data[: int(len(data) * fraction)])
    source = SessionSource(cut)
    frames = read_all(source)
    expected = make_frames(N_LARGER, LARGER)
    assert 0 < len(frames) < N_LARGER
    for got, want in zip(frames, expected, strict=False):
        assert_same_depth(got, want)
    assert source.damage is not None
    assert f"after {len(frames)} whole frames" in source.damage
    assert source.read() is None


@pytest.mark.parametrize("n_bytes", [1, 8, 60, 300])
def test_cut_before_the_header_ends_is_refused(session: Path, tmp_path: Path, n_bytes: int) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(session.read_bytes()[:n_bytes])
    with pytest.raises(SourceError, match="no readable session header"):
        SessionSource(cut)


def test_no_flipped_byte_yields_a_wrong_frame(session: Path, tmp_path: Path) -> None:
    data = session.read_bytes()
    expected = make_frames(4)
    rng = np.random.default_rng(1)
    damaged = tmp_path / "damaged.mcap"
    for offset in rng.integers(0, len(data), 120):
        flipped = bytearray(data)
        flipped[offset] ^= int(rng.integers(1, 256))
        damaged.write_bytes(flipped)
        try:
            source = SessionSource(damaged)
        except SourceError:
            continue
        frames = read_all(source)
        for got, want in zip(frames, expected, strict=False):
            assert_same_depth(got, want)
            assert_same_truth(got, want)
        assert len(frames) == 4 or source.damage is not None
        source.close()


def _header_of(reader: McapReader) -> Metadata:
    return next(found for found in reader.iter_metadata() if found.name == schema.HEADER_NAME)


def _rewritten(session: Path, target: Path, changes: dict[str, object]) -> Path:
    """A session of the same messages with another header, its checksum right."""
    with session.open("rb") as stream, target.open("wb") as out:
        reader = make_reader(stream)
        metadata = _header_of(reader)
        text = json.dumps({**json.loads(metadata.metadata["json"]), **changes})
        writer = Writer(out, compression=CompressionType.NONE)
        writer.start(schema.PROFILE, "")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        writer.add_metadata(schema.HEADER_NAME, {"json": text, "sha256": sha256})
        channels: dict[str, int] = {}
        for _, channel, message in reader.iter_messages(log_time_order=False):
            if channel.topic not in channels:
                channels[channel.topic] = writer.register_channel(channel.topic, "json", 0)
            writer.add_message(channels[channel.topic], 0, message.data, 0)
        writer.finish()  # type: ignore[no-untyped-call]
    return target


def test_the_rewriting_itself_does_no_harm(session: Path, tmp_path: Path) -> None:
    source = SessionSource(_rewritten(session, tmp_path / "same.mcap", {}))
    assert len(read_all(source)) == 4
    assert source.damage is None


def test_unknown_schema_version_is_refused(session: Path, tmp_path: Path) -> None:
    newer = _rewritten(session, tmp_path / "newer.mcap", {"schema_version": 2})
    with pytest.raises(SourceError, match="unknown schema version") as caught:
        SessionSource(newer)
    assert caught.value.actual == "2"


@pytest.mark.parametrize(
    "changes",
    [{"origin": "borrowed"}, {"depth_unit_mm": 0.0}, {"depth_unit_mm": None}, {"extra": 1}],
)
def test_invalid_header_is_refused(
    session: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    invalid = _rewritten(session, tmp_path / "invalid.mcap", changes)
    with pytest.raises(SourceError, match="no readable session header"):
        SessionSource(invalid)


def test_a_lost_frame_in_the_middle_is_damage(session: Path, tmp_path: Path) -> None:
    gap = tmp_path / "gap.mcap"
    with session.open("rb") as stream, gap.open("wb") as out:
        reader = make_reader(stream)
        metadata = _header_of(reader)
        writer = Writer(out, compression=CompressionType.NONE)
        writer.start(schema.PROFILE, "")
        writer.add_metadata(metadata.name, metadata.metadata)
        channels: dict[str, int] = {}
        for _, channel, message in reader.iter_messages(log_time_order=False):
            if channel.topic not in channels:
                channels[channel.topic] = writer.register_channel(channel.topic, "json", 0)
            if message.sequence != 1:
                writer.add_message(channels[channel.topic], 0, message.data, 0)
        writer.finish()  # type: ignore[no-untyped-call]
    source = SessionSource(gap)
    assert len(read_all(source)) == 1
    assert source.damage is not None
    assert "frame 2 follows where 1 is due" in source.damage


def test_what_no_reader_would_take_is_not_written(tmp_path: Path) -> None:
    frame, path = make_frames(1)[0], tmp_path / "s.mcap"
    most = LiveNotes('{"a":"' + "x" * (schema.MAX_AROUND_BYTES - 8) + '"}', "{}")
    with SessionWriter(path, make_header()) as writer:
        for notes in (replace(most, around=f" {most.around}"), LiveNotes("{}", most.around)):
            with pytest.raises(UsageError, match="too much to be recorded"):
                writer.write_encoded(encoded(frame, notes=notes))
        whole = encoded(frame, notes=most)
        heavy = ((schema.PICTURE_TOPIC, bytes(schema.MAX_PARTS_BYTES - schema.MAX_AROUND_BYTES)),)
        with pytest.raises(UsageError, match="a frame's parts"):
            writer.write_encoded(replace(whole, parts=(*whole.parts, *heavy)))
        writer.write_encoded(whole)
    [read] = read_all(SessionSource(path))
    assert read.live == most


def test_recorder_copies_a_source(session: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mcap"
    seen: list[tuple[int, int | None]] = []
    source = SessionSource(session)
    done = record_session(source, copy, 3, lambda done, total: seen.append((done, total)))
    source.close()
    assert done == Recorded(n_frames=3, n_parts=1)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    frames = read_all(SessionSource(copy))
    for got, want in zip(frames, make_frames(3), strict=True):
        assert_same_depth(got, want)
        assert_same_truth(got, want)


def test_recorder_tells_of_a_damaged_source(large_session: Path, tmp_path: Path) -> None:
    data = large_session.read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(data[: len(data) // 2])
    copy = tmp_path / "copy.mcap"
    damaged = SessionSource(cut)
    with pytest.raises(SourceError, match="up to its damage"):
        record_session(damaged, copy)
    damaged.close()
    source = SessionSource(copy)
    assert len(read_all(source)) == len(read_all(SessionSource(cut))) > 0
    assert source.damage is None
