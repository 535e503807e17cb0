"""One frame's way: segment, register, fit the bed, measure, decide, record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.segmenter import Segmenter
from pipeline.config.load import RunConfig
from pipeline.config.mesh_file import applicator_mesh
from pipeline.session.running import running_identities
from pipeline.sinks.sink import FrameResult
from pipeline.stage_clock import StageClock
from pipeline.surroundings import AskSurroundings, FrameFacts, cone_of, recorded
from pipeline.version import SOFTWARE_ID
from tracking.arrays import Bool, Float
from tracking.bed import BedSurface
from tracking.collar_identity import with_collar
from tracking.cone_model import ConeModel
from tracking.cone_models import ConeModels
from tracking.fiducial import is_in_place
from tracking.field_sight import sight_of_field
from tracking.frame import RgbdFrame, SourceFrame
from tracking.gate import decide
from tracking.identities import Identities
from tracking.marks import Marks, updated_marks
from tracking.measure import measure_alignment
from tracking.pose_jump import with_jump_told
from tracking.record import FrameRecord, RecordIds
from tracking.register import register
from tracking.registration import PoseStart, Registration
from tracking.rim_sight import hidden_rim
from tracking.second_look import SecondLook, second_look
from tracking.second_opinion import second_opinion
from tracking.segmentation import Segmentation
from tracking.snapshot import Evidence, KernelState, SessionEvidence, Snapshot
from tracking.surface import fit_bed
from tracking.survey import SurveyMemory, observe
from tracking.survey_alignment import AlignedSurvey

AgeMs = Callable[[RgbdFrame], float]


def recorded_age_ms(frame: RgbdFrame) -> float:
    """Exposure to arrival as recorded: what a replay knows of a frame's age."""
    return (frame.arrival_ns - frame.stamp_ns) / 1e6


@dataclass(frozen=True, eq=False)
class _Seen:
    """One frame, its labels, and its depth without the rig's bias."""

    frame: RgbdFrame
    segmentation: Segmentation
    depth_mm: NDArray[np.float32]


@dataclass(eq=False)
class Tracker:
    """Processes frames in order. It remembers the last pose, survey, marks and the gate's state.

    `is_independent`: frames are unrelated pictures; nothing is remembered between them.
    `ask`: the session around the frames; None: a recording with the evidence of its start.
    """

    config: RunConfig
    segmenter: Segmenter
    evidence: SessionEvidence
    age_ms: AgeMs = recorded_age_ms
    is_independent: bool = False
    ask: AskSurroundings | None = None
    _model: ConeModel = field(init=False)
    _models: ConeModels = field(init=False)
    _ids: RecordIds = field(init=False)
    _running: Identities = field(init=False)
    _ask: AskSurroundings = field(init=False)
    _state: KernelState = field(default_factory=KernelState, init=False)
    _previous: Registration | None = field(default=None, init=False)
    _survey: SurveyMemory = field(default_factory=SurveyMemory, init=False)
    _marks: Marks = field(default_factory=Marks, init=False)

    def __post_init__(self) -> None:
        applicator = self.config.applicator
        mesh = applicator_mesh(applicator) if applicator.mesh_path else None
        self._model = ConeModel(applicator, mesh)
        self._models = ConeModels(self.config.applicators.values())
        self._ids = RecordIds(
            software=SOFTWARE_ID,
            model=self.segmenter.model_id,
            plan=self.config.plan.id,
            rig=self.config.rig.id,
            catalogue=self.config.catalogue_id,
        )
        self._running = running_identities(self.config, self.segmenter.model_id)
        self._ask = self.ask or recorded(self.evidence)

    def process(self, source_frame: SourceFrame) -> FrameResult:
        """Process one frame into a record."""
        if self.is_independent:
            self._state, self._previous = KernelState(), None
            self._survey, self._marks = SurveyMemory(), Marks()
        config, frame, clock = self.config, source_frame.frame, StageClock()
        if self._is_another_stream(frame):  # the gate keeps its state: it has to say so
            self._previous, self._survey, self._marks = None, SurveyMemory(), Marks()
        noise = config.rig.depth
        depth_mm = noise.correct(frame.depth_mm)
        segmentation = self.segmenter.segment(source_frame)
        clock.lap("segment")
        seen = _Seen(frame, segmentation, depth_mm)
        look = self._look(seen, _prior(self._previous))
        segmentation, registering = look.drawn, replace(seen, segmentation=look.told)
        seen = replace(seen, segmentation=segmentation)
        registration = with_jump_told(self._previous, look.registration, self._passed_ns(frame))
        clock.lap("register")
        survey, self._survey = observe(
            self._survey,
            frame.frame_index,
            segmentation,
            depth_mm,
            frame.intrinsics,
            noise,
            config.applicator,
            registration,
        )
        bed = self._fit_bed(seen, registration, survey)
        hidden = hidden_rim(self._model, registration, bed)
        if hidden is not None:  # the bed's edge must not be taken for the cone's
            again = self._register(registering, registration.camera_from_applicator, hidden)
            is_tracked = again.start is PoseStart.TRACKED
            again = replace(again, start=registration.start) if is_tracked else again
            registration = with_jump_told(self._previous, again, self._passed_ns(frame))
            bed = self._fit_bed(seen, registration, survey)
        clock.lap("surface")
        self._marks = updated_marks(
            self._marks, config.plan, frame, segmentation, depth_mm, noise, survey
        )
        sight = sight_of_field(
            config.applicator,
            registration,
            segmentation,
            depth_mm,
            frame.intrinsics,
            noise,
            survey,
            plan=config.plan,
            marks=self._marks,
        )
        alignment = measure_alignment(
            config.applicator,
            config.applicators,
            registration,
            bed,
            config.rig,
            config.plan,
            survey,
            sight,
        )
        clock.lap("align")
        second = second_opinion(source_frame, registration, config.applicator, config.applicators)
        identity = with_collar(
            alignment.applicator_id,
            second.applicator_ids,
            registration.dimensions,
            config.applicators,
        )
        alignment = replace(alignment, applicator_id=identity)
        clock.lap("second")
        cone = cone_of(registration, alignment.applicator_id, config.plan.applicator_id)
        around = self._ask(
            FrameFacts(frame.frame_index, self._running, self._state.fault_frame, cone)
        )
        snapshot = Snapshot(
            frame_index=frame.frame_index,
            stamp_ns=frame.stamp_ns,
            age_ms=self.age_ms(frame),
            depth_sha256=frame.depth_sha256,
            plan=config.plan,
            evidence=self._frame_evidence(around.evidence, frame, depth_mm),
            registration=registration.status,
            pose_start=registration.start,
            bed=bed.status,
            alignment=alignment,
            running=self._running,
            confirmed=around.confirmed,
            doubt=segmentation.doubt,
            survey=survey.status,
            second=second,
            acknowledged_frame=around.acknowledged_frame,
            system_faults=around.faults,
        )
        decision, self._state = decide(snapshot, self._state)
        clock.lap("gate")
        self._previous = registration
        record = FrameRecord(
            frame_index=frame.frame_index,
            stamp_ns=frame.stamp_ns,
            decision=decision,
            registration=registration,
            bed=bed,
            alignment=alignment,
            stage_ms=clock.stage_ms(),
            ids=self._ids,
            survey=survey,
            doubt=segmentation.doubt,
        )
        return FrameResult(source_frame, segmentation, record)

    def _passed_ns(self, frame: RgbdFrame) -> int:
        """Time since the previous frame; 0 for the first."""
        return 0 if self._state.stamp_ns is None else frame.stamp_ns - self._state.stamp_ns

    def _is_another_stream(self, frame: RgbdFrame) -> bool:
        """Whether counter or stamp went back: what is remembered belongs to other frames."""
        last = (self._state.frame_index, self._state.stamp_ns)
        if last[0] is None or last[1] is None:
            return False
        return frame.frame_index <= last[0] or frame.stamp_ns <= last[1]

    def _look(self, seen: _Seen, prior: Float | None) -> SecondLook:
        return second_look(
            self._model,
            self._register(seen, prior),
            seen.segmentation,
            seen.depth_mm,
            seen.frame.intrinsics,
            self.config.rig.depth,
            lambda labels, start: self._register(replace(seen, segmentation=labels), start),
        )

    def _register(
        self, seen: _Seen, prior: Float | None, hidden: Bool | None = None
    ) -> Registration:
        return register(
            self._model,
            seen.segmentation,
            seen.depth_mm,
            seen.frame.intrinsics,
            self.config.rig.depth,
            prior,
            seen.frame.color_rgb,
            models=self._models,
            hidden_rim=hidden,
        )

    def _fit_bed(
        self, seen: _Seen, registration: Registration, survey: AlignedSurvey
    ) -> BedSurface:
        return fit_bed(
            self.config.applicator,
            registration,
            seen.segmentation,
            seen.depth_mm,
            seen.frame.intrinsics,
            self.config.rig.depth,
            survey,
        )

    def _frame_evidence(
        self, evidence: SessionEvidence, frame: RgbdFrame, depth_mm: NDArray[np.float32]
    ) -> SessionEvidence:
        """The session's evidence with what each frame must prove anew."""
        rig = self.config.rig
        is_serial_proven = evidence.camera_serial is Evidence.PROVEN  # by the header
        if is_serial_proven and frame.device_serial != rig.camera_serial:
            evidence = replace(evidence, camera_serial=Evidence.FAILED)
        if rig.fiducial is not None:
            in_place = is_in_place(rig.fiducial, depth_mm)
            watched = Evidence.PROVEN if in_place else Evidence.FAILED
            evidence = replace(evidence, fiducial=watched)
        return evidence


def _prior(previous: Registration | None) -> Float | None:
    if previous is None or not previous.is_ok:
        return None
    return previous.camera_from_applicator
