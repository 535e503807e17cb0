"""Gathers the facts of a session while its frames are decided. A sink: it can delay nothing.

Holds the pictures of at most three frames: of beam on, of the last READY, of the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from pipeline.session.beam import beam_told
from pipeline.session.events import Event, EventKind
from pipeline.session_report.facts import (
    Confirmation,
    EventFacts,
    Figure,
    Moment,
    VerdictName,
)
from pipeline.session_report.figures import figures
from pipeline.session_report.spans import BeamFolder, Decided, SpanFolder
from pipeline.sinks.sink import FrameResult
from tracking.decision import Verdict
from tracking.errors import SourceError
from tracking.plan import Plan
from tracking.record import FrameRecord

TIME_OUT = {
    EventKind.TIME_OUT_CONFIRMED: "confirmed plan, patient, machine and applicator",
    EventKind.TIME_OUT_COMPLETE: "time-out complete",
    EventKind.TIME_OUT_VOID: "time-out void: something changed",
}
EVENT_WORDS = {
    EventKind.ACKNOWLEDGED: "Fault acknowledged",
    EventKind.TIME_OUT_REFUSED: "Time-out refused",
    EventKind.ACKNOWLEDGEMENT_REFUSED: "Acknowledgement refused",
    EventKind.BEAM_ON: "Beam on told",
    EventKind.BEAM_OFF: "Beam off told",
    EventKind.BEAM_ON_REFUSED: "Beam on refused",
    EventKind.BEAM_OFF_REFUSED: "Beam off refused",
    EventKind.STEP_TAKEN: "Step",
    EventKind.AREA_DRAWN: "Drawn",
    EventKind.DRAWING_CHANGED: "Drawing changed",
    EventKind.APPLICATOR_CHOSEN: "Cone chosen",
    EventKind.REVISION_APPROVED: "Revision of the plan approved",
    EventKind.REPORT_ASKED: "Report asked for",
    EventKind.WORKFLOW_REFUSED: "Refused",
}


@dataclass(eq=False)
class Gatherer:
    """Takes events before the frame that they were decided with, then the frame.

    `plan`: in force, by whose limits a deviation's quantities are told; None: they are not told.
    """

    plan: Plan | None = None
    verdicts: SpanFolder = field(default_factory=SpanFolder)
    beam: BeamFolder = field(default_factory=BeamFolder)
    confirmations: list[Confirmation] = field(default_factory=list)
    events: list[EventFacts] = field(default_factory=list)
    _waiting: list[Event] = field(default_factory=list)
    _at_beam_on: FrameResult | None = None
    _last_ready: FrameResult | None = None
    _last: FrameResult | None = None

    def note(self, events: Iterable[Event]) -> None:
        """Take what people said; it belongs to the next frame."""
        self._waiting += events

    def emit(self, result: FrameResult) -> None:
        """Take one decided frame."""
        record = result.record
        decision = record.decision
        one = Decided(
            record.frame_index,
            record.stamp_ns,
            cast(VerdictName, str(decision.verdict)),
            tuple(str(reason) for reason in decision.reasons),
        )
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._take(event, one)
            if event.kind is EventKind.BEAM_ON and self._at_beam_on is None:
                self._at_beam_on = result
        self.verdicts.add(one)
        if self.beam.is_on:
            self.beam.add(replace(one, outside=self._outside(record)))
        if decision.verdict is Verdict.READY:
            self._last_ready = result
        self._last = result

    def copy(self) -> Gatherer:
        """As it is now: what goes on in the loop no longer changes it."""
        return replace(
            self,
            verdicts=self.verdicts.copy(),
            beam=self.beam.copy(),
            confirmations=list(self.confirmations),
            events=list(self.events),
            _waiting=list(self._waiting),
        )

    def close(self) -> None:
        """Nothing stays open."""

    @property
    def reported(self) -> tuple[Moment, FrameResult]:
        """The frame to report: at beam on, else the last READY, else the last.

        Raises
        ------
        SourceError
            No frame was decided.
        """
        for moment, result in (
            (Moment.BEAM_ON, self._at_beam_on),
            (Moment.LAST_READY, self._last_ready),
            (Moment.LAST, self._last),
        ):
            if result is not None:
                return moment, result
        raise SourceError(
            "There is nothing to report: no frame was decided.",
            remedy="Look whether the recording holds whole frames.",
        )

    def _outside(self, record: FrameRecord) -> tuple[Figure, ...]:
        if self.plan is None or record.decision.verdict is Verdict.READY:
            return ()
        return tuple(f for f in figures(record, self.plan) if f.is_inside is False)

    def _take(self, event: Event, frame: Decided) -> None:
        at = {"stamp_ns": frame.stamp_ns, "frame_index": frame.frame_index}
        is_on = beam_told(event)
        if is_on is not None:
            self.beam.tell(event.person, is_on=is_on)
        if event.kind in TIME_OUT:
            who = ", ".join(event.persons) or event.person
            what = TIME_OUT[event.kind]
            what += f" ({', '.join(event.differs)})" if event.differs else ""
            self.confirmations.append(Confirmation(**at, person=who, what=what))
            return
        text = EVENT_WORDS[event.kind]
        if is_on is not None and not event.person:
            text = f"Beam {'on' if is_on else 'off'} taken by the supervisor"
        if event.what:
            text += f": {event.what}"
        if event.refusal is not None:
            text += f": {event.refusal}"
        if event.fault_frame is not None:
            text += f", fault of frame {event.fault_frame}"
        self.events.append(EventFacts(**at, kind=str(event.kind), person=event.person, text=text))
