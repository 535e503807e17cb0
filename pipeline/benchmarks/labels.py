"""What the network's labels cost in every measured quantity, against true labels.

Frames of whole docking stories go through two trackers, each with its own memory, that differ in
their labels alone. The simulated rig is exact, so every error is the measurement's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from models.loading import SegmenterKind, load_segmenter
from pipeline.benchmarks.findings import Findings
from pipeline.benchmarks.labels_figures import labels_findings
from pipeline.benchmarks.labels_iou import Remembering, label_counts
from pipeline.benchmarks.labels_pairs import AXIS, EXIT, FramePair, Told
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.benchmarks.simulated import bench_config
from pipeline.evidence import evidence_for
from pipeline.report.history import History
from pipeline.tracker import Tracker
from recordings.progress import Report
from recordings.simulation.scenarios import SCENARIOS
from recordings.simulation.source import open_simulation
from tracking.record import FrameRecord

SCENARIO = "docking"
STEP = 5  # of the story's frames: 167 ms, neighbours are still consecutive to the gate
LABELS: tuple[SegmenterKind, SegmenterKind] = ("masks", "onnx")


def run_labels_bench(
    n_frames: int, seed: int, report: Report, n_processes: int = N_PROCESSES
) -> Findings:
    """Play whole stories, from `seed` on, until they have at least `n_frames` frames."""
    n_stories = ceil(n_frames / len(story_indices()))
    found = side_by_side(play_story, range(seed, seed + n_stories), report, n_processes)
    return labels_findings([pair for story in found for pair in story], STEP)


def story_indices() -> range:
    """Which of a story's frames are played."""
    return range(0, SCENARIOS[SCENARIO].n_frames, STEP)


def play_story(seed: int, indices: Sequence[int] | None = None) -> list[FramePair]:
    """Track frames of one story (None: `story_indices`) with both kinds of labels."""
    header, config = bench_config()
    source = open_simulation(f"sim:{SCENARIO}:{seed}", config.applicators)
    evidence = evidence_for(header, config.rig, now=None).evidence
    segmenters = [Remembering(load_segmenter(kind)) for kind in LABELS]
    ways = [
        (Tracker(config, segmenter, evidence), History(config.plan.limits))
        for segmenter in segmenters
    ]
    pairs = []
    for index in story_indices() if indices is None else indices:
        frame = source.frame(index)
        told, corrected = [], []
        for tracker, history in ways:
            result = tracker.process(frame)
            history.append(result.record, frame.truth)
            told.append(_told(result.record, history))
            corrected.append(result.segmentation)
        truth, known = frame.truth, history.rows[-1].truth
        pairs.append(
            FramePair(
                seed=seed,
                frame_index=index,
                phase=history.rows[-1].phase,
                has_cone=truth is not None and truth.camera_from_applicator is not None,
                is_inside=known is not None and not (known.is_outside or known.is_unchecked),
                true_labels=told[0],
                network=told[1],
                raw_counts=label_counts(frame.labels, segmenters[1].last),
                corrected_counts=label_counts(frame.labels, corrected[1]),
            )
        )
    return pairs


def _told(record: FrameRecord, history: History) -> Told:
    """Errors of what the record, the history's last, tells, and its verdict.

    The exit's error counts where the slide can be told: elsewhere nothing is claimed of it.
    """
    row = history.rows[-1]
    errors: dict[str, float] = {}
    if row.truth is not None:
        errors |= row.truth.errors
        if row.truth.axis_error_deg is not None:
            errors[AXIS] = row.truth.axis_error_deg
        if row.truth.exit_error_mm is not None and record.registration.axial_observable:
            errors[EXIT] = row.truth.exit_error_mm
    return Told(row.verdict, row.reasons, errors)
