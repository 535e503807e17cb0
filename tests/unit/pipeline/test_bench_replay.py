"""`bench replay` on a few frames; and that another byte would be noticed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pipeline.benchmarks import replays
from pipeline.benchmarks.replays import digest_of, replay_bench
from recordings.progress import unheard


@pytest.mark.slow
def test_two_replays_are_equal() -> None:
    found = replay_bench(2, 0, unheard, last=3, segmenter="masks")
    assert not found.is_failed
    assert found.goals[0].value == 0.0


def test_another_byte_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process runs: what two of them left is made up here."""
    digests = iter([(4, "a"), (4, "b")])
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), 0))
    monkeypatch.setattr(replays, "digest_of", lambda _out: next(digests))
    found = replay_bench(2, 0, unheard, last=1, segmenter="masks")
    assert found.is_failed
    assert found.goals[0].value == 1.0


def test_times_alone_may_differ(tmp_path: Path) -> None:
    def written(name: str, value: float, ms: float) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        record = {"frame_index": 0, "value": value, "stage_ms": {"total": ms}}
        (folder / "records.jsonl").write_text(json.dumps(record) + "\n")
        (folder / "summary.json").write_text(json.dumps({"n": 1, "times": {"total": ms}}))
        return folder

    first = digest_of(written("a", 1.0, 5.0))
    assert digest_of(written("b", 1.0, 6.0)) == first
    assert digest_of(written("c", 1.0 + 2**-52, 5.0)) != first
