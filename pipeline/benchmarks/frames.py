"""Time per stage of a whole frame at 848x480, and of the measurement alone.

Tracked, and without a prior; with the network's labels, and with the true ones. Frames are made one
at a time and forgotten, as a run's are: what each keeps for itself must not fill the memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.loading import SegmenterKind, load_segmenter
from pipeline.benchmarks.findings import Findings, Goal, TextTable, percentiles
from pipeline.benchmarks.simulated import bench_config, bench_frames
from pipeline.evidence import evidence_for
from pipeline.garbage import collected_between_frames
from pipeline.tracker import Tracker
from recordings.progress import Report
from tracking.frame import SourceFrame
from tracking.record import STAGES

N_ROUNDS = 20
N_ROUNDS_INDEPENDENT = 5
N_WARM_UP = 12  # caches, onnxruntime's arena and the first pose are not what is timed
PERCENTILES = (50, 95, 99)
MEASUREMENT = ("register", "surface", "align")
TOTAL_P50_GOAL_MS = 33.0  # one frame period at 30 Hz
TRACKED_P50_GOAL_MS, TRACKED_P99_GOAL_MS, FIRST_GOAL_MS = 8.0, 16.0, 80.0
SEGMENTERS: tuple[tuple[SegmenterKind, str], ...] = (
    ("onnx", "network's labels"),
    ("masks", "true labels"),
)


@dataclass(frozen=True)
class Timing:
    """Times of one mode: milliseconds of every frame by stage."""

    labels: str
    is_tracked: bool
    stage_ms: Sequence[Mapping[str, float]]

    @property
    def mode(self) -> str:
        """How it is called in tables."""
        return f"{'tracked' if self.is_tracked else 'no prior'}, {self.labels}"

    def of(self, *stages: str) -> list[float]:
        """Sum of stages, each frame."""
        return [sum(laps[stage] for stage in stages) for laps in self.stage_ms]


def time_frames(seed: int, report: Report, n_rounds: int = N_ROUNDS) -> Findings:
    """Time every mode, one after the other."""
    header, config = bench_config()
    evidence = evidence_for(header, config.rig, now=None).evidence
    frames = bench_frames(seed)
    timings = []
    for kind, labels in SEGMENTERS:
        for is_tracked in (True, False):
            tracker = Tracker(config, load_segmenter(kind), evidence, is_independent=not is_tracked)
            played = _back_and_forth(
                frames, n_rounds if is_tracked else min(n_rounds, N_ROUNDS_INDEPENDENT)
            )
            timings.append(Timing(labels, is_tracked, _laps(tracker, played)[N_WARM_UP:]))
            report(len(timings), 2 * len(SEGMENTERS))
    return findings(timings)


def _laps(tracker: Tracker, frames: Iterator[SourceFrame]) -> list[Mapping[str, float]]:
    """Times of every frame, run as sessions and replays run them."""
    laps: list[Mapping[str, float]] = []
    with collected_between_frames() as collect:
        for frame in frames:
            laps.append(tracker.process(frame).record.stage_ms)
            collect()
    return laps


def findings(timings: Sequence[Timing]) -> Findings:
    """Tables, goals and data of all modes."""
    goals = [Goal(f"{timings[0].mode}: total p50, ms", _p(timings[0], 50), TOTAL_P50_GOAL_MS)]
    for timing in timings:
        for percentile, limit in (
            ((50, TRACKED_P50_GOAL_MS), (99, TRACKED_P99_GOAL_MS))
            if timing.is_tracked
            else ((99, FIRST_GOAL_MS),)
        ):
            value = _p(timing, percentile, *MEASUREMENT)
            goals.append(Goal(f"{timing.mode}: measurement p{percentile}, ms", value, limit))
    return Findings(
        tables=(_stage_table(timings), _measurement_table(timings)),
        goals=goals,
        data={
            "modes": [
                {"mode": t.mode, "stage_ms": [dict(laps) for laps in t.stage_ms]} for t in timings
            ]
        },
    )


def _stage_table(timings: Sequence[Timing]) -> TextTable:
    rows = [
        (timing.mode, stage, percentiles(timing.of(stage), PERCENTILES, 1))
        for timing in timings
        for stage in STAGES
    ]
    return TextTable(
        "Simulated docked frames, 848x480, no video", ("mode", "stage", "ms p50 / p95 / p99"), rows
    )


def _measurement_table(timings: Sequence[Timing]) -> TextTable:
    rows = [
        (
            timing.mode,
            percentiles(timing.of(*MEASUREMENT), PERCENTILES, 1),
            f"p50 {TRACKED_P50_GOAL_MS:g}, p99 {TRACKED_P99_GOAL_MS:g}"
            if timing.is_tracked
            else f"{FIRST_GOAL_MS:g}",
            str(len(timing.stage_ms)),
        )
        for timing in timings
    ]
    return TextTable(
        "Measurement only: register, surface, align",
        ("mode", "ms p50 / p95 / p99", "at most", "frames"),
        rows,
        "The same simulated docked frames. No prior: every frame as if it were the first.",
    )


def _p(timing: Timing, percentile: int, *stages: str) -> float:
    return float(np.percentile(timing.of(*(stages or ("total",))), percentile))


def _back_and_forth(frames: Sequence[SourceFrame], n_rounds: int) -> Iterator[SourceFrame]:
    """Play the frames forwards and backwards with rising stamps, so that nothing jumps."""
    order = [*range(len(frames)), *reversed(range(1, len(frames) - 1))] * n_rounds
    period_ns = frames[1].frame.stamp_ns - frames[0].frame.stamp_ns
    for position, index in enumerate(order):
        source = frames[index]
        stamp_ns = position * period_ns
        frame = replace(
            source.frame,
            frame_index=position,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns + source.frame.arrival_ns - source.frame.stamp_ns,
        )
        yield replace(source, frame=frame)
