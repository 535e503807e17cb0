"""What people have done in a session, and what it makes of the plan. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.config.load import RunConfig
from pipeline.workflow.beam_state import BeamState
from pipeline.workflow.drawings import Drawings, Sheet
from pipeline.workflow.step import Step
from tracking.marks import Marks


@dataclass(frozen=True, eq=False)
class Revision:
    """What the next frame is decided by."""

    config: RunConfig
    marks: Marks
    number: int


@dataclass(frozen=True, eq=False)
class DeskState:
    """Everything people have done; frozen, so that the display's thread may read it."""

    step: Step
    applicator: str
    drawings: Drawings = field(default_factory=Drawings)
    approved: tuple[str, Sheet] | None = None  # cone and sheet of the revision in force
    revision: int = 0
    approved_by: str = ""
    beam: BeamState = field(default_factory=BeamState)
