"""The workflow of a running session: takes commands between frames, and knows where people are.

It gives no verdict. What it can do is take a time-out away: whatever was drawn or chosen since the
revision in force was approved is not what two persons confirmed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pipeline.config.load import RunConfig
from pipeline.config.site_check import check_plan_against_site
from pipeline.session.answers import Answer, accepted, refused
from pipeline.session.commands import (
    ApproveMessage,
    ChooseMessage,
    ClearMessage,
    DrawMessage,
    RedoMessage,
    ReportMessage,
    StepMessage,
    UndoMessage,
    WorkflowCommand,
    WorkflowMessage,
)
from pipeline.session.control import PIN_REFUSALS
from pipeline.session.events import Event, EventKind
from pipeline.session.refusals import Refusal
from pipeline.workflow.desk_state import DeskState, Revision
from pipeline.workflow.drawings import Drawing, Drawings
from pipeline.workflow.revision import can_hold, revised
from pipeline.workflow.step import Step, StepFacts, advanced, blocked_by
from pipeline.workflow.store import WorkflowStore
from tracking.camera import CameraIntrinsics
from tracking.drawn_area import SurveySight, place_drawing
from tracking.errors import TrackerError
from tracking.marks import Marks
from tracking.outline import Outline
from tracking.record import FrameRecord
from tracking.survey_alignment import AlignedSurvey

N_SIGHTS = 5400  # frames that may still be drawn on: three minutes at 30 Hz

Happened = tuple[Answer, list[Event]]


class WorkflowDesk:
    """Answers commands, and hands an approved revision to the loop.

    Parameters
    ----------
    base : RunConfig
        As the session was started.
    write_report : callable, optional
        Starts writing the session's report; called in the loop, may not wait.
    """

    def __init__(
        self,
        base: RunConfig,
        intrinsics: CameraIntrinsics,
        store: WorkflowStore,
        write_report: Callable[[], None] | None = None,
    ) -> None:
        self._base, self._intrinsics, self._store = base, intrinsics, store
        self._write_report = write_report
        self._sights: deque[SurveySight] = deque(maxlen=N_SIGHTS)
        self._survey = AlignedSurvey()
        self._facts = StepFacts()
        self._pending: Revision | None = None
        self.in_force = base.plan
        self.state = DeskState(Step.BRIEFING, base.plan.applicator_id)
        for entry in store.earlier:
            self._restore(entry)

    @property
    def is_settled(self) -> bool:
        """Whether what is drawn and chosen is what is in force."""
        state = self.state
        if state.approved is None:
            is_bare = not state.drawings.sheet
            return is_bare and state.applicator == self._base.plan.applicator_id
        return state.approved == (state.applicator, state.drawings.sheet)

    @property
    def facts(self) -> StepFacts:
        """Of the last frame."""
        return self._facts

    def take_revision(self) -> Revision | None:
        """What was approved since the last call; the next frame is decided by it."""
        pending, self._pending = self._pending, None
        return pending

    def see(self, record: FrameRecord, facts: StepFacts) -> None:
        """Take one decided frame."""
        self._survey = record.survey
        sight = SurveySight.of(record.frame_index, record.survey)
        if sight is not None:
            self._sights.append(sight)
        self._facts = replace(
            facts,
            is_approved=self.is_settled,
            is_area_lost=any(self.is_lost(d) for d in self.state.drawings.sheet),
        )
        step = advanced(self.state.step, self._facts)
        if step is not self.state.step:
            self._go(step)

    def is_lost(self, drawing: Drawing) -> bool:
        """Whether an outline lies on no survey that is there now."""
        held = self._survey.survey
        placed = drawing.placed
        if placed is None:
            return True
        return held is not None and held.origin_frame_index != placed.origin_frame_index

    def decide(self, command: WorkflowCommand, frame_index: int) -> Happened:
        """Do or refuse one command, without waiting."""
        message = command.message
        refusal = PIN_REFUSALS.get(command.pin) if command.pin is not None else None
        if (
            refusal is None
            and self._facts.is_beam_on
            and not isinstance(message, StepMessage | ReportMessage)
        ):
            refusal = Refusal.UNDER_BEAM
        done: EventKind | Refusal = refusal if refusal is not None else self._do(message)
        what, person = _told(message), getattr(message, "person", "")
        if isinstance(done, Refusal):
            event = Event(
                EventKind.WORKFLOW_REFUSED, frame_index, person=person, refusal=done, what=what
            )
            return refused(done), [event]
        self._store.add(message.model_dump(mode="json", exclude={"pin"}))
        return accepted("Done."), [Event(done, frame_index, person=person, what=what)]

    def _do(self, message: WorkflowMessage) -> EventKind | Refusal:
        if isinstance(message, StepMessage):
            return self._step(Step(message.to))
        if isinstance(message, DrawMessage):
            return self._draw(message)
        if isinstance(message, ClearMessage):
            cleared = self.state.drawings.cleared(message.name)
            return self._change(cleared, Refusal.NOTHING_TO_CLEAR)
        if isinstance(message, UndoMessage):
            return self._change(self.state.drawings.undo(), Refusal.NOTHING_TO_UNDO)
        if isinstance(message, RedoMessage):
            return self._change(self.state.drawings.redo(), Refusal.NOTHING_TO_REDO)
        if isinstance(message, ChooseMessage):
            return self._choose(message.applicator)
        if isinstance(message, ApproveMessage):
            return self._approve(message)
        return self._report()

    def _step(self, step: Step) -> EventKind | Refusal:
        if blocked_by(step, self._facts):
            return Refusal.STEP_BLOCKED
        self.state = replace(self.state, step=step)
        return EventKind.STEP_TAKEN

    def _draw(self, message: DrawMessage) -> EventKind | Refusal:
        if not can_hold(self._base.plan, message.name):
            return Refusal.NO_LIMIT
        if self._survey.survey is None:
            return Refusal.NO_SURVEY
        try:
            outline = Outline(message.frame_index, tuple((u, v) for u, v in message.points))
            outline.require_inside(self._intrinsics, "The outline")
            drawing = Drawing(message.name, outline, message.person, None)
            revised(self._base, self._base.plan.applicator_id, [drawing])
        except TrackerError:
            return Refusal.NO_OUTLINE
        except ValueError as error:
            is_taken = "itself" in str(error) and "structure" in str(error)
            return Refusal.NAME_TAKEN if is_taken else Refusal.NO_OUTLINE
        sight = next((s for s in self._sights if s.frame_index == message.frame_index), None)
        if sight is None or not sight.in_plane_observable:
            return Refusal.UNKNOWN_FRAME
        noise = self._base.rig.depth
        placed = place_drawing(outline, sight, self._survey, self._intrinsics, noise)
        if placed is None:
            return Refusal.NOT_ON_BED
        drawings = self.state.drawings.drawn(replace(drawing, placed=placed))
        self.state = replace(self.state, drawings=drawings)
        return EventKind.AREA_DRAWN

    def _change(self, drawings: Drawings, nothing: Refusal) -> EventKind | Refusal:
        if drawings is self.state.drawings:
            return nothing
        self.state = replace(self.state, drawings=drawings)
        return EventKind.DRAWING_CHANGED

    def _choose(self, applicator: str) -> EventKind | Refusal:
        if applicator not in self.applicators:
            return Refusal.UNKNOWN_APPLICATOR
        self.state = replace(self.state, applicator=applicator)
        return EventKind.APPLICATOR_CHOSEN

    @property
    def applicators(self) -> tuple[str, ...]:
        """What the plan's machine has, and the site allows."""
        base = self._base
        return tuple(
            name
            for name, applicator in base.applicators.items()
            if applicator.machine == base.plan.machine and self._is_allowed(name)
        )

    def _is_allowed(self, name: str) -> bool:
        base = self._base
        if base.site is None:
            return True
        try:
            plan = replace(base.plan, applicator_id=name)
            check_plan_against_site(plan, base.applicators[name], base.site)
        except TrackerError:
            return False
        return True

    def _approve(self, message: ApproveMessage) -> EventKind | Refusal:
        state = self.state
        if message.plan_revision != self.next_revision:
            return Refusal.OTHER_REVISION
        if any(self.is_lost(drawing) for drawing in state.drawings.sheet):
            return Refusal.AREA_LOST
        config = revised(self._base, state.applicator, state.drawings.sheet)
        self.in_force = config.plan
        self._pending = Revision(config, self._marks(state.drawings.sheet), self.next_revision)
        self.state = replace(
            state,
            approved=(state.applicator, state.drawings.sheet),
            revision=self.next_revision,
            approved_by=message.person,
        )
        return EventKind.REVISION_APPROVED

    @property
    def next_revision(self) -> int:
        """The number that an approval makes; the present one's where nothing has changed."""
        return self.state.revision + 1

    def _marks(self, sheet: Sequence[Drawing]) -> Marks:
        placed = [(d.name, d.placed) for d in sheet if d.placed is not None]
        if not placed:
            return Marks()
        origin = placed[0][1].origin_frame_index
        return Marks().with_areas(tuple((name, p.area) for name, p in placed), origin)

    def _report(self) -> EventKind | Refusal:
        if self._write_report is None:
            return Refusal.REPORT_FAILED
        self._write_report()
        return EventKind.REPORT_ASKED

    def _go(self, step: Step) -> None:
        self.state = replace(self.state, step=step)
        self._store.add({"kind": "step", "to": str(step)})

    def _restore(self, entry: dict[str, Any]) -> None:
        """Do again what an earlier process was told, as far as it can be: nothing is placed."""
        kind, state = entry["kind"], self.state
        try:
            if kind == "draw":
                points = tuple((float(u), float(v)) for u, v in entry["points"])
                outline = Outline(int(entry["frame_index"]), points)
                drawing = Drawing(str(entry["name"]), outline, str(entry["person"]), None)
                self.state = replace(state, drawings=state.drawings.drawn(drawing))
            elif kind == "clear":
                self.state = replace(state, drawings=state.drawings.cleared(str(entry["name"])))
            elif kind == "undo":
                self.state = replace(state, drawings=state.drawings.undo())
            elif kind == "redo":
                self.state = replace(state, drawings=state.drawings.redo())
            elif kind == "choose" and entry["applicator"] in self.applicators:
                self.state = replace(state, applicator=str(entry["applicator"]))
            elif kind == "approve":
                self.state = replace(state, revision=int(entry["plan_revision"]))
            elif kind == "step":
                # the survey is gone, and with it everything that came after it
                is_early = entry["to"] in (Step.BRIEFING, Step.SURVEY)
                self.state = replace(state, step=Step(entry["to"]) if is_early else Step.SURVEY)
        except (KeyError, ValueError, TypeError):
            return


def _told(message: WorkflowMessage) -> str:
    """For audit log and report: what was asked, without points and PIN."""
    for name in ("to", "name", "applicator", "plan_revision"):
        value = getattr(message, name, None)
        if value is not None:
            return f"{message.kind} {value}"
    return message.kind
