"""One frame's way: measure, ask what stands around it, decide, record."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field

from models.segmenter import Segmenter
from models.two_at_once import both
from pipeline.config.load import RunConfig
from pipeline.measurer import Measured, Measurer
from pipeline.mount_watch import MountWatch
from pipeline.session.running import running_identities
from pipeline.sinks.sink import FrameResult
from pipeline.stage_clock import StageClock
from pipeline.surroundings import AskSurroundings, FrameFacts, cone_of, recorded
from pipeline.version import SOFTWARE_ID
from tracking.frame import RgbdFrame, SourceFrame
from tracking.gate import decide
from tracking.identities import Identities
from tracking.marks import Marks
from tracking.record import FrameRecord, RecordIds
from tracking.snapshot import KernelState, SessionEvidence, Snapshot

AgeMs = Callable[[RgbdFrame], float]
AsRecorded = Callable[[SourceFrame], SourceFrame]
"""Gives a frame the colour that its recording will have; its depth stays."""


def recorded_age_ms(frame: RgbdFrame) -> float:
    """Exposure to arrival as recorded: what a replay knows of a frame's age."""
    return (frame.arrival_ns - frame.stamp_ns) / 1e6


@dataclass(eq=False)
class Tracker:
    """Processes frames in order: what they show, and what the gate makes of it.

    `is_independent`: frames are unrelated pictures; nothing is remembered between them.
    `ask`: the session around the frames; None: a recording with the evidence of its start.
    """

    config: RunConfig
    segmenter: Segmenter
    evidence: SessionEvidence
    age_ms: AgeMs = recorded_age_ms
    is_independent: bool = False
    ask: AskSurroundings | None = None
    _measurer: Measurer = field(init=False)
    _watch: MountWatch = field(init=False)
    _ids: RecordIds = field(init=False)
    _running: Identities = field(init=False)
    _ask: AskSurroundings = field(init=False)
    _state: KernelState = field(default_factory=KernelState, init=False)

    def __post_init__(self) -> None:
        is_live = (
            self.ask is not None
        )  # a recording without a collar is excused its second estimate
        self._measurer = Measurer(self.config, self.segmenter, with_edges=is_live)
        self._watch = MountWatch(self.config.rig)
        self._name_what_runs()
        self._ask = self.ask or recorded(self.evidence)

    def _name_what_runs(self) -> None:
        self._ids = RecordIds(
            software=SOFTWARE_ID,
            model=self.segmenter.model_id,
            plan=self.config.plan.id,
            rig=self.config.rig.id,
            catalogue=self.config.catalogue_id,
        )
        self._running = running_identities(self.config, self.segmenter.model_id)

    @property
    def running(self) -> Identities:
        """What frames are decided with."""
        return self._running

    @property
    def marks(self) -> Marks:
        """Areas as they lie on the survey now."""
        return self._measurer.marks

    def revise(self, config: RunConfig, marks: Marks) -> None:
        """Decide the next frame by a revised plan. What was confirmed for another one is void."""
        self.config = config
        self._measurer.revise(config, marks)
        self._name_what_runs()

    def branched(self) -> Tracker:
        """A tracker that goes on from here by itself: what this one remembers stays as it is."""
        branch = copy(self)
        vars(branch).update(_measurer=copy(self._measurer), _watch=copy(self._watch))
        return branch

    def process(self, arrived: SourceFrame, as_recorded: AsRecorded | None = None) -> FrameResult:
        """Process one frame into a record; `as_recorded` gives it the colour that a replay sees."""
        clock = StageClock()
        source_frame, ahead = arrived, None
        if as_recorded is not None:  # the depth stays: one core begins with it
            source_frame, ahead = both(
                lambda: as_recorded(arrived), lambda: self.segmenter.look_ahead(arrived.frame)
            )
        frame = source_frame.frame
        if self.is_independent:
            self._state = KernelState()
        if self.is_independent or self._is_another_stream(frame):
            self._measurer.forget()  # the gate keeps its state: it has to say so
            self._watch.forget()
        found = self._measurer.measure(source_frame, self._passed_ns(frame), clock, ahead)
        snapshot = self._snapshot(source_frame, found)
        decision, self._state = decide(snapshot, self._state)
        clock.lap("gate")
        record = FrameRecord(
            frame_index=frame.frame_index,
            stamp_ns=frame.stamp_ns,
            decision=decision,
            registration=found.registration,
            bed=found.bed,
            alignment=found.alignment,
            stage_ms=clock.stage_ms(),
            ids=self._ids,
            survey=found.survey,
            doubt=found.segmentation.doubt,
        )
        return FrameResult(
            source_frame,
            found.segmentation,
            record,
            marks=self._measurer.marks,
            plan=self.config.plan,
            applicator=self.config.applicator,
        )

    def _snapshot(self, source_frame: SourceFrame, found: Measured) -> Snapshot:
        frame, plan = source_frame.frame, self.config.plan
        cone = cone_of(found.registration, found.alignment, plan)
        around = self._ask(
            FrameFacts(frame.frame_index, self._running, self._state.fault_frame, cone)
        )
        return Snapshot(
            frame_index=frame.frame_index,
            stamp_ns=frame.stamp_ns,
            age_ms=self.age_ms(frame),
            depth_sha256=frame.depth_sha256,
            plan=plan,
            evidence=self._watch.seen(around.evidence, source_frame, found.depth_mm),
            registration=found.registration.status,
            pose_start=found.registration.start,
            bed=found.bed.status,
            alignment=found.alignment,
            running=self._running,
            confirmed=around.confirmed,
            doubt=found.segmentation.doubt,
            survey=found.survey.status,
            second=found.second,
            acknowledged_frame=around.acknowledged_frame,
            system_faults=around.faults,
        )

    def _passed_ns(self, frame: RgbdFrame) -> int:
        """Time since the previous frame; 0 for the first."""
        return 0 if self._state.stamp_ns is None else frame.stamp_ns - self._state.stamp_ns

    def _is_another_stream(self, frame: RgbdFrame) -> bool:
        """Whether counter or stamp went back: what is remembered belongs to other frames."""
        last = (self._state.frame_index, self._state.stamp_ns)
        if last[0] is None or last[1] is None:
            return False
        return frame.frame_index <= last[0] or frame.stamp_ns <= last[1]
