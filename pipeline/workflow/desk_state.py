"""What people have done in a session, and what it makes of the plan. Frozen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property

from calibration.text_file import content_id
from pipeline.config.load import RunConfig
from pipeline.workflow.beam_state import BeamState
from pipeline.workflow.drawings import Drawing, Drawings, Sheet
from pipeline.workflow.step import Step
from tracking.marks import Marks


@dataclass(frozen=True, eq=False)
class Revision:
    """What the next frame is decided by; `marks` are what was drawn, not the plan's own."""

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

    @cached_property
    def content_id(self) -> str:
        """Names what an approval would approve: the cone, each outline, whose it is and its map."""
        told = [self.applicator, *(_told(drawing) for drawing in self.drawings.sheet)]
        return content_id("revision", json.dumps(told))


def _told(drawing: Drawing) -> list[object]:
    outline, placed = drawing.outline, drawing.placed
    origin = None if placed is None else placed.origin_frame_index
    return [drawing.name, drawing.person, outline.frame_index, outline.outline_px, origin]
