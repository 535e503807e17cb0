"""Workers of a killed process do not live on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

POOL = """
from pathlib import Path
from pipeline.benchmarks.side_by_side import side_by_side
from tests.unit.recordings.test_worker_end import noted

if __name__ == "__main__":
    side_by_side(noted, [{folder!r}] * 8, lambda done, total: None)
"""
PATIENCE_S = 60.0


def noted(folder: str) -> None:
    """A worker's piece: says who works, and is never done."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(10 * PATIENCE_S)


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    folder = tmp_path / "workers"
    folder.mkdir()
    script.write_text(POOL.format(folder=str(folder)), encoding="utf-8")
    root = Path(__file__).parents[3]
    command = [sys.executable, str(script)]
    # what a killed pool leaves behind is cleaned up by its resource tracker, which says so
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=root, env=_found(root), stderr=quiet) as pool:
        deadline = time.monotonic() + PATIENCE_S
        while len(workers := _workers(folder)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        pool.send_signal(signal.SIGKILL)
    assert len(workers) == 2
    while any(map(_lives, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_lives, workers))


def _found(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root)}


def _workers(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir()]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or ") Z " not in state.read_text(encoding="ascii", errors="replace")
