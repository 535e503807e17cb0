"""`bench soak`: a live loop at 30 fps for hours, recording and with a viewer; does anything grow.

Simulated docked frames at 848x480, rendered before and played to and fro. A recording is changed
for a new one before it reaches 5 GB, and the old one is deleted. Memory, files and threads are
looked at every few seconds; the slope of the memory is fitted behind the warm-up.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.benchmarks.end_to_end import PacedSession, Part
from pipeline.benchmarks.findings import Findings, Goal, Report, TextTable, shown
from pipeline.benchmarks.serve_scene import Clients, memory_mb
from pipeline.config.display_settings import DisplaySettings
from pipeline.display.opening import recorded_age
from pipeline.display.publisher import Publisher
from pipeline.display.serving import DisplayServer, serving
from pipeline.recorder.client import recording_to
from pipeline.recorder.noting import SessionNotes

ROTATE_BYTES = 4_500_000_000
FRAMES_PER_LOOK = 300  # ten seconds
FRAMES_PER_MINUTE = 1800
WARM_UP_SHARE, LONGEST_WARM_UP = 0.25, 60  # of the looks, and looks: ten minutes
SLOPE_GOAL_MIB_H = 1.0
PORT = 47344


@dataclass(eq=False)
class Looks:
    """What was seen of the session's process and the display's, one entry a look."""

    hours: list[float] = field(default_factory=list)
    session_mb: list[float] = field(default_factory=list)
    display_mb: list[float] = field(default_factory=list)
    n_files: list[int] = field(default_factory=list)
    n_threads: list[int] = field(default_factory=list)

    def take(self, started_s: float, server: DisplayServer) -> None:
        """Look once."""
        self.hours.append((time.monotonic() - started_s) / 3600)
        self.session_mb.append(memory_mb(os.getpid()))
        self.display_mb.append(memory_mb(server.process_id))
        self.n_files.append(len(list(Path("/proc/self/fd").iterdir())))
        self.n_threads.append(threading.active_count())

    @property
    def n_warm_up(self) -> int:
        """Looks that do not count."""
        return min(LONGEST_WARM_UP, int(WARM_UP_SHARE * len(self.hours)))

    def slope(self, mb: list[float]) -> float | None:
        """MiB an hour, behind the warm-up; None of fewer than three looks."""
        hours, values = self.hours[self.n_warm_up :], mb[self.n_warm_up :]
        if len(hours) < 3:
            return None
        return float(np.polyfit(hours, values, 1)[0])

    def growth(self, counts: list[int]) -> float | None:
        """Of the largest number behind the warm-up over that at its end."""
        after = counts[self.n_warm_up :]
        return float(max(after) - after[0]) if after else None


@dataclass(eq=False)
class Recorded:
    """Sums over all recordings."""

    n_files: int = 0
    n_handed: int = 0
    n_written: int = 0
    n_dropped: int = 0
    failures: list[str] = field(default_factory=list)


def soak_bench(
    minutes: float, seed: int, report: Report, *, rotate_bytes: int = ROTATE_BYTES
) -> Findings:
    """Run that long."""
    session, part, looks, recorded = PacedSession(seed), Part(), Looks(), Recorded()
    n_frames = round(minutes * FRAMES_PER_MINUTE)
    per_look = min(FRAMES_PER_LOOK, max(1, n_frames // 4))
    done = 0
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
        started_s = time.monotonic()
        while done < n_frames:
            path = folder / f"{recorded.n_files}.mcap"
            with recording_to(path, session.header) as recorder:
                notes, before = SessionNotes(recorder), len(part.verdict_ms)
                while done < n_frames and not _is_full(path, rotate_bytes):
                    session.run(per_look, part, notes, publisher)
                    done += per_look
                    looks.take(started_s, server)
                    report(min(done, n_frames), n_frames)
                status = recorder.close()
            recorded.n_files += 1
            recorded.n_handed += len(part.verdict_ms) - before
            recorded.n_written += status.n_written
            recorded.n_dropped += status.n_dropped
            recorded.failures += [status.failure] if status.failure else []
            path.unlink(missing_ok=True)
        viewer.found()
    return _findings(done, part, looks, recorded)


def _is_full(path: Path, rotate_bytes: int) -> bool:
    return path.exists() and path.stat().st_size >= rotate_bytes


def _findings(n_in: int, part: Part, looks: Looks, recorded: Recorded) -> Findings:
    n_processed = len(part.verdict_ms)
    missing = n_in - n_processed - part.n_skipped
    lost = recorded.n_handed - recorded.n_written - recorded.n_dropped
    frames = TextTable(
        f"{looks.hours[-1] * 60:.1f} minutes at 30 fps, recording, one viewer",
        ("frames in", "processed", "skipped", "unaccounted", "written", "dropped", "files"),
        [
            (
                *(str(n) for n in (n_in, n_processed, part.n_skipped, missing)),
                *(str(n) for n in (recorded.n_written, recorded.n_dropped, recorded.n_files)),
            )
        ],
        "Skipped: a newer frame had come. Dropped: decided, and no room in the recorder's queue. "
        + " ".join(recorded.failures),
    )
    rows = [
        (name, f"{mb[0]:.0f}", f"{mb[-1]:.0f}", shown(looks.slope(mb), 2))
        for name, mb in (("session", looks.session_mb), ("display", looks.display_mb))
    ]
    memory = TextTable(
        "Memory, MiB", ("process", "first", "last", "slope MiB/h behind the warm-up"), rows
    )
    of_session, of_display = looks.slope(looks.session_mb), looks.slope(looks.display_mb)
    goals = (
        Goal("frames in, less processed and skipped", float(abs(missing)), 0.0),
        Goal("frames handed to the recorder, less written and dropped", float(abs(lost)), 0.0),
        Goal("slope of the session's memory, MiB/h", of_session, SLOPE_GOAL_MIB_H),
        Goal("slope of the display's memory, MiB/h", of_display, SLOPE_GOAL_MIB_H),
        Goal("growth of open files", looks.growth(looks.n_files), 0.0),
        Goal("growth of threads", looks.growth(looks.n_threads), 0.0),
    )
    data = {"looks": vars(looks), "recorded": vars(recorded), "skipped": part.n_skipped}
    return Findings((frames, memory), goals, data, is_failed=missing != 0 or lost != 0)
