"""The protocol of everything that consumes results. No sink can delay or change a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tracking.applicator import Applicator
from tracking.frame import SourceFrame
from tracking.plan import Plan
from tracking.record import FrameRecord
from tracking.rig import Rig
from tracking.segmentation import Segmentation


@dataclass(frozen=True, eq=False)
class FrameResult:
    """One processed frame: what came in, how it was labelled, what was decided."""

    source_frame: SourceFrame
    segmentation: Segmentation
    record: FrameRecord


@dataclass(frozen=True, eq=False)
class RunContext:
    """What stays the same for a whole run, for sinks that draw or explain.

    `source_uri` and `origin` come from the source's header; `out_dir` is not part of it.
    """

    source_uri: str
    origin: str
    frame_rate_hz: float
    rig: Rig
    plan: Plan
    applicator: Applicator
    assumed: tuple[str, ...]


class Sink(Protocol):
    """Consumes every result of a run in order."""

    def emit(self, result: FrameResult) -> None:
        """Take one result."""
        ...

    def close(self) -> None:
        """Finish the artefact; safe to call twice."""
        ...
