"""The workflow of a running session: takes commands between frames, and knows where people are.

It gives no verdict. What it can do is take a time-out away: whatever was drawn or chosen since the
revision in force was approved is not what two persons confirmed. While people are back at a step
that changes it, the time-out rests: nobody confirmed what is being drawn. Where they leave it with
nothing changed, what stands is exactly what was confirmed, and it holds again; a new approval makes
another plan, and takes it away for good.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pipeline.config.load import RunConfig
from pipeline.config.site_check import check_plan_against_site
from pipeline.recorder.recorder_status import UNSAVED, StorageWarning
from pipeline.session.answers import Answer, WorkflowStatus, accepted, refused
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
from pipeline.workflow.beam_state import BeamState
from pipeline.workflow.desk_state import DeskState, Revision
from pipeline.workflow.drawings import Drawing, Drawings
from pipeline.workflow.restoring import restored
from pipeline.workflow.revision import can_hold, revised
from pipeline.workflow.step import CHANGING, Step, StepFacts, advanced, blocked_by
from pipeline.workflow.store import WorkflowStore
from tracking.camera import CameraIntrinsics
from tracking.drawn_area import SurveySight, place_drawing
from tracking.errors import TrackerError
from tracking.marks import AREA_AT_RISK, Marks
from tracking.outline import Outline
from tracking.plan import Plan
from tracking.record import FrameRecord
from tracking.survey_alignment import AlignedSurvey

MAX_OUTLINES = 8  # each is carried with the survey, and drawn, in every frame
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
        self._last = (-1, -1)  # index and stamp of the last frame
        self._pending: Revision | None = None
        blank = DeskState(Step.BRIEFING, base.plan.applicator_id)
        self.state = restored(blank, store.earlier, self.applicators)
        self._facts = StepFacts(is_beam_on=self.state.beam.is_on)  # as it was left

    def status(self) -> WorkflowStatus:
        """Where people are, and what an approval would approve."""
        return WorkflowStatus(
            step=str(self.state.step),
            next_revision=self.next_revision,
            content_id=self.state.content_id,
            is_approved=self.is_approved,
            applicator=self.state.applicator,
            areas=[drawing.name for drawing in self.state.drawings.sheet],
        )

    @property
    def base_plan(self) -> Plan:
        """As the session was started; revisions are of it."""
        return self._base.plan

    @property
    def storage_warnings(self) -> tuple[StorageWarning, ...]:
        """Why what people do is not kept just now; none where it is."""
        detail = self._store.warning
        return (StorageWarning(UNSAVED, detail=detail),) if detail else ()

    @property
    def is_area_wanted(self) -> bool:
        """Whether the plan limits coverage, and neither it nor a drawing marks an area at risk."""
        plan = self._base.plan
        if plan.limits.coverage_minimum_fraction is None or plan.area_at_risk is not None:
            return False
        return all(drawing.name != AREA_AT_RISK for drawing in self.state.drawings.sheet)

    @property
    def is_settled(self) -> bool:
        """Whether a time-out can hold: all is approved, and nobody is at a step that changes it."""
        return self.is_approved and self.state.step not in CHANGING

    @property
    def time_out_refusal(self) -> Refusal | None:
        """Why the time-out cannot be confirmed now: what blocks its step, as of the last frame."""
        for why in blocked_by(Step.TIME_OUT, self._with_state(self._facts)):
            return Refusal(why)
        return None if self.is_settled else Refusal.STEP_BLOCKED

    @property
    def is_approved(self) -> bool:
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
        self._forget_another_stream(record)
        sight = SurveySight.of(record.frame_index, record.survey)
        if sight is not None:
            self._sights.append(sight)
        before, self._facts = self._facts, self._with_state(facts)
        step = advanced(self.state.step, self._facts, before)
        if step is not self.state.step:
            self.state = replace(self.state, step=step)
            self._store.note({"kind": "step", "to": str(step)})

    def _forget_another_stream(self, record: FrameRecord) -> None:
        """Where counter or stamp went back, earlier indices are those of other pictures."""
        now = (record.frame_index, record.stamp_ns)
        if now[0] <= self._last[0] or now[1] <= self._last[1]:
            self._sights.clear()
        self._last = now

    def tell_beam(self, person: str, *, is_on: bool) -> None:
        """Keep that the beam is on, or off; what was known already is kept once."""
        told = self.state.beam.told(person, is_on=is_on)
        self._take_beam(told, {"kind": "beam", "is_on": is_on, "person": person})

    def see_beam(self, stamp_ns: int) -> None:
        """Keep the first frame under the beam."""
        seen = self.state.beam.seen(stamp_ns)
        self._take_beam(seen, {"kind": "beam_since", "stamp_ns": stamp_ns})

    def count_deviation(self) -> None:
        """Keep that frames under the beam are not READY."""
        self._take_beam(self.state.beam.deviated(), {"kind": "deviation"})

    def _take_beam(self, beam: BeamState, entry: dict[str, Any]) -> None:
        if beam == self.state.beam:
            return
        self.state = replace(self.state, beam=beam)
        self._store.note(entry)

    def is_lost(self, drawing: Drawing) -> bool:
        """Whether an outline lies on no survey that is there now."""
        held = self._survey.survey
        placed = drawing.placed
        if placed is None:
            return True
        return held is not None and held.origin_frame_index != placed.origin_frame_index

    def decide(self, command: WorkflowCommand, frame_index: int) -> Happened:
        """Do or refuse one command, without waiting."""
        message, before = command.message, (self.state, self._pending)
        refusal = PIN_REFUSALS.get(command.pin) if command.pin is not None else None
        if refusal is None and self.state.beam.is_on and _is_change(message):
            refusal = Refusal.UNDER_BEAM
        done: EventKind | Refusal = refusal if refusal is not None else self._do(message)
        if not isinstance(done, Refusal) and not self._is_kept(message):
            self.state, self._pending = before
            done = Refusal.NOT_KEPT
        what, person = _told(message), getattr(message, "person", "")
        if isinstance(done, Refusal):
            event = Event(
                EventKind.WORKFLOW_REFUSED, frame_index, person=person, refusal=done, what=what
            )
            return refused(done), [event]
        return accepted("Done."), [Event(done, frame_index, person=person, what=what)]

    def _is_kept(self, message: WorkflowMessage) -> bool:
        """Write what was done; a report changes nothing, and is asked for on a full disk too."""
        if isinstance(message, ReportMessage):
            return True
        try:
            self._store.add(message.model_dump(mode="json", exclude={"pin"}))
        except OSError:
            return False
        return True

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
        if blocked_by(step, self._with_state(self._facts)):
            return Refusal.STEP_BLOCKED
        self.state = replace(self.state, step=step)
        return EventKind.STEP_TAKEN

    def _with_state(self, facts: StepFacts) -> StepFacts:
        """Facts of a frame with what people have done until now."""
        return replace(
            facts,
            is_approved=self.is_approved,
            is_area_lost=any(self.is_lost(d) for d in self.state.drawings.sheet),
            is_area_wanted=self.is_area_wanted,
        )

    def _is_known(self, person: str) -> bool:
        """Whether somebody of that name is registered; where no site is named, everybody is."""
        site = self._base.site
        return site is None or any(person == known.id for known in site.persons)

    def _draw(self, message: DrawMessage) -> EventKind | Refusal:
        if not self._is_known(message.person):
            return Refusal.UNKNOWN_PERSON
        if not can_hold(self._base.plan, message.name):
            return Refusal.NO_LIMIT
        names = {d.name for d in self.state.drawings.sheet}
        if message.name not in names and len(names) >= MAX_OUTLINES:
            return Refusal.TOO_MANY_OUTLINES
        if self._survey.survey is None:
            return Refusal.NO_SURVEY
        try:
            outline = Outline(message.frame_index, tuple((u, v) for u, v in message.points))
            outline.require_inside(self._intrinsics, "The outline")
            drawing = Drawing(message.name, outline, message.person, None)
            others = [d for d in self.state.drawings.sheet if d.name != message.name]
            revised(self._base, self.state.applicator, [*others, drawing])
        except TrackerError:
            return Refusal.NO_OUTLINE
        except ValueError as error:
            is_taken = "itself" in str(error) and "structure" in str(error)
            return Refusal.NAME_TAKEN if is_taken else Refusal.NO_OUTLINE
        sight = self._sight(message.frame_index)
        if sight is None or not sight.in_plane_observable:
            return Refusal.UNKNOWN_FRAME
        noise = self._base.rig.depth
        placed = place_drawing(outline, sight, self._survey, self._intrinsics, noise)
        if placed is None:
            return Refusal.NOT_ON_BED
        drawings = self.state.drawings.drawn(replace(drawing, placed=placed))
        self.state = replace(self.state, drawings=drawings)
        return EventKind.AREA_DRAWN

    def _sight(self, frame_index: int) -> SurveySight | None:
        """Where the survey that is there now lay in a frame; None where that is not known."""
        of_frame = (s for s in self._sights if s.frame_index == frame_index)
        return next((s for s in of_frame if s.is_of(self._survey)), None)

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
        shown = (message.plan_revision, message.content_id)
        if shown != (self.next_revision, state.content_id):
            return Refusal.OTHER_REVISION
        sheet = state.drawings.sheet
        origins = {d.placed.origin_frame_index for d in sheet if d.placed is not None}
        if len(origins) > 1 or any(self.is_lost(drawing) for drawing in sheet):
            return Refusal.AREA_LOST
        config = revised(self._base, state.applicator, state.drawings.sheet)
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
        """The number that an approval makes."""
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


def _is_change(message: WorkflowMessage) -> bool:
    """Whether it changes what is held to, or goes where that is done: both end READY."""
    if isinstance(message, StepMessage):
        return Step(message.to) in CHANGING
    return not isinstance(message, ReportMessage)


def _told(message: WorkflowMessage) -> str:
    """For audit log and report: what was asked, without points and PIN."""
    for name in ("to", "name", "applicator", "plan_revision"):
        value = getattr(message, name, None)
        if value is not None:
            return f"{message.kind} {value}"
    return message.kind
