"""Time of segmenting one frame at 848x480, and of its parts."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter

import numpy as np

from models.color_outlines import Picture
from models.labelling import winners
from models.onnx_segmenter import OnnxSegmenter
from models.prediction import Prediction
from pipeline.benchmarks.findings import Findings, Goal, TextTable, percentiles
from pipeline.benchmarks.simulated import bench_frames
from recordings.progress import Report
from tracking.frame import SourceFrame

N_ROUNDS = 20
N_WARM_UP = 5  # the runtime's arena and the caches are not what is timed
PERCENTILES = (50, 95, 99)
P50_GOAL_MS, P99_GOAL_MS = 8.0, 12.0  # of the whole, on two quiet cores
WHOLE = "segment() in all"
STAGES = ("resize and planes", "network", "labels in the depth grid", WHOLE)
MS_PER_S = 1e3


def time_segmenter(
    segmenter: OnnxSegmenter, seed: int, report: Report, n_rounds: int = N_ROUNDS
) -> Findings:
    """Go through the bench scenario's frames `n_rounds` times.

    The parts are timed in calls of their own beside the whole, frame by frame: the whole holds
    the doubt score and the threshold too.
    """
    frames = bench_frames(seed)
    laps: dict[str, list[float]] = {stage: [] for stage in STAGES}
    n_total = n_rounds * len(frames)
    for count in range(-N_WARM_UP, n_total):
        source = frames[count % len(frames)]
        taken = _one_frame(segmenter, source)
        if count >= 0:
            for stage, value in zip(STAGES, taken, strict=True):
                laps[stage].append(value)
            report(count + 1, n_total)
    return findings(laps)


def findings(laps: dict[str, list[float]]) -> Findings:
    """Table, goals and data."""
    whole = laps[WHOLE]
    return Findings(
        tables=(
            TextTable(
                f"{len(whole)} times a simulated docked frame, 848x480",
                ("stage", "ms p50 / p95 / p99"),
                [(stage, percentiles(laps[stage], PERCENTILES, 2)) for stage in STAGES],
            ),
        ),
        goals=[
            Goal(f"{WHOLE}: p50, ms", float(np.percentile(whole, 50)), P50_GOAL_MS),
            Goal(f"{WHOLE}: p99, ms", float(np.percentile(whole, 99)), P99_GOAL_MS),
        ],
        data={
            "frames": len(whole),
            "stage_ms": {
                stage: {
                    f"p{p}": round(float(np.percentile(laps[stage], p)), 3) for p in PERCENTILES
                }
                for stage in STAGES
            },
        },
    )


def _one_frame(segmenter: OnnxSegmenter, source: SourceFrame) -> tuple[float, ...]:
    """Milliseconds of every stage."""
    start = perf_counter()
    tensor, letterbox = segmenter.canvas(source.frame)
    with_planes = perf_counter()
    logits = segmenter.logits(tensor, letterbox)
    with_logits = perf_counter()
    picture = Picture.of(source.frame.color_rgb, tensor, letterbox)
    _ = Prediction(logits, letterbox.source, winners(logits), picture=picture).labels
    with_labels = perf_counter()
    segmenter.segment(source)
    ends = (start, with_planes, with_logits, with_labels, perf_counter())
    return tuple(MS_PER_S * (b - a) for a, b in pairwise(ends))
