"""What a page is told of the workflow: `session` and the drawn areas of one frame's header.

Made of frozen values only, because the display's thread asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.qa.told import QaTold
from pipeline.recorder.recorder_status import StorageWarning
from pipeline.session.time_out import TimeOut
from pipeline.sinks.sink import FrameResult
from pipeline.workflow.desk_state import DeskState
from pipeline.workflow.drawings import Drawing
from pipeline.workflow.revision import KEEP_OUT
from pipeline.workflow.step import STEPS, StepFacts, blocked_by, missing
from tracking.arrays import Float
from tracking.marks import AREA_AT_RISK


@dataclass(frozen=True)
class Standing:
    """What stands around the workflow in one frame; everything the view tells beside the desk's.

    `since_ns`: stamp of the frame before which the beam went on.
    """

    time_out: TimeOut | None
    last_fault_frame: int | None
    acknowledged_frame: int | None
    qa_told: QaTold
    calibration_until: str
    is_beam_on: bool = False
    since_ns: int | None = None
    n_deviations: int = 0
    report_html: str = ""
    report_pdf: str = ""
    has_report_failed: bool = False
    is_recording: bool = False
    storage_warnings: tuple[StorageWarning, ...] = ()


@dataclass(frozen=True)
class About:
    """What never changes in a session."""

    session_id: str
    patient_id: str
    plan_id: str
    machine: str
    applicators: tuple[str, ...]
    persons: tuple[str, ...]
    is_simulated: bool


@dataclass(frozen=True, eq=False)
class Shown:
    """One frame's snapshot of all of it."""

    state: DeskState
    facts: StepFacts
    standing: Standing
    is_approved: bool
    lost: frozenset[str]


def session_table(shown: Shown, about: About, result: FrameResult) -> dict[str, Any]:
    """`session` of the protocol."""
    state, facts, standing = shown.state, shown.facts, shown.standing
    survey, seen = result.record.survey, result.record.alignment.applicator_id
    held = standing.time_out
    needs_approval = not shown.is_approved or state.approved is None
    return {
        "session_id": about.session_id,
        "step": str(state.step),
        "steps": _steps(shown),
        "patient_id": about.patient_id,
        "plan_id": about.plan_id,
        "plan_revision": state.revision + int(needs_approval),
        "content_id": state.content_id,
        "machine": about.machine,
        "applicator_planned": state.applicator,
        "applicator_seen": (seen.value or "") if seen.decided else "",
        "applicators": list(about.applicators),
        "qa": {"holds": facts.has_qa, **asdict(standing.qa_told)},
        "calibration": {
            "holds": facts.has_calibration,
            "expires_at": standing.calibration_until,
        },
        "survey": {
            "state": _survey(result),
            "n_frames": 0 if survey.survey is None else survey.survey.n_frames,
        },
        "areas": [_area(drawing, shown) for drawing in state.drawings.sheet],
        "can_undo": bool(state.drawings.before),
        "can_redo": bool(state.drawings.undone),
        "time_out": {
            "complete": facts.has_time_out,
            "confirmed_by": [] if held is None else list(held.confirmed_by),
            "persons": list(about.persons),
            "items": {
                name: "" if held is None else getattr(held.running, name)
                for name in ("plan", "patient", "machine", "applicator")
            },
        },
        "last_fault_frame": standing.last_fault_frame,
        "acknowledged_frame": standing.acknowledged_frame,
        "beam": {
            "on": standing.is_beam_on,
            "since_ns": standing.since_ns,
            "deviations": standing.n_deviations,
        },
        "report": {
            "ready": bool(standing.report_html),
            "html": standing.report_html,
            "pdf": standing.report_pdf,
            "failed": standing.has_report_failed,
        },
        "storage": {
            "recording": standing.is_recording,
            "warnings": [asdict(each) for each in standing.storage_warnings],
        },
        "simulated": about.is_simulated,
    }


def drawing_table(shown: Shown, result: FrameResult) -> dict[str, Any]:
    """Drawn areas as lines of the live picture: in force, and drafts that are not."""
    state = shown.state
    in_force = () if state.approved is None else state.approved[1]
    table: dict[str, Any] = {AREA_AT_RISK: [], "keep_out": [], "draft": []}
    for drawing in state.drawings.sheet:
        line = _line(drawing, result)
        if line is None:
            continue
        lines = [[[round(u, 1), round(v, 1)] for u, v in line.tolist()]]
        lines[0].append(lines[0][0])
        if drawing not in in_force:
            table["draft"].append({"name": drawing.name, "lines": lines})
        elif drawing.name == AREA_AT_RISK:
            table[AREA_AT_RISK] += lines
        else:
            name = drawing.name.removeprefix(KEEP_OUT)
            table["keep_out"].append({"name": name, "lines": lines})
    return table


def _line(drawing: Drawing, result: FrameResult) -> Float | None:
    if drawing.placed is None:
        return None
    return drawing.placed.line_px(result.record.survey, result.source_frame.frame.intrinsics)


def _steps(shown: Shown) -> list[dict[str, Any]]:
    now = STEPS.index(shown.state.step)
    found = []
    for at, step in enumerate(STEPS):
        why = blocked_by(step, shown.facts) if at > now else missing(step, shown.facts)
        state = "done"
        if at == now:
            state = "current"
        elif at > now:
            state = "blocked" if why else "open"
        elif why:
            state = "open"
        found.append({"id": str(step), "state": state, "why": [str(each) for each in why]})
    return found


def _survey(result: FrameResult) -> str:
    survey = result.record.survey.survey
    if survey is None:
        return "none"
    return "usable" if survey.is_usable else "running"


def _area(drawing: Drawing, shown: Shown) -> dict[str, Any]:
    in_force = () if shown.state.approved is None else shown.state.approved[1]
    state = "placed"
    if drawing.name in shown.lost:
        state = "lost"
    elif drawing in in_force:
        state = "approved"
    return {"name": drawing.name, "state": state, "drawn_by": drawing.person}


def view_of(shown: Shown, about: About, result: FrameResult) -> Mapping[str, Any]:
    """Both parts of a header that the workflow makes."""
    return {
        "session": session_table(shown, about, result),
        "drawing": drawing_table(shown, result),
    }
