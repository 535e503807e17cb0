"""Every quantity of the alignment against its truth: flat, round and bumpy beds, survey or none.

Simulated dockings with true masks, and a rig that is exact and says so: each sigma is the
measurement's own. Each docking goes twice through a `Tracker`: with its survey frames before,
and as the docked frames alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from models.loading import load_segmenter
from pipeline.benchmarks.alignment_figures import (
    QUANTITIES,
    Sample,
    alignment_findings,
    summarise,
)
from pipeline.benchmarks.findings import Findings
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.benchmarks.simulated import bench_config
from pipeline.config.load import RunConfig
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.progress import Report
from recordings.simulation.bed_views import BED_KINDS, draw_visit
from recordings.source import SourceHeader
from tracking.alignment import Alignment
from tracking.applicator import Applicator
from tracking.frame import SourceFrame
from tracking.measurement import Measurement

N_SURVEY, N_DOCKED = 8, 2
BEVELS_DEG = (0.0, 15.0, 30.0)
DIAMETERS_MM = (40.0, 50.0, 60.0, 80.0, 100.0)


@dataclass(frozen=True)
class Situation:
    """One docking to run."""

    bed: str
    seed: int


def run_alignment_bench(
    n_situations: int,
    seed: int,
    report: Report,
    n_processes: int = N_PROCESSES,
    beds: Sequence[str] = BED_KINDS,
) -> Findings:
    """Run `n_situations` dockings on each bed, from `seed` on."""
    situations = [Situation(bed, seed + i) for i in range(n_situations) for bed in beds]
    found = side_by_side(run_situation, situations, report, n_processes)
    samples = [sample for part in found for sample in part]
    return alignment_findings(
        [
            summarise(samples, bed, quantity, with_survey)
            for bed in beds
            for quantity in QUANTITIES
            for with_survey in (False, True)
        ],
        n_situations,
        f"{N_SURVEY} survey frames, the head moving and the bed breathing 0.3 mm; then "
        f"{N_DOCKED} docked frames",
    )


def run_situation(situation: Situation) -> list[Sample]:
    """Render one docking and measure its docked frames, without and with its survey."""
    header, config = bench_config()
    config = _with_exact_rig(config, _applicator(config, situation.seed))
    visit = draw_visit(config.applicator, situation.bed, situation.seed, N_SURVEY, N_DOCKED)
    frames = [visit.frame(index) for index in range(visit.n_frames)]
    samples = []
    for with_survey in (False, True):
        played = frames if with_survey else frames[N_SURVEY:]
        for alignment, truth in _track(header, config, played):
            samples += compare(situation.bed, alignment, truth, with_survey=with_survey)
    return samples


def _applicator(config: RunConfig, seed: int) -> Applicator:
    """The machine's applicators in turn: every bevel, then the next diameter."""
    bevel_deg = BEVELS_DEG[seed % len(BEVELS_DEG)]
    diameter_mm = DIAMETERS_MM[seed // len(BEVELS_DEG) % len(DIAMETERS_MM)]
    return next(
        applicator
        for applicator in config.applicators.values()
        if applicator.machine == config.plan.machine
        and (applicator.inner_diameter_mm, applicator.bevel_deg) == (diameter_mm, bevel_deg)
    )


def _with_exact_rig(config: RunConfig, applicator: Applicator) -> RunConfig:
    return replace(
        config,
        rig=replace(config.rig, angle_sigma_deg=0.0, position_sigma_mm=0.0),
        plan=replace(config.plan, applicator_id=applicator.id),
        applicator=applicator,
    )


def _track(
    header: SourceHeader, config: RunConfig, frames: Sequence[SourceFrame]
) -> list[tuple[Alignment, Mapping[str, float]]]:
    """Measured and true quantities of each frame that shows the cone."""
    evidence = evidence_for(header, config.rig, now=None).evidence
    tracker = Tracker(config, load_segmenter("masks"), evidence)
    pairs = []
    for source_frame in frames:
        alignment = tracker.process(source_frame).record.alignment
        truth = source_frame.truth
        if truth is not None and truth.camera_from_applicator is not None:
            pairs.append((alignment, truth.quantities))
    return pairs


def compare(
    bed: str, alignment: Alignment, truth: Mapping[str, float], *, with_survey: bool
) -> list[Sample]:
    """Hold every quantity of one frame against its truth."""
    measured = dict(alignment.measurements())
    return [
        _compare(Sample(bed, quantity, with_survey), components, measured, truth)
        for quantity, components in QUANTITIES.items()
    ]


def _compare(
    sample: Sample,
    components: tuple[str, ...],
    measured: Mapping[str, Measurement],
    truth: Mapping[str, float],
) -> Sample:
    def error_and_sigma(name: str) -> tuple[float, float] | None:
        value, sigma = measured[name].value, measured[name].sigma
        return None if value is None or sigma is None else (value - truth[name], sigma)

    found = error_and_sigma(sample.quantity)
    if found is None:
        return sample
    parts = [pair for pair in map(error_and_sigma, components) if pair is not None]
    if not parts or len(parts) < len(components):  # a straight cone's roll is not told
        parts = [found]
    normalised = tuple(error / sigma for error, sigma in parts if sigma > 0)
    return replace(sample, error=found[0], sigma=found[1], normalised=normalised)
