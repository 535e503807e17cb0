"""What `bench soak` and `bench end-to-end` count, and what they would notice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.benchmarks.end_to_end import PacedSession, Part
from pipeline.benchmarks.soak import Looks
from pipeline.recorder.client import recording_to
from pipeline.recorder.noting import SessionNotes
from recordings.session.reader import SessionSource
from tests.recording_frames import read_all


def looked(growth_mib_h: float, n: int = 400) -> Looks:
    looks = Looks()
    looks.hours = (np.arange(n) * 10 / 3600).tolist()
    noise = np.random.default_rng(0).normal(0, 0.01, n)
    looks.session_mb = (300 + growth_mib_h * np.array(looks.hours) + noise).tolist()
    looks.n_files = [20] * n
    return looks


def test_a_slope_is_found_behind_the_warm_up() -> None:
    assert looked(0.0).slope(looked(0.0).session_mb) == pytest.approx(0.0, abs=0.05)
    grows = looked(2.0)
    grows.session_mb[:50] = [500.0] * 50  # start-up
    assert grows.slope(grows.session_mb) == pytest.approx(2.0, abs=0.05)
    assert looked(1.0, n=2).slope([1.0, 2.0]) is None


def test_a_file_that_stays_open_is_growth() -> None:
    looks = looked(0.0)
    assert looks.growth(looks.n_files) == 0.0
    looks.n_files[-1] = 21
    assert looks.growth(looks.n_files) == 1.0


def test_every_frame_is_processed_or_skipped_and_recorded(tmp_path: Path) -> None:
    session, part = PacedSession(0), Part()
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
