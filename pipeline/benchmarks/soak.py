"""`bench soak`: a live loop at 30 fps for hours, recording and with a viewer; does anything grow.

A minute of simulated docked frames at 848x480, made before and played over again. The recorder goes
on in a next file by itself before one reaches 5 GB; a finished one is deleted. Memory, files and
threads of the session's process, the display's and the recorder's are looked at every few seconds;
the slope of the memory is fitted behind the warm-up, a quarter of the run. The recorder keeps an
index entry for every frame of the part that it writes, and lets go of them with the part: of it the
median of each part is fitted, so that neither this nor a single look is taken for growth.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.benchmarks.end_to_end import PacedSession, Part
from pipeline.benchmarks.findings import Findings, Goal, TextTable, percentiles, shown
from pipeline.benchmarks.serve_scene import Clients, memory_mb
from pipeline.config.display_settings import DisplaySettings
from pipeline.display.opening import recorded_age
from pipeline.display.publisher import Publisher
from pipeline.display.serving import serving
from pipeline.recorder.client import recording_to
from pipeline.recorder.noting import SessionNotes
from pipeline.recorder.recorder_status import RecorderStatus
from recordings.progress import Report
from recordings.session.part_limit import LIMIT_BYTES
from recordings.session.parts import part_path

FRAMES_PER_LOOK = 300  # ten seconds
FRAMES_PER_MINUTE = 1800
WARM_UP_SHARE = 0.25  # of the looks: a heap takes three or four parts to its largest size
SLOPE_GOAL_MIB_H = 1.0
PORT = 47344


@dataclass(eq=False)
class Looks:
    """What was seen of one process, one entry a look.

    `parts`: the part of the recording that was written; empty where the process knows of none.
    """

    hours: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    n_files: list[int] = field(default_factory=list)
    n_threads: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)

    def take(self, process_id: int, hours: float, part: int | None = None) -> None:
        """Look once."""
        if part is not None:
            self.parts.append(part)
        place = Path(f"/proc/{process_id}")
        self.hours.append(hours)
        self.memory_mib.append(memory_mb(process_id))
        self.n_files.append(len(list((place / "fd").iterdir())))
        self.n_threads.append(len(list((place / "task").iterdir())))

    @property
    def n_warm_up(self) -> int:
        """Looks that do not count."""
        return int(WARM_UP_SHARE * len(self.hours))

    def slope(self) -> float | None:
        """Of the memory, MiB an hour, behind the warm-up; None of fewer than three to fit."""
        hours, values = self.hours[self.n_warm_up :], self.memory_mib[self.n_warm_up :]
        if self.parts:
            hours, values = self._medians()
        if len(hours) < 3:
            return None
        return float(np.polyfit(hours, values, 1)[0])

    def _medians(self) -> tuple[list[float], list[float]]:
        """When and how large the memory was in the middle of each whole part behind the warm-up."""
        hours, values = [], []
        for part in range(self.parts[self.n_warm_up] + 1, max(self.parts)):
            looks = [k for k, seen in enumerate(self.parts) if seen == part]
            if looks:
                hours.append(float(np.median([self.hours[k] for k in looks])))
                values.append(float(np.median([self.memory_mib[k] for k in looks])))
        return hours, values

    def growth(self, counts: list[int]) -> float | None:
        """Of the largest number behind the warm-up over that at its end."""
        after = counts[self.n_warm_up :]
        return float(max(after) - after[0]) if after else None


@dataclass(eq=False)
class Pace:
    """How the loop fared, one entry a look: kept small, since it is part of the memory."""

    n_processed: int = 0
    n_passed: int = 0
    n_skipped: int = 0
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)

    def add(self, part: Part) -> None:
        """Count what was run between two looks."""
        self.n_processed += len(part.verdict_ms)
        self.n_passed += part.n_passed
        self.n_skipped += part.n_skipped
        if part.verdict_ms:
            self.p50_ms.append(float(np.percentile(part.verdict_ms, 50)))
            self.p99_ms.append(float(np.percentile(part.verdict_ms, 99)))


def soak_bench(
    minutes: float, seed: int, report: Report, *, limit_bytes: int = LIMIT_BYTES
) -> Findings:
    """Run that long."""
    n_frames = round(minutes * FRAMES_PER_MINUTE)
    session, pace = PacedSession(seed, min(n_frames, FRAMES_PER_MINUTE)), Pace()
    looks = {name: Looks() for name in ("session", "display", "recorder")}
    per_look = min(FRAMES_PER_LOOK, max(1, n_frames // 4))
    n_in, n_deleted = 0, 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        publisher = Publisher(session.context, recorded_age)
        settings = DisplaySettings(port=PORT)
        server = stack.enter_context(
            serving(settings, session.context, publisher, lambda _line: None)
        )
        server.wait_until_up()
        host = server.place.console_url.split("/")[2]
        viewer = Clients("watch", host, "console", server.place.token)
        path = folder / "session.mcap"
        recorder = stack.enter_context(recording_to(path, session.header, limit_bytes=limit_bytes))
        notes, started_s = SessionNotes(recorder), time.monotonic()
        of = {
            "session": os.getpid(),
            "display": server.process_id,
            "recorder": recorder.process_id,
        }
        while n_in < n_frames:
            now = min(per_look, n_frames - n_in)
            session.run(now, part := Part(), notes, publisher)
            pace.add(part)
            n_in += now
            hours = (time.monotonic() - started_s) / 3600
            for name, process_id in of.items():
                part_now = recorder.status.n_parts if name == "recorder" else None
                looks[name].take(process_id, hours, part_now)
            n_deleted = without_finished(path, n_deleted, recorder.status.n_parts)
            report(n_in, n_frames)
        status = recorder.close()
        viewer.found()
    return _findings(n_in, pace, looks, status)


def without_finished(path: Path, n_deleted: int, n_begun: int) -> int:
    """Delete the parts before the one that is written; return how many are gone."""
    for part in range(n_deleted + 1, n_begun):
        part_path(path, part).unlink()
    return max(n_deleted, n_begun - 1)


def _findings(n_in: int, pace: Pace, looks: dict[str, Looks], status: RecorderStatus) -> Findings:
    missing = n_in - pace.n_processed - pace.n_skipped
    lost = pace.n_processed - status.n_written - status.n_dropped
    counts = (n_in, pace.n_processed, pace.n_passed, pace.n_skipped, missing)
    written = (status.n_written, status.n_dropped, lost, status.n_parts)
    frames = TextTable(
        f"{looks['session'].hours[-1] * 60:.1f} minutes at 30 fps, recording, one viewer",
        (
            *("frames in", "processed", "passed every check", "skipped", "unaccounted"),
            *("written", "dropped", "unaccounted", "files"),
        ),
        [tuple(str(n) for n in (*counts, *written))],
        "Skipped: a newer frame had come. Dropped: decided, and no room in the recorder's queue. "
        + status.failure,
    )
    quarter = max(1, len(pace.p50_ms) // 4)
    latency = TextTable(
        "Arrival to verdict, ms: over the looks",
        ("quarter", "p50 of the looks' p50 / p99", "p50 of the looks' p99 / largest"),
        [
            (name, percentiles(p50, (50, 99), 1), percentiles(p99, (50, 100), 1))
            for name, p50, p99 in (
                ("first", pace.p50_ms[:quarter], pace.p99_ms[:quarter]),
                ("last", pace.p50_ms[-quarter:], pace.p99_ms[-quarter:]),
            )
        ],
    )
    rows, goals = [], []
    for name, seen in looks.items():
        slope = seen.slope()
        files, threads = seen.growth(seen.n_files), seen.growth(seen.n_threads)
        ends = (f"{seen.memory_mib[0]:.0f}", f"{seen.memory_mib[-1]:.0f}", shown(slope, 2))
        rows.append((name, *ends, str(seen.n_files[-1]), str(seen.n_threads[-1])))
        goals += [
            Goal(f"slope of the {name}'s memory, MiB/h", slope, SLOPE_GOAL_MIB_H),
            Goal(f"growth of the {name}'s open files", files, 0.0),
            Goal(f"growth of the {name}'s threads", threads, 0.0),
        ]
    memory = TextTable(
        "Processes: memory in MiB, its slope behind the warm-up; files and threads at the end",
        ("process", "first", "last", "slope MiB/h", "files", "threads"),
        rows,
    )
    accounts = (
        Goal("frames in, less processed and skipped", float(abs(missing)), 0.0),
        Goal("frames processed, less written and dropped", float(abs(lost)), 0.0),
    )
    data = {
        "looks": {name: vars(seen) for name, seen in looks.items()},
        "recorder": status.to_json(),
        "pace": vars(pace),
    }
    return Findings(
        (frames, latency, memory),
        (*accounts, *goals),
        data,
        is_failed=missing != 0 or lost != 0,
    )
