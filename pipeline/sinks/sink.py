"""The protocol of everything that consumes results. No sink can delay or change a decision."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.frame import SourceFrame
from tracking.marks import Marks
from tracking.plan import Plan
from tracking.record import FrameRecord
from tracking.rig import Rig
from tracking.segmentation import Segmentation


@dataclass(frozen=True, eq=False)
class FrameResult:
    """One processed frame: what came in, how it was labelled, what was decided.

    `steadied_pose` is `camera_from_applicator` without its jitter: for drawing, and nothing else.
    `marks` are what was marked on the bed, where the survey of the frame carries it. `plan` and
    `applicator` are what it was decided by: a session's plan is revised. None: the run's.
    """

    source_frame: SourceFrame
    segmentation: Segmentation
    record: FrameRecord
    steadied_pose: Float | None = None
    marks: Marks = field(default_factory=Marks)
    plan: Plan | None = None
    applicator: Applicator | None = None

    @property
    def drawn_pose(self) -> Float | None:
        """`camera_from_applicator` to draw: steadied where it is, else as registered."""
        if self.steadied_pose is not None:
            return self.steadied_pose
        return self.record.registration.camera_from_applicator


@dataclass(frozen=True, eq=False)
class RunContext:
    """What a run begins with, for sinks that draw or explain; only plan and applicator may change.

    `source_uri` and `origin` come from the source's header; `out_dir` is not part of it. `notes`:
    sentences on what the recording itself lacks.
    """

    source_uri: str
    origin: str
    frame_rate_hz: float
    rig: Rig
    plan: Plan
    applicator: Applicator
    assumed: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def of(self, result: FrameResult) -> RunContext:
        """With what the frame was decided by."""
        if result.plan is None or result.applicator is None or result.plan is self.plan:
            return self
        return replace(self, plan=result.plan, applicator=result.applicator)


class Sink(Protocol):
    """Consumes every result of a run in order."""

    def emit(self, result: FrameResult) -> None:
        """Take one result."""
        ...

    def close(self) -> None:
        """Finish the artefact; safe to call twice."""
        ...


class Display(Sink, Protocol):
    """A sink that makes a frame's picture ready while the frame is measured."""

    def ahead(self, source_frame: SourceFrame) -> None:
        """Take the picture of a frame that has come; its result follows, or never does."""
        ...
