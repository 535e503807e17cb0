"""`bench recording` small; and that it would notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.benchmarks import recording, recording_scene
from pipeline.benchmarks.recording import recording_bench
from pipeline.benchmarks.recording_kills import Kill
from pipeline.benchmarks.recording_scene import (
    are_same,
    frame_ends,
    noise_frame,
    noise_session,
    read_bytes,
)
from recordings.progress import unheard
from recordings.session import reader


@pytest.mark.slow
def test_all_goals_are_met_on_a_few() -> None:
    found = recording_bench(200, 1, unheard)
    assert not found.is_failed
    assert [goal.value for goal in found.goals][:4] == [0.0] * 4
    assert found.goals[-1].value == 1.0


def test_a_reader_that_checks_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_check_hash", lambda *_: None)
    monkeypatch.setattr("recordings.session.chunks.zlib.crc32", lambda *_: 0)
    monkeypatch.setattr("recordings.session.messages.checked_data", lambda body: body[40:])
    monkeypatch.setattr(
        recording, "killed", lambda *_: [Kill(of_writer=False, n_handed=9, n_lost=0)]
    )
    found = recording_bench(300, 1, unheard)
    assert found.is_failed
    wrong = next(goal for goal in found.goals if goal.name == "files that yield a wrong frame")
    assert not wrong.is_met


def test_every_frame_is_its_own(tmp_path: Path) -> None:
    data = noise_session(tmp_path / "a.mcap", 3, 0, each_frame=True)
    assert len(frame_ends(data)) == 3
    found = read_bytes(data)
    assert found is not None
    frames, damage = found
    assert not damage
    assert are_same(frames, frames)
    assert not are_same(frames[1:], frames)
    assert not are_same([noise_frame(0, 1)], frames)
    assert recording_scene.read_bytes(b"nothing") is None
