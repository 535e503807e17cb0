"""Does again what an earlier process of the session was told, as far as it can be. Pure.

Nothing is placed: the survey that carried it is gone. Nothing is approved: what was approved is not
what would be decided by now. Lines that make no sense are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pipeline.workflow.desk_state import DeskState
from pipeline.workflow.drawings import Drawing
from pipeline.workflow.step import Step
from tracking.errors import TrackerError
from tracking.outline import Outline

KEPT_STEPS = frozenset({Step.BRIEFING, Step.SURVEY})


def restored(
    state: DeskState, entries: Iterable[Mapping[str, Any]], applicators: Collection[str]
) -> DeskState:
    """Return the state after all entries of a `WorkflowStore`, oldest first.

    Under a beam that nobody said to be off it is the beam's step.
    """
    for entry in entries:
        try:
            state = _after(state, entry, applicators)
        except (KeyError, ValueError, TypeError, OverflowError, TrackerError):
            continue
    return replace(state, step=Step.BEAM) if state.beam.is_on else state


def _after(state: DeskState, entry: Mapping[str, Any], applicators: Collection[str]) -> DeskState:
    kind, drawings = entry["kind"], state.drawings
    if kind == "draw":
        points = tuple((float(u), float(v)) for u, v in entry["points"])
        outline = Outline(int(entry["frame_index"]), points)
        drawing = Drawing(str(entry["name"]), outline, str(entry["person"]), None)
        return replace(state, drawings=drawings.drawn(drawing))
    if kind == "clear":
        return replace(state, drawings=drawings.cleared(str(entry["name"])))
    if kind == "undo":
        return replace(state, drawings=drawings.undo())
    if kind == "redo":
        return replace(state, drawings=drawings.redo())
    if kind == "choose" and entry["applicator"] in applicators:
        return replace(state, applicator=str(entry["applicator"]))
    if kind == "approve":
        return replace(state, revision=int(entry["plan_revision"]))
    if kind == "step":
        # the survey is gone, and with it everything that came after it
        step = Step(entry["to"])
        return replace(state, step=step if step in KEPT_STEPS else Step.SURVEY)
    return _after_beam(state, entry)


def _after_beam(state: DeskState, entry: Mapping[str, Any]) -> DeskState:
    kind, beam = entry["kind"], state.beam
    if kind == "beam":
        beam = beam.told(str(entry["person"]), is_on=bool(entry["is_on"]))
    elif kind == "beam_since":
        beam = beam.seen(int(entry["stamp_ns"]))
    elif kind == "deviation":
        beam = beam.deviated()
    return replace(state, beam=beam)
