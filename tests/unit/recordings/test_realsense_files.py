"""RealSense recordings: every whole frame with its unit and stamps, and no damage unseen."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recordings.realsense.bag_survey import survey_bag
from recordings.realsense.db3 import survey_db3
from recordings.realsense.db3_writer import write_db3
from recordings.realsense.file_source import RealSenseFile
from recordings.source import Freshness
from tests.recording_frames import (
    INTRINSICS,
    RATE_HZ,
    SERIAL,
    UNIT_MM,
    assert_same_depth,
    make_frames,
    read_all,
)
from tracking.errors import SourceError, UsageError
from tracking.frame import SourceFrame

BAG = (
    Path(__file__).resolve().parents[4]
    / "shared/data/librealsense_bag/single_depth_color_640x480.bag"
)
N_FRAMES = 24
FLOAT32_PX = 1e-4  # the recorder keeps intrinsics as 32-bit floats
README_PX = 0.005  # the recording's description rounds to two decimals
README_MM = 0.0005  # and the translation to three


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("db3") / "made.db3"
    write(path, make_frames(N_FRAMES))
    return path


def write(path: Path, frames: list[SourceFrame]) -> None:
    n_frames = write_db3(
        path, frames, INTRINSICS, UNIT_MM, frame_rate_hz=RATE_HZ, name="Camera", serial=SERIAL
    )
    assert n_frames == len(frames)


def test_recording_comes_back(recording: Path) -> None:
    source = RealSenseFile(recording)
    header = source.header
    assert header.origin == "foreign"
    assert header.depth_unit_mm == UNIT_MM
    assert (header.device_name, header.device_serial) == ("Camera", SERIAL)
    assert (header.n_frames, header.frame_rate_hz) == (N_FRAMES, RATE_HZ)
    assert np.allclose(header.intrinsics.matrix, INTRINSICS.matrix, atol=FLOAT32_PX)
    assert header.intrinsics.shape == INTRINSICS.shape
    assert source.freshness is Freshness.EVERY_FRAME
    frames = read_all(source)
    assert source.damage is None
    for got, want in zip(frames, make_frames(N_FRAMES), strict=True):
        assert_same_depth(got, want)
        assert got.frame.arrival_ns >= got.frame.stamp_ns
        assert (got.frame.color_rgb is None) == (want.frame.color_rgb is None)
        if got.frame.color_rgb is not None and want.frame.color_rgb is not None:
            assert np.array_equal(got.frame.color_rgb, want.frame.color_rgb)
    source.close()


def test_a_slow_reader_loses_nothing(recording: Path) -> None:
    source = RealSenseFile(recording)
    indices = []
    while (frame := source.read()) is not None:
        indices.append(frame.frame.frame_index)
        time.sleep(0.01)
    source.close()
    assert indices == [f.frame.frame_index for f in make_frames(N_FRAMES)]


def test_closing_early_ends_the_library_thread(recording: Path) -> None:
    before = threading.active_count()
    source = RealSenseFile(recording)
    assert source.read() is not None
    source.close()
    source.close()
    assert threading.active_count() <= before + 1


def test_recording_without_any_colour(tmp_path: Path) -> None:
    path = tmp_path / "depth.db3"
    frames = [replace(f, frame=replace(f.frame, color_rgb=None)) for f in make_frames(12)]
    write(path, frames)
    for got, want in zip(read_all(RealSenseFile(path)), frames, strict=True):
        assert_same_depth(got, want)
        assert got.frame.color_rgb is None


def cut(path: Path, target: Path, fraction: float) -> Path:
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * fraction)])
    return target


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.8, 0.995])
def test_cut_recording_gives_every_whole_frame(
    recording: Path, tmp_path: Path, fraction: float
) -> None:
    source = RealSenseFile(cut(recording, tmp_path / "cut.db3", fraction))
    frames = read_all(source)
    assert N_FRAMES * fraction - 3 < len(frames) <= N_FRAMES  # what precedes the frames is small
    for got, want in zip(frames, make_frames(N_FRAMES), strict=False):
        assert_same_depth(got, want)
    assert source.damage is not None
    assert "cut short" in source.damage


def test_recording_cut_before_its_first_frame_is_refused(recording: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no readable header"):
        RealSenseFile(cut(recording, tmp_path / "cut.db3", 0.02))


@pytest.mark.parametrize("n_bytes", [400, 9000])
@pytest.mark.parametrize("fraction", [0.3, 0.6])
def test_damage_in_the_middle_is_found(
    recording: Path, tmp_path: Path, fraction: float, n_bytes: int
) -> None:
    data = bytearray(recording.read_bytes())
    start = int(len(data) * fraction)
    data[start : start + n_bytes] = bytes(n_bytes)
    damaged = tmp_path / "damaged.db3"
    damaged.write_bytes(data)
    source = RealSenseFile(damaged)
    frames = read_all(source)
    assert 0 < len(frames) < N_FRAMES
    for got, want in zip(frames, make_frames(N_FRAMES), strict=False):
        assert_same_depth(got, want)
        if got.frame.color_rgb is not None:
            assert want.frame.color_rgb is not None
            assert np.array_equal(got.frame.color_rgb, want.frame.color_rgb)
    assert source.damage is not None


@pytest.fixture
def editable(recording: Path, tmp_path: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    path = tmp_path / "edited.db3"
    path.write_bytes(recording.read_bytes())
    with closing(sqlite3.connect(path)) as database:
        yield path, database


def delete_messages(database: sqlite3.Connection, topics: str) -> None:
    chosen = "SELECT id FROM topics WHERE name LIKE ?"
    database.execute(f"DELETE FROM messages WHERE topic_id IN ({chosen})", (topics,))  # noqa: S608
    database.commit()


def test_missing_depth_unit_is_refused(editable: tuple[Path, sqlite3.Connection]) -> None:
    path, database = editable
    delete_messages(database, "%Depth_Uni%")
    with pytest.raises(SourceError, match="does not state its depth unit"):
        RealSenseFile(path)


def test_recording_without_depth_is_refused(editable: tuple[Path, sqlite3.Connection]) -> None:
    path, database = editable
    delete_messages(database, "%/Depth_0/%")
    with pytest.raises(SourceError, match="holds no depth images"):
        RealSenseFile(path)


def test_failed_writing_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[SourceFrame]:
        yield from make_frames(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_db3(tmp_path / "out.db3", broken(), INTRINSICS, UNIT_MM)
    assert list(tmp_path.iterdir()) == []


def test_unit_that_the_format_would_round_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_db3(tmp_path / "out.db3", [], INTRINSICS, 0.0625 / 3)
    assert list(tmp_path.iterdir()) == []


def test_existing_file_is_not_overwritten(recording: Path) -> None:
    before = recording.stat().st_mtime_ns
    with pytest.raises(UsageError, match="exists"):
        write_db3(recording, [], INTRINSICS, UNIT_MM)
    assert recording.stat().st_mtime_ns == before


def test_survey_counts_what_is_there(recording: Path) -> None:
    survey = survey_db3(recording)
    assert (survey.n_depth, survey.n_color, survey.damage) == (N_FRAMES, N_FRAMES - 1, None)


real_bag = pytest.mark.skipif(not BAG.exists(), reason=f"no recording at {BAG}")


@pytest.mark.real_data
@real_bag
def test_real_bag_is_read_as_described() -> None:
    source = RealSenseFile(BAG)
    header = source.header
    assert header.device_name == "Intel RealSense D435"
    assert header.depth_unit_mm == 1.0
    assert (header.n_frames, source.n_color_images) == (2, 1)
    k = header.intrinsics
    assert (k.width, k.height) == (640, 480)
    assert np.allclose([k.fx, k.fy, k.cx, k.cy], [390.43, 390.43, 331.39, 242.19], atol=README_PX)
    assert source.color is not None
    c = source.color.intrinsics
    assert np.allclose([c.fx, c.fy, c.cx, c.cy], [613.20, 613.42, 319.94, 239.18], atol=README_PX)
    translation_mm = source.color.color_from_depth[:3, 3]
    assert np.allclose(translation_mm, [14.311, 0.602, 0.611], atol=README_MM)
    frames = read_all(source)
    assert [f.frame.frame_index for f in frames] == [169, 170]
    assert [f.frame.stamp_ns for f in frames] == [360_811_863_000, 360_978_539_000]
    assert source.damage is None
    depth_mm = frames[1].frame.depth_mm
    assert np.median(depth_mm[depth_mm > 0]) == 1478.0


@pytest.mark.real_data
@real_bag
@pytest.mark.parametrize(("fraction", "n_frames"), [(0.999, 2), (0.9, 1), (0.73, 1), (0.6, 1)])
def test_cut_real_bag_gives_every_whole_frame(
    tmp_path: Path, fraction: float, n_frames: int
) -> None:
    whole = read_all(RealSenseFile(BAG))
    source = RealSenseFile(cut(BAG, tmp_path / "cut.bag", fraction))
    frames = read_all(source)
    assert len(frames) == n_frames
    for got, want in zip(frames, whole, strict=False):
        assert_same_depth(got, want)
    assert source.damage is not None
    assert "cut short" in source.damage


@pytest.mark.real_data
@real_bag
def test_real_bag_damaged_in_the_middle(tmp_path: Path) -> None:
    data = bytearray(BAG.read_bytes())
    start = int(len(data) * 0.85)
    data[start : start + 50] = bytes(50)
    damaged = tmp_path / "damaged.bag"
    damaged.write_bytes(data)
    source = RealSenseFile(damaged)
    assert len(read_all(source)) == 1
    assert source.damage is not None


@pytest.mark.real_data
@real_bag
def test_real_bag_without_its_first_chunk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no readable header"):
        RealSenseFile(cut(BAG, tmp_path / "cut.bag", 0.3))


@pytest.mark.real_data
@real_bag
def test_survey_never_fails_on_damaged_bags(tmp_path: Path) -> None:
    data = BAG.read_bytes()
    rng = np.random.default_rng(2)
    damaged = tmp_path / "damaged.bag"
    for _ in range(20):
        flipped = bytearray(data)
        for offset in rng.integers(0, len(data), 3):
            flipped[offset] ^= 0x5A
        damaged.write_bytes(flipped[: int(rng.integers(1, len(data)))])
        survey = survey_bag(damaged).result()
        assert survey.damage is not None
        assert survey.n_depth <= 2
