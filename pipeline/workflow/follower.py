"""Follows a session frame by frame for the workflow: facts for the steps, beam, the page's view.

A sink: it hears of a frame after the supervisor has, and delays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.qa.told import QaTold
from pipeline.recorder.recorder_status import StorageWarning
from pipeline.session.beam import beam_told
from pipeline.session.control import Cone
from pipeline.session.events import Event
from pipeline.session.shell import SessionShell
from pipeline.sinks.sink import FrameResult
from pipeline.tracker import Tracker
from pipeline.workflow.desk import WorkflowDesk
from pipeline.workflow.desk_state import Revision
from pipeline.workflow.own_marks import own_marks, with_own
from pipeline.workflow.step import StepFacts
from pipeline.workflow.view import About, Shown, Standing, view_of
from tracking.decision import Verdict
from tracking.marks import Marks
from tracking.snapshot import Evidence


@dataclass(frozen=True)
class Around:
    """What is in force beside the loop, asked once a frame: cheap, and never waits."""

    qa: Evidence
    qa_told: QaTold
    has_calibration: bool
    calibration_until: str
    report_html: str = ""
    report_pdf: str = ""
    has_report_failed: bool = False
    is_recording: bool = False
    storage_warnings: tuple[StorageWarning, ...] = ()


@dataclass(eq=False)
class WorkflowFollower:
    """Hands revisions to the tracker, facts to the desk, and a view to the display."""

    desk: WorkflowDesk
    shell: SessionShell
    about: About
    around: Callable[[], Around]
    on_revision: Callable[[Revision, str], None] | None = None
    _was_ready: bool = field(default=False, init=False)
    _is_deviating: bool = field(default=False, init=False)
    _shown: Shown | None = field(default=None, init=False)
    _own: Marks = field(default_factory=Marks, init=False)  # what the plan itself marks

    def before_frame(self, tracker: Tracker) -> None:
        """Let a revision that was approved decide the next frame."""
        base = self.desk.base_plan
        self._own = own_marks(self._own, base, tracker.config.plan, tracker.marks)
        revision = self.desk.take_revision()
        if revision is None:
            return
        if self.on_revision is not None:
            self.on_revision(revision, self.desk.state.approved_by)
        before = tracker.running
        marks = with_own(revision.marks, self._own, base, revision.config.plan)
        tracker.revise(revision.config, marks)
        if tracker.running != before:
            self.shell.rebind(tracker.running)

    def note(self, events: Sequence[Event]) -> None:
        """Take what was said before the next frame."""
        for event in events:
            is_on = beam_told(event)
            if is_on is not None:
                self.desk.tell_beam(event.person, is_on=is_on)

    def emit(self, result: FrameResult) -> None:
        """Take one decided frame."""
        self._follow_beam(result)
        around = self.around()
        self.desk.see(result.record, self._facts(result, around))
        held, beam = self.shell.standing, self.desk.state.beam
        self._shown = Shown(
            state=self.desk.state,
            facts=self.desk.facts,
            standing=Standing(
                time_out=held.time_out,
                last_fault_frame=held.last_fault_frame,
                acknowledged_frame=held.acknowledged_frame,
                qa_told=around.qa_told,
                calibration_until=around.calibration_until,
                is_beam_on=beam.is_on,
                since_ns=beam.since_ns,
                n_deviations=beam.n_deviations,
                report_html=around.report_html,
                report_pdf=around.report_pdf,
                has_report_failed=around.has_report_failed,
                is_recording=around.is_recording,
                storage_warnings=(*around.storage_warnings, *self.desk.storage_warnings),
            ),
            is_approved=self.desk.is_approved,
            lost=frozenset(d.name for d in self.desk.state.drawings.sheet if self.desk.is_lost(d)),
        )

    def close(self) -> None:
        """Nothing stays open."""

    def view(self, result: FrameResult) -> Mapping[str, Any] | None:
        """`session` and `drawing` of a frame's header; called by the display's thread."""
        shown = self._shown
        return None if shown is None else view_of(shown, self.about, result)

    def _follow_beam(self, result: FrameResult) -> None:
        is_ready = self._is_ready(result)
        has_time_out = self.shell.standing.has_time_out
        self._was_ready = is_ready or (self._was_ready and has_time_out)
        beam = self.desk.state.beam
        if beam.is_on and beam.since_ns is None:
            self.desk.see_beam(result.record.stamp_ns)
        is_deviating = beam.is_on and not is_ready
        if is_deviating and not self._is_deviating:
            self.desk.count_deviation()
        self._is_deviating = is_deviating

    def _is_ready(self, result: FrameResult) -> bool:
        """As people are shown it: without the supervisor's lease nothing is GEOMETRY READY."""
        return result.record.decision.verdict is Verdict.READY and self.shell.holds_lease

    def _facts(self, result: FrameResult, around: Around) -> StepFacts:
        record = result.record
        identity, survey = record.alignment.applicator_id, record.survey.survey
        planned = self.desk.state.applicator
        is_placed = record.registration.is_ok and identity.decided and identity.value == planned
        beam = self.desk.state.beam
        return StepFacts(
            has_qa=around.qa.holds,
            has_calibration=around.has_calibration,
            has_survey=(survey is not None and survey.is_usable) or is_placed,
            is_placed=is_placed,
            is_other_cone=identity.decided and identity.value != planned,
            is_docked=is_placed and self.shell.standing.cone is Cone.DOCKED,
            has_time_out=self.shell.standing.has_time_out,
            is_ready=self._is_ready(result),
            was_ready=self._was_ready,
            is_beam_on=beam.is_on,
            was_beam_on=beam.was_on,
        )
