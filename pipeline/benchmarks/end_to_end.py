"""`bench end-to-end`: a frame's arrival to its verdict at a camera's pace, 848x480 at 30 fps.

In turns alone, recording, and recording with the display and one viewer that draws every frame; so
all meet the same load. Arrival is when a frame was due; the verdict is there when the record is. A
frame that comes while the one before is still worked on waits, or is skipped once a newer one has
come: both are counted.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from models.loading import load_segmenter
from pipeline.benchmarks.findings import Findings, Goal, TextTable, percentiles
from pipeline.benchmarks.serve_scene import Clients
from pipeline.benchmarks.simulated import N_PLAYED, BenchStream, bench_config
from pipeline.config.display_settings import DisplaySettings
from pipeline.display.opening import recorded_age
from pipeline.display.publisher import Publisher
from pipeline.display.serving import serving
from pipeline.evidence import evidence_for
from pipeline.garbage import collected_between_frames
from pipeline.precedence import ahead_of_others
from pipeline.recorder.client import recording_to
from pipeline.recorder.noting import SessionNotes
from pipeline.recorder.recorder_status import RecorderStatus
from pipeline.recorder.texts import header_of_session
from pipeline.replay import run_context
from pipeline.sinks.steadier import PoseSteadier
from pipeline.surroundings import FrameFacts, Surroundings
from pipeline.tracker import Tracker, recorded_age_ms
from recordings.progress import Report
from recordings.realsense.db3_writer import write_db3
from recordings.source import SourceHeader
from tracking.frame import RgbdFrame

N_TURNS = 3
N_WARM_UP = 30
N_DB3 = 60
PER_MINUTE = 1800
P50_GOAL_MS, P99_GOAL_MS, RISE_GOAL = 20.0, 33.0, 0.10
PORT = 47343
PARTS = ("alone", "recording", "recording, one viewer")


@dataclass(eq=False)
class Part:
    """What was found of one way to run."""

    verdict_ms: list[float] = field(default_factory=list)
    n_skipped: int = 0
    n_passed: int = 0  # frames that passed every check: a FAULT would show less than a session does


class PacedSession:
    """The loop of a live session over simulated docked frames."""

    def __init__(self, seed: int, n_played: int = N_PLAYED) -> None:
        header, config = bench_config()
        self.config = config
        start = evidence_for(header, config.rig, now=None)
        self.context = run_context(header, config, start)
        self.segmenter = load_segmenter("onnx")
        self.header = header_of_session(
            replace(header, origin="live"), config, "bench", self.segmenter.model_id
        )
        self._around = Surroundings(start.evidence, faults=frozenset())
        self._tracker = Tracker(
            config, self.segmenter, start.evidence, age_ms=self._age_ms, ask=self._ask
        )
        self.stream = BenchStream(seed, n_played)
        self.period_ns = self.stream.period_ns
        self._steadier, self._position = PoseSteadier(), 0
        self._notes: SessionNotes | None = None

    def run(
        self, n_frames: int, part: Part, recorder: SessionNotes | None, publisher: Publisher | None
    ) -> None:
        """Process `n_frames` that are due, but for those that are overtaken."""
        self._notes = recorder
        end, first = self._position + n_frames, self._position
        with ahead_of_others(), collected_between_frames() as collect:
            start_ns = time.monotonic_ns()
            while self._position < end:
                due_ns = start_ns + (self._position - first) * self.period_ns
                ahead_ns = due_ns - time.monotonic_ns()
                if ahead_ns > 0:
                    time.sleep(ahead_ns / 1e9)
                n_late = min(max(0, -ahead_ns) // self.period_ns, end - self._position)
                if n_late:  # the newest frame is taken
                    part.n_skipped += n_late
                    self._position += n_late
                    continue
                frame = self.stream.at(self._position)
                self._position += 1
                if publisher is not None:
                    publisher.ahead(frame)
                notes = self._notes
                if notes is not None:
                    notes.begin(self._tracker)
                result = self._tracker.process(frame, None if notes is None else notes.as_recorded)
                part.verdict_ms.append((time.monotonic_ns() - due_ns) / 1e6)
                part.n_passed += result.record.decision.checks_passed
                if notes is not None:
                    notes.decided(result)
                if publisher is not None:
                    publisher.emit(self._steadier.steadied(result))
                collect()

    def _ask(self, facts: FrameFacts) -> Surroundings:
        if self._notes is None:
            return self._around
        return self._notes.around(lambda _facts: self._around)(facts)

    def _age_ms(self, frame: RgbdFrame) -> float:
        age = recorded_age_ms
        return age(frame) if self._notes is None else self._notes.aged(age)(frame)


def end_to_end_bench(n_frames: int, seed: int, report: Report) -> Findings:
    """Run `n_frames` of each part."""
    session = PacedSession(seed)
    parts = {name: Part() for name in PARTS}
    turn = max(1, n_frames // N_TURNS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="end-to-end-")))
        session.run(N_WARM_UP, Part(), None, None)
        path = folder / "session.mcap"
        recorder = stack.enter_context(recording_to(path, session.header))
        notes = SessionNotes(recorder)
        session.run(N_WARM_UP, warm := Part(), notes, None)
        done = 0
        for _ in range(N_TURNS):
            session.run(turn, parts["alone"], None, None)
            session.run(turn, parts["recording"], notes, None)
            _with_viewer(session, turn, parts["recording, one viewer"], notes)
            done += 3 * turn
            report(done, 3 * N_TURNS * turn)
        status = recorder.close()
        size = path.stat().st_size
        db3 = _db3_bytes(folder / "session.db3", session)
    n_recorded = sum(len(parts[name].verdict_ms) for name in PARTS[1:]) + len(warm.verdict_ms)
    return _findings(parts, N_TURNS * turn, status, n_recorded, size, db3)


def _with_viewer(session: PacedSession, n_frames: int, part: Part, notes: SessionNotes) -> None:
    publisher = Publisher(session.context, recorded_age)
    settings = DisplaySettings(port=PORT)
    with serving(settings, session.context, publisher, lambda _line: None) as server:
        server.wait_until_up()
        host = server.place.console_url.split("/")[2]
        viewer = Clients("watch", host, "console", server.place.token)
        session.run(N_WARM_UP, Part(), None, publisher)
        session.run(n_frames, part, notes, publisher)
        viewer.found()


def _db3_bytes(path: Path, session: PacedSession) -> float:
    """Of a frame in RealSense's own format."""
    header: SourceHeader = session.header
    frames = [session.stream.at(k) for k in range(N_DB3)]
    write_db3(path, frames, header.intrinsics, header.depth_unit_mm, serial=header.device_serial)
    return path.stat().st_size / N_DB3


def _findings(
    parts: dict[str, Part],
    n_due: int,
    status: RecorderStatus,
    n_recorded: int,
    size: int,
    db3: float,
) -> Findings:
    """`n_due`: frames that were due in each part."""
    rows = []
    for name, part in parts.items():
        within = percentiles(part.verdict_ms, (50, 95, 99), 1)
        counts = (str(len(part.verdict_ms)), str(part.n_passed), str(part.n_skipped))
        rows.append((name, *counts, within))
    header = (
        *("loop", "frames", "passed every check", "skipped, newer came"),
        "arrival to verdict ms p50 / p95 / p99",
    )
    loop = TextTable("Simulated docked frames, 848x480 at 30 fps", header, rows)
    per_frame = size / max(1, status.n_written)
    unaccounted = n_recorded - status.n_written - status.n_dropped
    missing = sum(abs(n_due - len(part.verdict_ms) - part.n_skipped) for part in parts.values())
    files = TextTable(
        "The recording",
        ("frames written", "dropped", "unaccounted", "MB a minute", "of RealSense's .db3"),
        [
            (
                str(status.n_written),
                str(status.n_dropped),
                str(unaccounted),
                f"{per_frame * PER_MINUTE / 1e6:.0f}",
                f"{per_frame / db3:.2f} of {db3 * PER_MINUTE / 1e6:.0f} MB",
            )
        ],
        "Depth without loss, colour as JPEG, records; the .db3 holds raw depth and colour alone.",
    )
    alone, recording = (_at(parts[name], 99) for name in PARTS[:2])
    viewed = parts[PARTS[2]]
    rise = None if alone is None or recording is None else recording / alone - 1
    goals = (
        Goal("arrival to verdict with recorder and viewer, p50, ms", _at(viewed, 50), P50_GOAL_MS),
        Goal("arrival to verdict with recorder and viewer, p99, ms", _at(viewed, 99), P99_GOAL_MS),
        Goal("what recording adds to p99, fraction", rise, RISE_GOAL),
        Goal("frames due, neither decided nor counted as skipped", float(missing), 0.0),
        Goal("frames neither written nor counted as dropped", float(abs(unaccounted)), 0.0),
    )
    data = {
        "parts": {name: vars(part) for name, part in parts.items()},
        "recorder": status.to_json(),
        "bytes_per_frame": per_frame,
        "db3_bytes_per_frame": db3,
    }
    is_failed = missing != 0 or unaccounted != 0
    return Findings((loop, files), goals, data, is_failed=is_failed)


def _at(part: Part, which: float) -> float | None:
    return float(np.percentile(part.verdict_ms, which)) if part.verdict_ms else None
