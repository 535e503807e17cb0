"""What `bench serve` runs: a tracker at a camera's pace, its display, and who looks at it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.loading import load_segmenter
from pipeline.benchmarks.machine import ROOT
from pipeline.benchmarks.simulated import BenchStream, bench_config
from pipeline.display.opening import recorded_age
from pipeline.display.publisher import Publisher
from pipeline.evidence import evidence_for
from pipeline.garbage import collected_between_frames
from pipeline.precedence import ahead_of_others
from pipeline.replay import run_context
from pipeline.sinks.sink import FrameResult
from pipeline.sinks.steadier import PoseSteadier
from pipeline.tracker import Tracker
from tracking.frame import SourceFrame

N_WARM_UP = 30
REFRESH_NS = 1e9 / 60  # of the browser's screen
END_S = 30.0
CHROMIUM = "chromium"
CHROMIUM_ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--window-size=1920,1080",
)


@dataclass(eq=False)
class Costs:
    """Of each frame of one part of the run.

    Attributes
    ----------
    total_ms
        The tracker's frame.
    emit_us, emit_cpu_us
        What handing over to the display took the loop: elapsed, and its thread's own time.
    late_ms
        After the frame was due: what a loop that cannot keep up would pile up.
    """

    total_ms: list[float] = field(default_factory=list)
    emit_us: list[float] = field(default_factory=list)
    emit_cpu_us: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)


class Loop:
    """The tracking loop over simulated docked frames at 848x480.

    Attributes
    ----------
    transfer_ms : float
        Exposure to arrival, the same for every frame: an assumption of the simulation.
    """

    def __init__(self, seed: int) -> None:
        header, config = bench_config()
        start = evidence_for(header, config.rig, now=None)
        self.context = run_context(header, config, start)
        self._tracker = Tracker(config, load_segmenter("onnx"), start.evidence)
        self._steadier = PoseSteadier()
        self._stream = BenchStream(seed)
        self.transfer_ms, self._period_ns = self._stream.transfer_ms, self._stream.period_ns
        self._position = 0
        self._due_ns = 0

    def run(self, n_frames: int, publisher: Publisher | None, phase: float = 0.0) -> Costs:
        """Process frames as they are due, and show them where there is a publisher.

        `phase`: by how much of a screen's period frames come later than at a phase of 0, on the
        machine's clock.
        """
        costs = Costs()
        with ahead_of_others(), collected_between_frames() as collect:
            n_periods = time.monotonic_ns() // self._period_ns + 1
            self._due_ns = n_periods * self._period_ns + round(phase * REFRESH_NS)
            for _ in range(n_frames):
                self._wait(costs)
                frame = self._next()
                if publisher is not None:
                    publisher.ahead(frame)
                result = self._tracker.process(frame)
                costs.total_ms.append(result.record.stage_ms["total"])
                if publisher is not None:
                    self._emit(result, publisher, costs)
                collect()
        return costs

    def _emit(self, result: FrameResult, publisher: Publisher, costs: Costs) -> None:
        shown = self._steadier.steadied(result)
        began_cpu_ns, began_ns = time.thread_time_ns(), time.perf_counter_ns()
        publisher.emit(shown)
        ended_ns, ended_cpu_ns = time.perf_counter_ns(), time.thread_time_ns()
        costs.emit_us.append((ended_ns - began_ns) / 1e3)
        costs.emit_cpu_us.append((ended_cpu_ns - began_cpu_ns) / 1e3)

    def publisher(self) -> Publisher:
        """A publisher of this loop's frames. Their age is the recorded one and the stages'."""
        return Publisher(self.context, recorded_age)

    def _wait(self, costs: Costs) -> None:
        self._due_ns += self._period_ns
        ahead_ns = self._due_ns - time.monotonic_ns()
        costs.late_ms.append(max(-ahead_ns, 0) / 1e6)
        if ahead_ns > 0:
            time.sleep(ahead_ns / 1e9)
        else:
            self._due_ns -= ahead_ns  # a camera drops what nobody takes

    def _next(self) -> SourceFrame:
        frame = self._stream.at(self._position)
        self._position += 1
        return frame


class Clients:
    """A process of `serve_clients`."""

    def __init__(self, what: str, host: str, role: str, token: str) -> None:
        command = [sys.executable, "-m", "pipeline.benchmarks.serve_clients", what]
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this project
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._tell(json.dumps({"host": host, "role": role, "token": token}) + "\n")
        if self._process.stdout is not None:
            self._process.stdout.readline()  # it is ready

    def found(self) -> dict[str, Any]:
        """End it and return what it found; empty where it died."""
        try:
            said, _ = self._process.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            said, _ = self._process.communicate()
        with suppress(ValueError):
            found: dict[str, Any] = json.loads(said)
            return found
        return {}

    def _tell(self, text: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(text)
            self._process.stdin.flush()


@contextmanager
def chromium(url: str, folder: Path) -> Iterator[bool]:
    """Chromium, full screen and without a window, at `url`; False where there is none."""
    path = shutil.which(CHROMIUM)
    if path is None:
        yield False
        return
    command: Sequence[str] = [path, *CHROMIUM_ARGUMENTS, f"--user-data-dir={folder}", url]
    browser = subprocess.Popen(  # noqa: S603 - Debian's browser
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield True
    finally:
        browser.terminate()
        try:
            browser.wait(END_S)
        except subprocess.TimeoutExpired:
            browser.kill()
            browser.wait()


def memory_mb(process_id: int) -> float:
    """Memory that a process holds now."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
