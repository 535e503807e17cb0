"""The recorder of a live session: bounded, told, and never waited for."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.benchmarks.recording_scene import noise_frame, noise_header
from pipeline.recorder import client
from pipeline.recorder.client import LiveRecorder, recording_to
from pipeline.recorder.handed import Handed
from pipeline.recorder.recorder_status import StorageTrouble
from recordings.images import decode_jpeg, encode_jpeg
from recordings.session.reader import SessionSource
from tests.recording_frames import read_all
from tracking.errors import SourceError, UsageError
from tracking.frame import LiveNotes

PATIENCE_S = 20.0
NEVER_WAITS_S = 0.02
NOTES = LiveNotes('{"a": 1}', '{"b": 2}')


def handed(index: int) -> Callable[[], Handed]:
    return lambda: Handed.of(noise_frame(index, 0), None, NOTES)


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[LiveRecorder]:
    with recording_to(tmp_path / "s.mcap", noise_header(), max_waiting=10) as made:
        yield made


def test_what_is_handed_over_is_in_the_file(recorder: LiveRecorder, tmp_path: Path) -> None:
    assert all(recorder.write(handed(k)) for k in range(8))
    status = recorder.close()
    assert (status.n_written, status.n_dropped, status.failure) == (8, 0, "")
    source = SessionSource(tmp_path / "s.mcap")
    frames = read_all(source)
    assert source.damage is None
    assert len(frames) == source.header.n_frames == 8
    assert all(frame.live == NOTES for frame in frames)
    for k, frame in enumerate(frames):
        assert (frame.frame.depth_raw == noise_frame(k, 0).frame.depth_raw).all()


def test_colour_that_was_encoded_is_not_encoded_again(
    recorder: LiveRecorder, tmp_path: Path
) -> None:
    frame = noise_frame(0, 0)
    assert frame.frame.color_rgb is not None
    jpeg = encode_jpeg(frame.frame.color_rgb)
    recorder.write(lambda: Handed.of(frame, jpeg, None))
    recorder.close()
    [read] = read_all(SessionSource(tmp_path / "s.mcap"))
    assert read.frame.color_rgb is not None
    assert (read.frame.color_rgb == decode_jpeg(jpeg, frame.frame.intrinsics.shape)).all()
    assert read.live is None


def test_a_slow_disk_delays_nobody_and_is_told(recorder: LiveRecorder, tmp_path: Path) -> None:
    os.kill(recorder.process_id, signal.SIGSTOP)
    slowest, n_taken = 0.0, 0
    for k in range(200):
        start = time.perf_counter()
        n_taken += recorder.write(handed(k))
        slowest = max(slowest, time.perf_counter() - start)
        time.sleep(0.001)
    status = recorder.status
    os.kill(recorder.process_id, signal.SIGCONT)
    assert slowest < NEVER_WAITS_S
    assert status.n_dropped == 200 - n_taken > 0
    assert "too slow" in status.warning
    assert not status.failure
    assert recorder.close().n_written == n_taken
    frames = read_all(SessionSource(tmp_path / "s.mcap"))
    assert len(frames) == n_taken


def test_a_disk_that_takes_nothing_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "STUCK_S", 0.3)
    monkeypatch.setattr(client, "END_S", 0.5)
    recorder = LiveRecorder(tmp_path / "s.mcap", noise_header())
    os.kill(recorder.process_id, signal.SIGSTOP)
    for k in range(100):
        recorder.write(handed(k))
        time.sleep(0.005)
    assert until(lambda: bool(recorder.status.failure))
    assert "has taken nothing" in recorder.status.warning
    assert not recorder.write(handed(100))
    recorder.close()


def test_a_file_that_is_not_finished_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "END_S", 1.0)
    recorder = LiveRecorder(tmp_path / "s.mcap", noise_header())
    assert recorder.write(handed(0))
    assert until(lambda: recorder.status.n_written == 1)
    os.kill(recorder.process_id, signal.SIGSTOP)
    recorder.close()
    assert until(lambda: bool(recorder.status.failure))
    assert "not finished its file" in recorder.status.failure
    assert "has taken nothing" not in recorder.status.failure


def test_a_full_disk_is_a_failure_and_what_was_written_stays(
    recorder: LiveRecorder, tmp_path: Path
) -> None:
    path = tmp_path / "s.mcap"
    for k in range(5):
        recorder.write(handed(k))
    assert until(lambda: recorder.status.n_written == 5)
    full = path.stat().st_size + 1000
    resource.prlimit(recorder.process_id, resource.RLIMIT_FSIZE, (full, full))
    n_before = 5
    for k in range(5, 15):
        recorder.write(handed(k))
    assert until(lambda: bool(recorder.status.failure))
    assert "large" in recorder.status.failure  # as the system says it
    assert "Not recorded any more" in recorder.status.warning
    assert not recorder.write(handed(20))
    source = SessionSource(path)
    frames = read_all(source)
    assert len(frames) >= n_before
    for k, frame in enumerate(frames):
        assert (frame.frame.depth_raw == noise_frame(k, 0).frame.depth_raw).all()
    assert source.damage


def test_a_killed_writer_is_noticed_and_costs_what_it_had_in_hand(
    recorder: LiveRecorder, tmp_path: Path
) -> None:
    for k in range(5):
        recorder.write(handed(k))
    assert until(lambda: recorder.status.n_written == 5)
    os.kill(recorder.process_id, signal.SIGKILL)
    assert until(lambda: bool(recorder.status.failure))
    assert len(read_all(SessionSource(tmp_path / "s.mcap"))) == 5


def test_a_frame_that_cannot_be_told_is_a_failure(recorder: LiveRecorder) -> None:
    def untold() -> Handed:
        raise SourceError("what it says cannot be read")

    assert recorder.write(handed(0))
    assert recorder.write(untold)
    assert until(lambda: bool(recorder.status.failure))
    assert "cannot be read" in recorder.status.failure
    assert not recorder.write(handed(1))
    status = recorder.close()
    assert status.n_written + status.n_dropped == 3


def test_a_frame_that_fails_in_an_unforeseen_way_is_no_silence(recorder: LiveRecorder) -> None:
    def untold() -> Handed:
        raise KeyError("nothing of that name")

    assert recorder.write(handed(0))
    assert recorder.write(untold)
    assert until(lambda: bool(recorder.status.failure))
    assert "KeyError" in recorder.status.failure
    status = recorder.close()
    assert status.n_written + status.n_dropped == 2


def test_a_disk_that_is_slow_to_ask_flickers_nothing(
    recorder: LiveRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(Path.cwd())

    def slowly(_path: Path) -> object:
        time.sleep(0.02)
        return free

    monkeypatch.setattr(client, "LOW_BYTES", 2**60)
    monkeypatch.setattr(client, "LOOK_S", 0.01)
    monkeypatch.setattr(shutil, "disk_usage", slowly)
    assert until(lambda: StorageTrouble.NEARLY_FULL in recorder.status.troubles)
    for _ in range(300):
        assert StorageTrouble.NEARLY_FULL in recorder.status.troubles
        time.sleep(0.002)


def test_a_disk_that_is_nearly_full_is_a_warning(
    recorder: LiveRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LOW_BYTES", 2**60)
    assert until(lambda: "nearly full" in recorder.status.warning)
    assert not recorder.status.failure
    assert recorder.write(handed(0))


def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    taken = tmp_path / "taken.mcap"
    taken.write_bytes(b"x")
    for path in (taken, tmp_path / "no folder" / "s.mcap"):
        with pytest.raises(UsageError, match="cannot be recorded"):
            LiveRecorder(path, noise_header())
    assert taken.read_bytes() == b"x"
