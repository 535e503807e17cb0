"""One frame's way: segment, register, fit the bed, measure, decide, record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from models.segmenter import Segmenter
from pipeline.config.load import RunConfig
from pipeline.config.mesh_file import applicator_mesh
from pipeline.sinks.sink import FrameResult
from pipeline.version import SOFTWARE_ID
from tracking.arrays import Bool, Float
from tracking.bed import BedSurface
from tracking.cone_model import ConeModel
from tracking.cone_models import ConeModels
from tracking.fiducial import is_in_place
from tracking.field_sight import sight_of_field
from tracking.frame import RgbdFrame, SourceFrame
from tracking.gate import decide
from tracking.marks import Marks, updated_marks
from tracking.measure import measure_alignment
from tracking.pose_jump import with_jump_told
from tracking.record import FrameRecord, RecordIds
from tracking.register import register
from tracking.registration import PoseStart, Registration
from tracking.rim_sight import hidden_rim
from tracking.second_look import SecondLook, second_look
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
    """

    config: RunConfig
    segmenter: Segmenter
    evidence: SessionEvidence
    age_ms: AgeMs = recorded_age_ms
    is_independent: bool = False
    _model: ConeModel = field(init=False)
    _models: ConeModels = field(init=False)
    _ids: RecordIds = field(init=False)
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

    def process(self, source_frame: SourceFrame) -> FrameResult:
        """Process one frame into a record."""
        if self.is_independent:
            self._state, self._previous = KernelState(), None
            self._survey, self._marks = SurveyMemory(), Marks()
        config, frame, clock = self.config, source_frame.frame, _StageClock()
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
        snapshot = Snapshot(
            frame_index=frame.frame_index,
            stamp_ns=frame.stamp_ns,
            age_ms=self.age_ms(frame),
            depth_sha256=frame.depth_sha256,
            plan=config.plan,
            evidence=self._frame_evidence(frame, depth_mm),
            registration=registration.status,
            pose_start=registration.start,
            bed=bed.status,
            alignment=alignment,
            doubt=segmentation.doubt,
            survey=survey.status,
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

    def _frame_evidence(self, frame: RgbdFrame, depth_mm: NDArray[np.float32]) -> SessionEvidence:
        """The session's evidence with what each frame must prove anew."""
        evidence, rig = self.evidence, self.config.rig
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


class _StageClock:
    """Wall time of each stage; goes into records, never into a decision."""

    def __init__(self) -> None:
        self._start = self._last = perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = perf_counter()
        self._laps[stage] = (now - self._last) * 1e3
        self._last = now

    def stage_ms(self) -> dict[str, float]:
        """Milliseconds by stage, and their total."""
        return {**self._laps, "total": (self._last - self._start) * 1e3}
