"""Runs the image campaign's cases: a docked session armed with the shipped model, then struck."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from models.loading import load_segmenter
from pipeline.config.load import RunConfig
from pipeline.evidence import evidence_for
from pipeline.faults.image_fault import Docked, ImageCase, ImageFault
from pipeline.faults.scene_faults import SCENE_FAULTS
from pipeline.faults.sensor_faults import SENSOR_FAULTS
from pipeline.tracker import Tracker
from recordings.simulation.disturbance import SEVERITIES
from recordings.simulation.source import open_simulation
from recordings.source import SourceHeader
from tracking.decision import Verdict
from tracking.frame import SourceFrame

IMAGE_FAULTS: tuple[ImageFault, ...] = (*SENSOR_FAULTS, *SCENE_FAULTS)
SURVEY_INDICES = (2, 9, 16, 23, 30, 37)  # frames of the survey that are played before
ARMED_AFTER = 14  # docked frames; ten arm, and the first of them are searched anew
MAX_ARMING = 60  # a session that is not READY by then does not count


@dataclass(frozen=True)
class ImageResult:
    """Outcome of one case; `twin_ready` and `n_false_ready` as in the kernel's campaign."""

    fault: str
    seed: int
    severity: int
    twin_ready: bool
    n_false_ready: int
    first_reason: str | None


def run_session(
    header: SourceHeader, config: RunConfig, scenario: str, first: int, seed: int
) -> list[ImageResult]:
    """Strike one session with every fault at every severity."""
    source = open_simulation(f"sim:{scenario}:{seed}", config.applicators)
    evidence = evidence_for(header, config.rig, now=None).evidence
    tracker = Tracker(config, load_segmenter("onnx"), evidence)
    for index in SURVEY_INDICES:
        tracker.process(source.frame(index))
    onset, is_armed = first, False
    while not is_armed and onset < first + MAX_ARMING:
        decision = tracker.process(source.frame(onset)).record.decision
        is_armed = decision.verdict is Verdict.READY
        onset += 1
    docked = Docked(source, config, first, onset)
    twin = _verdicts(tracker, docked.good)
    twin_ready = is_armed and all(verdict is Verdict.READY for verdict, _ in twin)
    if not twin_ready:
        return [
            ImageResult(f.name, seed, s, False, 0, None) for f in IMAGE_FAULTS for s in SEVERITIES
        ]
    return [
        _struck(tracker, fault, ImageCase(docked, severity))
        for fault in IMAGE_FAULTS
        for severity in SEVERITIES
    ]


def _struck(tracker: Tracker, fault: ImageFault, case: ImageCase) -> ImageResult:
    verdicts = _verdicts(tracker, fault.shoot(case))
    reasons = [reason for _, reason in verdicts if reason is not None]
    return ImageResult(
        fault=fault.name,
        seed=case.docked.source.seed,
        severity=case.severity,
        twin_ready=True,
        n_false_ready=sum(verdict is Verdict.READY for verdict, _ in verdicts),
        first_reason=reasons[0] if reasons else None,
    )


def _verdicts(tracker: Tracker, frames: Sequence[SourceFrame]) -> list[tuple[Verdict, str | None]]:
    """Let a copy of the tracker meet frames: its memory is replaced, never changed in place."""
    copied = copy.copy(tracker)
    decisions = [copied.process(frame).record.decision for frame in frames]
    return [(d.verdict, str(d.reasons[0]) if d.reasons else None) for d in decisions]
