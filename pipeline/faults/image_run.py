"""Runs the image campaign's cases: a docked session armed with the shipped model, then struck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.loading import load_segmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig
from pipeline.config.session_config import GivenTexts, session_config
from pipeline.evidence import evidence_for
from pipeline.faults.image_fault import Docked, ImageCase, ImageFault
from pipeline.faults.scene_faults import SCENE_FAULTS
from pipeline.faults.sensor_faults import SENSOR_FAULTS
from pipeline.tracker import Tracker
from recordings.simulation.disturbance import SEVERITIES
from recordings.simulation.source import SimulatedSource, open_simulation
from tracking.decision import Verdict
from tracking.frame import SourceFrame

IMAGE_FAULTS: tuple[ImageFault, ...] = (*SENSOR_FAULTS, *SCENE_FAULTS)
SURVEY_INDICES = (2, 9, 16, 23, 30, 37)  # frames of the survey that are played before
SCENARIO = "docking"
DOCKED_S = 6.0  # of the story: docked and at rest, before anything is disturbed
MAX_ARMING = 60  # a session that is not READY by then does not count


@dataclass(frozen=True)
class ImageResult:
    """Outcome of one case; `twin_ready` and `n_false_ready` as in the kernel's campaign."""

    fault: str
    seed: int
    severity: int
    twin_ready: bool
    n_false_ready: int = 0
    first_reason: str | None = None


def run_session(seed: int) -> list[ImageResult]:
    """Strike one session with every fault at every severity."""
    source, config = opened(seed)
    evidence = evidence_for(source.header, config.rig, now=None).evidence
    tracker = Tracker(config, load_segmenter("onnx"), evidence)
    onset = _armed(tracker, source)
    docked = Docked(source, config, onset)
    twin = _verdicts(tracker, docked.good)
    if not all(verdict is Verdict.READY for verdict, _ in twin):
        return [
            ImageResult(fault.name, seed, severity, twin_ready=False)
            for fault in IMAGE_FAULTS
            for severity in SEVERITIES
        ]
    return [
        _struck(tracker, fault, ImageCase(docked, severity))
        for fault in IMAGE_FAULTS
        for severity in SEVERITIES
    ]


def opened(seed: int, scenario: str = SCENARIO) -> tuple[SimulatedSource, RunConfig]:
    """Return the campaign's session of a seed, and its rig and plan."""
    source = open_simulation(f"sim:{scenario}:{seed}", read_catalogue(None).applicators)
    return source, session_config(source.header, GivenTexts())


def _armed(tracker: Tracker, source: SimulatedSource) -> int:
    """Play survey and docked frames until READY, and no longer than `MAX_ARMING` of them."""
    for index in SURVEY_INDICES:
        tracker.process(source.frame(index))
    first = round((DOCKED_S - source.scenario.start_s) * source.header.frame_rate_hz)
    for index in range(first, first + MAX_ARMING):
        decision = tracker.process(source.frame(index)).record.decision
        if decision.verdict is Verdict.READY:
            return index + 1
    return first + MAX_ARMING


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
    copied = tracker.branched()
    decisions = [copied.process(frame).record.decision for frame in frames]
    return [(d.verdict, str(d.reasons[0]) if d.reasons else None) for d in decisions]
