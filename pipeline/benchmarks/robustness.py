"""Disturbed frames: how often every check passes where it may, and that it never does elsewhere.

A story is tracked undisturbed up to a held frame; the same tracker then meets that frame under
each disturbance and severity, and its undisturbed twin. Half of the stories are docked inside
every tolerance, the others end just outside one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.loading import load_segmenter
from pipeline.benchmarks.findings import Findings
from pipeline.benchmarks.near_misses import NEAR_MISSES, missed, tolerances_exceeded
from pipeline.benchmarks.robustness_figures import Case, robustness_findings
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.benchmarks.simulated import bench_config
from pipeline.config.load import RunConfig
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.progress import Report
from recordings.simulation.disturbance import SEVERITIES
from recordings.simulation.disturbances import DISTURBANCES, disturbed_frame
from recordings.simulation.source import SimulatedSource, open_simulation
from tracking.decision import Verdict
from tracking.errors import FaultError
from tracking.frame import SourceFrame

SURVEY_INDICES = (2, 9, 16, 23, 30, 37)  # frames of the survey that are played before
HELD_S = (6.2, 8.8)  # of the story: docked and at rest
N_BEFORE = 2  # held frames that the tracker has seen before the disturbed one
TWIN = "undisturbed"


@dataclass(frozen=True)
class Piece:
    """One frame of one story; `miss` names how it ends outside the plan, "" inside it."""

    seed: int
    miss: str


def run_robustness(
    n_frames: int, seed: int, report: Report, n_processes: int = N_PROCESSES
) -> Findings:
    """Run `n_frames` docked frames and as many that are not."""
    misses = list(NEAR_MISSES)
    pieces = [
        Piece(seed + i, miss) for i in range(n_frames) for miss in ("", misses[i % len(misses)])
    ]
    found = side_by_side(run_piece, pieces, report, n_processes)
    return robustness_findings([case for part in found for case in part], n_frames)


def run_piece(piece: Piece) -> list[Case]:
    """Track one story up to its frame, and meet that frame in every condition.

    Raises
    ------
    FaultError
        The story's truth is not where the piece wants it.
    """
    source, config, tracker = _opened(piece)
    rng = np.random.default_rng([piece.seed, 0x20B])
    index = round(rng.uniform(*HELD_S) * source.header.frame_rate_hz)
    for before in (*SURVEY_INDICES, *range(index - N_BEFORE, index)):
        tracker.process(source.frame(before))
    rendering = source.rendering(index)
    twin = source.expose(index, rendering, source.scenario.device.depth_camera)
    _check_truth(piece, config, twin)
    cases = [_case(piece, tracker, twin, TWIN, 0)]
    for name, disturbance in DISTURBANCES.items():
        for severity in SEVERITIES:
            frame = disturbed_frame(source, index, disturbance, severity, rendering)
            cases.append(_case(piece, tracker, frame, name, severity))
    return cases


def _opened(piece: Piece) -> tuple[SimulatedSource, RunConfig, Tracker]:
    header, config = bench_config()
    source = open_simulation(f"sim:docking:{piece.seed}", config.applicators)
    if piece.miss:
        source = missed(source, NEAR_MISSES[piece.miss], config.plan.limits)
    evidence = evidence_for(header, config.rig, now=None).evidence
    return source, config, Tracker(config, load_segmenter("onnx"), evidence)


def _check_truth(piece: Piece, config: RunConfig, frame: SourceFrame) -> None:
    quantities = {} if frame.truth is None else frame.truth.quantities
    exceeded = tolerances_exceeded(quantities, config.plan.limits)
    if bool(exceeded) != bool(piece.miss):
        raise FaultError(
            f"the truth of story {piece.seed} is not where the benchmark wants it",
            expected=f"outside by {piece.miss}" if piece.miss else "inside every tolerance",
            actual=f"outside by {', '.join(exceeded) or 'nothing'}",
            remedy="look at the near misses' size and the story's own errors",
        )


def _case(piece: Piece, tracker: Tracker, frame: SourceFrame, name: str, severity: int) -> Case:
    """Let a copy of the tracker meet a frame: its memory is replaced, never changed in place."""
    record = tracker.branched().process(frame).record
    return Case(
        seed=piece.seed,
        miss=piece.miss,
        disturbance=name,
        severity=severity,
        checks_passed=record.decision.checks_passed,
        is_unsure=record.decision.verdict is Verdict.UNSURE and not record.decision.checks_passed,
        reasons=tuple(map(str, record.decision.reasons)),
        doubt=record.doubt.score,
    )
