"""What `bench soak` and `bench end-to-end` count, and what they would notice."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline.benchmarks.end_to_end import PacedSession, Part
from pipeline.benchmarks.soak import Looks, soak_bench, without_finished
from pipeline.recorder.client import recording_to
from pipeline.recorder.noting import SessionNotes
from recordings.session.parts import part_path
from recordings.session.reader import SessionSource
from tests.recording_frames import read_all


def looked(growth_mib_h: float, n: int = 400) -> Looks:
    looks = Looks()
    looks.hours = (np.arange(n) * 10 / 3600).tolist()
    noise = np.random.default_rng(0).normal(0, 0.01, n)
    looks.memory_mib = (300 + growth_mib_h * np.array(looks.hours) + noise).tolist()
    looks.n_files = [20] * n
    return looks


def test_a_slope_is_found_behind_the_warm_up() -> None:
    assert looked(0.0).slope() == pytest.approx(0.0, abs=0.05)
    grows = looked(2.0)
    grows.memory_mib[:50] = [500.0] * 50  # start-up
    assert grows.slope() == pytest.approx(2.0, abs=0.05)
    assert looked(1.0, n=2).slope() is None


def saw(growth_mib_h: float) -> Looks:
    """A recorder of two hours: 20 MiB come and go with every part of ten minutes."""
    looks = looked(growth_mib_h, n=720)
    looks.parts = [1 + k // 60 for k in range(720)]
    looks.memory_mib = [m + (k % 60) / 3 for k, m in enumerate(looks.memory_mib)]
    looks.memory_mib[:120] = [m - 9 for m in looks.memory_mib[:120]]  # the heap is not full yet
    looks.memory_mib[700] += 200.0  # one look among them, within something large
    return looks


@pytest.mark.parametrize("growth_mib_h", [0.0, 0.5, 4.0])
def test_what_comes_and_goes_with_a_part_is_no_growth(growth_mib_h: float) -> None:
    assert saw(growth_mib_h).slope() == pytest.approx(growth_mib_h, abs=0.1)
    few = saw(0.0)
    few.parts = [1] * 720
    assert few.slope() is None


def test_a_file_that_stays_open_is_growth() -> None:
    looks = looked(0.0)
    assert looks.growth(looks.n_files) == 0.0
    looks.n_files[-1] = 21
    assert looks.growth(looks.n_files) == 1.0


def test_a_look_sees_memory_files_and_threads_of_a_process(tmp_path: Path) -> None:
    looks = Looks()
    looks.take(os.getpid(), 0.0)
    with (tmp_path / "open").open("wb"), ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        looks.take(os.getpid(), 0.1)
    assert looks.memory_mib[0] > 1
    assert looks.n_files[1] == looks.n_files[0] + 1
    assert looks.n_threads[1] == looks.n_threads[0] + 1


def test_only_the_part_that_is_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    for part in (1, 2, 3):
        part_path(path, part).write_bytes(b"")
    assert without_finished(path, 0, 1) == 0
    assert without_finished(path, 0, 3) == 2
    assert without_finished(path, 2, 3) == 2
    assert list(tmp_path.iterdir()) == [part_path(path, 3)]


@pytest.mark.slow
def test_a_short_soak_knows_every_frame() -> None:
    of_few_frames = 2_000_000  # a slow machine processes few of the 90
    findings = soak_bench(0.05, 0, lambda _done, _of: None, limit_bytes=of_few_frames)
    assert not findings.is_failed
    recorder = findings.data["recorder"]
    assert isinstance(recorder, dict)
    assert recorder["n_parts"] > 1
    accounts = [goal for goal in findings.goals if goal.name.startswith("frames")]
    assert len(accounts) == 2
    assert all(goal.is_met for goal in accounts)


@pytest.mark.slow
def test_every_frame_is_processed_or_skipped_and_recorded(tmp_path: Path) -> None:
    session, part = PacedSession(0, 40), Part()
    session.period_ns = 15_000_000  # too fast: some are overtaken
    with recording_to(tmp_path / "s.mcap", session.header, max_waiting=100) as recorder:
        session.run(40, part, SessionNotes(recorder), None)
        status = recorder.close()
    assert part.n_skipped > 0
    assert len(part.verdict_ms) + part.n_skipped == 40
    assert (status.n_written, status.n_dropped) == (len(part.verdict_ms), 0)
    frames = read_all(SessionSource(tmp_path / "s.mcap"))
    assert len(frames) == status.n_written
    assert all(frame.live is not None for frame in frames)
