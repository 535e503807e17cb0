"""What one frame shows: its labels, the cone's pose, the bed, every quantity, a second estimate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.segmenter import Ahead, Segmenter
from models.two_at_once import both
from pipeline.catalogued_cone import catalogued_cone
from pipeline.config.load import RunConfig
from pipeline.stage_clock import StageClock
from tracking.alignment import Alignment
from tracking.arrays import Bool, Float
from tracking.bed import BedSurface
from tracking.clear_cone import ClearCone, is_clear, register_clear_cone
from tracking.collar_identity import with_collar
from tracking.compiled import load_loops
from tracking.cone_model import ConeModel
from tracking.cone_models import ConeModels
from tracking.field_sight import sight_of_field
from tracking.frame import RgbdFrame, SourceFrame
from tracking.identity import Peers, peers_of
from tracking.marks import Marks, updated_marks
from tracking.measure import measure_alignment
from tracking.pose_jump import with_jump_told
from tracking.register import register
from tracking.registration import PoseStart, Registration
from tracking.rim_sight import hidden_rim
from tracking.second_estimate import SecondOpinion
from tracking.second_look import SecondLook, second_look
from tracking.second_opinion import second_opinion, seen_collar
from tracking.segmentation import Segmentation
from tracking.surface import fit_bed
from tracking.survey import SurveyMemory, observe
from tracking.survey_alignment import AlignedSurvey


@dataclass(frozen=True, eq=False)
class Measured:
    """Everything that was seen in one frame; `depth_mm` is without the rig's bias."""

    segmentation: Segmentation
    depth_mm: NDArray[np.float32]
    registration: Registration
    survey: AlignedSurvey
    bed: BedSurface
    alignment: Alignment
    second: SecondOpinion


@dataclass(frozen=True, eq=False)
class _Seen:
    """One frame, its labels, and its depth without the rig's bias."""

    frame: RgbdFrame
    segmentation: Segmentation
    depth_mm: NDArray[np.float32]


@dataclass(eq=False)
class Measurer:
    """Measures frames in order. It remembers the last pose, the survey and the marks.

    `with_edges`: where no collar is worn, the ring's edges in the picture are the second estimate.
    """

    config: RunConfig
    segmenter: Segmenter
    with_edges: bool = False
    _model: ConeModel = field(init=False)
    _models: ConeModels = field(init=False)
    _peers: Peers = field(init=False)
    _previous: Registration | None = field(default=None, init=False)
    _survey: SurveyMemory = field(default_factory=SurveyMemory, init=False)
    _marks: Marks = field(default_factory=Marks, init=False)

    def __post_init__(self) -> None:
        load_loops()  # no frame waits for them
        applicator = self.config.applicator
        self._model = catalogued_cone(applicator)
        self._models = ConeModels(self.config.applicators.values())
        self._peers = peers_of(applicator, self.config.applicators)

    def forget(self) -> None:
        """Begin anew: what is remembered belongs to other frames."""
        self._previous, self._survey, self._marks = None, SurveyMemory(), Marks()

    @property
    def marks(self) -> Marks:
        """What is marked on the bed, as of the last frame."""
        return self._marks

    def revise(self, config: RunConfig, marks: Marks) -> None:
        """Go on with a revised plan and all areas that belong to it; survey and pose stay.

        Another applicator is registered anew.
        """
        is_other_cone = config.applicator != self.config.applicator
        self.config, self._marks = config, marks
        self._peers = peers_of(config.applicator, config.applicators)
        if is_other_cone:
            self._model, self._previous = catalogued_cone(config.applicator), None

    def measure(
        self, source_frame: SourceFrame, passed_ns: int, clock: StageClock, ahead: Ahead = None
    ) -> Measured:
        """Measure one frame; `passed_ns` since the previous one, 0 for the first.

        `ahead` is what the segmenter worked out of its depth before.
        """
        config, frame = self.config, source_frame.frame
        noise = config.rig.depth
        depth_mm, segmentation = both(
            lambda: noise.correct(frame.depth_mm),
            lambda: self.segmenter.segment(source_frame, ahead),
        )
        if segmentation.labels.shape != frame.intrinsics.shape:
            raise ValueError(
                f"labels {segmentation.labels.shape} of a frame of {frame.intrinsics.shape}"
            )
        clock.lap("segment")
        seen = _Seen(frame, segmentation, depth_mm)
        clear = self._clear_cone(source_frame, seen)
        look = (
            SecondLook(clear.registration, segmentation, segmentation)
            if clear is not None
            # the fingerprint that the gate asks for, by the core that is idle meanwhile
            else both(lambda: frame.depth_sha256, lambda: self._look(seen))[1]
        )
        segmentation, registering = look.drawn, replace(seen, segmentation=look.told)
        seen = replace(seen, segmentation=segmentation)
        registration = with_jump_told(self._previous, look.registration, passed_ns)
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
            color_rgb=frame.color_rgb,
        )
        bed = self._fit_bed(seen, registration, survey)
        hidden = hidden_rim(self._model, registration, bed) if clear is None else None
        if hidden is not None:  # the bed's edge must not be taken for the cone's
            again = self._register(registering, registration.camera_from_applicator, hidden)
            is_tracked = again.start is PoseStart.TRACKED
            again = again.with_start(registration.start) if is_tracked else again
            registration = with_jump_told(self._previous, again, passed_ns)
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
            self._peers,
            registration,
            bed,
            config.rig,
            config.plan,
            survey,
            sight,
        )
        clock.lap("align")
        second = (
            second_opinion(
                source_frame,
                registration,
                config.applicator,
                config.applicators,
                with_edges=self.with_edges,
            )
            if clear is None
            else clear.opinion
        )
        identity = with_collar(
            alignment.applicator_id,
            second.applicator_ids,
            registration.dimensions,
            config.applicators,
        )
        clock.lap("second")
        self._previous = registration
        return Measured(
            segmentation,
            depth_mm,
            registration,
            survey,
            bed,
            replace(alignment, applicator_id=identity),
            second,
        )

    def _clear_cone(self, source_frame: SourceFrame, seen: _Seen) -> ClearCone | None:
        """A clear cone by its collar; None: it is another, or its collar is not seen."""
        config = self.config
        if not is_clear(config.applicator):
            return None
        near, applicator = self._previous, config.applicator
        collar = seen_collar(source_frame, near, applicator, config.applicators)
        if collar is None:
            return None
        return register_clear_cone(
            self._model,
            collar,
            seen.segmentation,
            seen.depth_mm,
            seen.frame.intrinsics,
            config.rig.depth,
        )

    def _look(self, seen: _Seen) -> SecondLook:
        return second_look(
            self._model,
            self._register(seen, _prior(self._previous)),
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


def _prior(previous: Registration | None) -> Float | None:
    if previous is None or not previous.is_ok:
        return None
    return previous.camera_from_applicator
