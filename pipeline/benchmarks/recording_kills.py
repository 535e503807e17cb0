"""Sessions that are killed while they record at 30 fps: how many frames are lost.

Every second time the session is killed, every second time its writer (and the session at once
after it). A frame counts as lost if it was handed to the recorder, and is not in the file.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.benchmarks.recording_scene import CAMERA_848, PERIOD_NS, noise_header, smooth_frame
from pipeline.recorder.client import recording_to
from pipeline.recorder.handed import Handed
from recordings.session.reader import SessionSource
from tracking.errors import SourceError

ROOT = Path(__file__).resolve().parents[2]
N_KEPT = 8  # frames that are handed over again and again: a scene costs more than a recording
LONGEST_S = 60.0
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Kill:
    """One killed recording; `n_lost` None: the file does not open."""

    of_writer: bool
    n_handed: int
    n_lost: int | None


def kill_once(path: Path, *, of_writer: bool, after_s: float) -> Kill:
    """Record in a process of its own, kill it, and count."""
    session = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "pipeline.benchmarks.recording_kills", str(path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    said = session.stdout
    if said is None:
        raise RuntimeError("a pipe was asked for")
    writer_id = int(said.readline())
    time.sleep(after_s)
    if of_writer:
        os.kill(writer_id, signal.SIGKILL)
    session.kill()
    n_handed = sum(1 for line in said if line.endswith("\n"))
    session.wait()
    said.close()
    _wait_for_end_of(writer_id)
    return Kill(of_writer, n_handed, _lost(path, n_handed))


def _wait_for_end_of(process_id: int) -> None:
    """The writer of a killed session finishes its file, and ends."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        status = Path("/proc", str(process_id), "stat")
        try:
            is_dead = status.read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return
        if is_dead:
            return
        time.sleep(0.02)


def _lost(path: Path, n_handed: int) -> int | None:
    try:
        source = SessionSource(path)
    except SourceError:
        return None
    n_frames = 0
    while source.read() is not None:
        n_frames += 1
    source.close()
    return max(0, n_handed - n_frames)


def main() -> int:
    """Record at 30 fps until killed; say each frame that was handed over."""
    frames = [smooth_frame(k, 0) for k in range(N_KEPT)]
    period_s = PERIOD_NS / 1e9
    with recording_to(Path(sys.argv[1]), noise_header(CAMERA_848)) as recorder:
        _say(str(recorder.process_id))
        start_s, index = time.monotonic(), 0
        while (now_s := time.monotonic() - start_s) < LONGEST_S:
            time.sleep(max(0.0, index * period_s - now_s))
            frame = frames[index % N_KEPT]
            if recorder.write(lambda frame=frame: Handed.of(frame, None, None)):  # type: ignore[misc]
                _say(str(index))
            index += 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def moments(n_kills: int, rng: np.random.Generator) -> list[float]:
    """When each is killed, in seconds after the recorder is ready."""
    return [float(s) for s in rng.uniform(0.3, 2.0, n_kills)]


if __name__ == "__main__":
    sys.exit(main())
