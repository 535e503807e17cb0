"""Time per stage of a whole frame at 848x480, tracked and without a prior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from models.loading import load_segmenter
from pipeline.benchmarks.simulated import BENCH_SEED, bench_config, bench_frames
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from tracking.frame import SourceFrame
from tracking.record import STAGES

N_ROUNDS = 20
N_WARM_UP = 12  # caches, onnxruntime's arena and the first pose are not what is timed
PERCENTILES = (50, 95, 99)


def time_frames() -> list[tuple[str, dict[str, list[float]]]]:
    """(mode, percentiles by stage) of every mode."""
    header, config = bench_config()
    evidence = evidence_for(header, config.rig, now=None).evidence
    frames = bench_frames(BENCH_SEED)
    modes = []
    for name, is_independent in (("tracked", False), ("no prior", True)):
        tracker = Tracker(config, load_segmenter("onnx"), evidence, is_independent=is_independent)
        n_rounds = 3 if is_independent else N_ROUNDS
        stage_ms = [
            tracker.process(frame).record.stage_ms for frame in _back_and_forth(frames, n_rounds)
        ][N_WARM_UP:]
        modes.append((name, {stage: _percentiles(stage_ms, stage) for stage in STAGES}))
    return modes


def _back_and_forth(frames: list[SourceFrame], n_rounds: int) -> list[SourceFrame]:
    """Play the frames forwards and backwards with rising stamps, so that nothing jumps."""
    order = [*range(len(frames)), *reversed(range(1, len(frames) - 1))] * n_rounds
    period_ns = frames[1].frame.stamp_ns - frames[0].frame.stamp_ns
    played = []
    for position, index in enumerate(order):
        source = frames[index]
        stamp_ns = position * period_ns
        frame = replace(
            source.frame,
            frame_index=position,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns + source.frame.arrival_ns - source.frame.stamp_ns,
        )
        played.append(replace(source, frame=frame))
    return played


def _percentiles(stage_ms: list[Mapping[str, float]], stage: str) -> list[float]:
    values = [laps[stage] for laps in stage_ms]
    return [float(p) for p in np.percentile(values, PERCENTILES)]
