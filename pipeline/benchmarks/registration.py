"""Registration side by side with Open3D's ICP on the same frames and starts, and the bound.

Simulated frames with true masks. Every method gets the same rough start; this project also
runs without one. The bound is the simulator's, from the rendered truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from pipeline.benchmarks.simulated import bench_config, bench_source
from tracking.applicator_pixels import select_pixels
from tracking.arrays import Float, UInt8
from tracking.cone_model import ConeModel
from tracking.frame import SourceFrame
from tracking.icp import align
from tracking.register import register
from tracking.segmentation import Segmentation
from tracking.transforms import angle_between_deg, rigid, rotation_from_vector

N_SEEDS = 12
FRAMES_PER_SEED = 2
START_DEG, START_MM = 4.0, 7.0  # how far off the rough start is


@dataclass(frozen=True)
class MethodResult:
    """Errors and times of one method over all frames; `bound_ratio`: rms of error / bound."""

    name: str
    n_failed: int
    axis_deg: list[float]
    exit_mm: list[float]
    time_ms: list[float]
    axis_bound_ratio: float
    exit_bound_ratio: float


@dataclass(frozen=True, eq=False)
class _Case:
    source_frame: SourceFrame
    start: Float


def compare_methods() -> list[MethodResult]:
    """Run every method over the same cases."""
    _, config = bench_config()
    model, noise = ConeModel(config.applicator), config.rig.depth
    cases = _cases()

    def ours(case: _Case, prior: Float | None) -> Float | None:
        frame = case.source_frame.frame
        segmentation = Segmentation(_labels(case), "truth")
        result = register(model, segmentation, frame.depth_mm, frame.intrinsics, noise, prior)
        return result.camera_from_applicator if result.is_ok else None

    def icp(case: _Case) -> Float | None:
        frame = case.source_frame.frame
        mask = Segmentation(_labels(case), "truth").applicator_mask
        pixels = select_pixels(mask, frame.depth_mm, frame.intrinsics, noise)
        return align(model, case.start, pixels.points_camera_mm)

    methods: tuple[tuple[str, Callable[[_Case], Float | None]], ...] = (
        ("this project, no start", lambda case: ours(case, None)),
        ("this project, rough start", lambda case: ours(case, case.start)),
        ("Open3D point-to-plane ICP, rough start", icp),
    )
    return [_run(name, method, cases) for name, method in methods]


def _labels(case: _Case) -> UInt8:
    if case.source_frame.labels is None:
        raise ValueError("simulated frames carry labels")
    return case.source_frame.labels


def _cases() -> list[_Case]:
    cases = []
    for seed in range(N_SEEDS):
        source = bench_source(seed, with_bound=True)
        rng = np.random.default_rng([seed, 17])
        for index in range(FRAMES_PER_SEED):
            frame = source.frame(index)
            if frame.truth is None or frame.truth.camera_from_applicator is None:
                raise ValueError("bench frames show the applicator")
            turn, shift = rng.standard_normal(3), rng.standard_normal(3)
            turn *= np.radians(START_DEG) / np.linalg.norm(turn)
            shift *= START_MM / np.linalg.norm(shift)
            start = frame.truth.camera_from_applicator @ rigid(rotation_from_vector(turn), shift)
            cases.append(_Case(frame, start))
    return cases


def _run(name: str, method: Callable[[_Case], Float | None], cases: list[_Case]) -> MethodResult:
    axis, exits, times, ratios, n_failed = [], [], [], [], 0
    for case in cases:
        begin = perf_counter()
        pose = method(case)
        times.append((perf_counter() - begin) * 1e3)
        truth = case.source_frame.truth
        if truth is None or truth.camera_from_applicator is None:
            raise ValueError("bench frames carry truth")
        if pose is None:
            n_failed += 1
            continue
        axis.append(angle_between_deg(pose[:3, 2], truth.camera_from_applicator[:3, 2]))
        exits.append(float(np.linalg.norm(pose[:3, 3] - truth.camera_from_applicator[:3, 3])))
        ratios.append(
            (axis[-1] / (truth.axis_bound_deg or 0.0), exits[-1] / (truth.exit_bound_mm or 0.0))
        )
    rms = np.sqrt(np.mean(np.square(ratios), axis=0)) if ratios else np.array([np.nan, np.nan])
    return MethodResult(name, n_failed, axis, exits, times, float(rms[0]), float(rms[1]))
