"""Gathers the facts of a session while its frames are decided.

Holds the pictures of at most three frames: of the last beam on, of the last READY, of the last. Of
every beam on it keeps the record, and what was in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pipeline.session.beam import beam_told
from pipeline.session.events import Event, EventKind
from pipeline.session_report.facts import (
    Confirmation,
    EventFacts,
    Figure,
    Moment,
)
from pipeline.session_report.figures import figures
from pipeline.session_report.in_force import InForce
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
MAX_REFUSED = 200  # refusals that are told one by one: a client may be refused without end
UNTOLD = frozenset({EventKind.STEP_TAKEN, EventKind.REPORT_ASKED})  # of no weight in a record
EVENT_WORDS = {
    EventKind.AREA_DRAWN: "Drawn",
    EventKind.DRAWING_CHANGED: "Drawing changed",
    EventKind.APPLICATOR_CHOSEN: "Cone chosen",
    EventKind.WORKFLOW_REFUSED: "Refused",
    EventKind.ACKNOWLEDGED: "Fault acknowledged",
    EventKind.TIME_OUT_REFUSED: "Time-out refused",
    EventKind.ACKNOWLEDGEMENT_REFUSED: "Acknowledgement refused",
    EventKind.BEAM_ON: "Beam on told",
    EventKind.BEAM_OFF: "Beam off told",
    EventKind.BEAM_ON_REFUSED: "Beam on refused",
    EventKind.BEAM_OFF_REFUSED: "Beam off refused",
}


Kept = tuple[FrameResult, InForce]


@dataclass(eq=False)
class Gatherer:
    """Takes events before the frame that they were decided with, then the frame.

    `n_refused`: refusals so far, also those beyond `MAX_REFUSED`, which are no `events`.
    """

    verdicts: SpanFolder = field(default_factory=SpanFolder)
    beam: BeamFolder = field(default_factory=BeamFolder)
    confirmations: list[Confirmation] = field(default_factory=list)
    events: list[EventFacts] = field(default_factory=list)
    beam_ons: list[tuple[FrameRecord, InForce]] = field(default_factory=list)
    n_refused: int = 0
    _waiting: list[Event] = field(default_factory=list)
    _at_beam_on: Kept | None = None
    _last_ready: Kept | None = None
    _last: Kept | None = None

    def note(self, events: Iterable[Event]) -> None:
        """Take what people said; it belongs to the next frame."""
        self._waiting += events

    def emit(self, result: FrameResult, in_force: InForce) -> None:
        """Take one decided frame, with what it was decided by."""
        record, kept = result.record, (result, in_force)
        verdict, reasons = in_force.shown(record.decision)
        one = Decided(record.frame_index, record.stamp_ns, verdict, reasons)
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._take(event, one)
        # a beam that was on before this part of the session has no frame at beam on
        if self.beam.is_beginning and any(beam_told(event) for event in waiting):
            self._at_beam_on = kept
            self.beam_ons.append((record, in_force))
        self.verdicts.add(one)
        if self.beam.is_on:
            self.beam.add(replace(one, outside=_outside(record, in_force.config.plan)))
        if verdict == "READY":
            self._last_ready = kept
        self._last = kept

    @property
    def is_behind(self) -> bool:
        """Whether a beam event waits for its frame."""
        return any(beam_told(event) is not None for event in self._waiting)

    def copied(self) -> Gatherer:
        """The same as of now, for somebody who reads it while the session goes on."""
        return Gatherer(
            verdicts=self.verdicts.copied(),
            beam=self.beam.copied(),
            confirmations=list(self.confirmations),
            events=list(self.events),
            beam_ons=list(self.beam_ons),
            n_refused=self.n_refused,
            _at_beam_on=self._at_beam_on,
            _last_ready=self._last_ready,
            _last=self._last,
        )

    @property
    def reported(self) -> tuple[Moment, FrameResult, InForce]:
        """The frame to report first: at the last beam on, else the last READY, else the last.

        What comes before the last beam is what people broke off or pressed by mistake, and the plan
        may have been revised since. Which beam delivered what, nobody here knows: so each of
        `beam_ons` is reported with its own plan, verdict and figures, in order, and a radiation
        oncologist sees them all.

        Raises
        ------
        SourceError
            No frame was decided.
        """
        for moment, kept in (
            (Moment.BEAM_ON, self._at_beam_on),
            (Moment.LAST_READY, self._last_ready),
            (Moment.LAST, self._last),
        ):
            if kept is not None:
                return moment, *kept
        raise SourceError(
            "There is nothing to report: no frame was decided.",
            remedy="Look whether the recording holds whole frames.",
        )

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
        if event.kind is EventKind.REVISION_APPROVED:
            what = f"approved the plan's revision ({event.what})"
            self.confirmations.append(Confirmation(**at, person=event.person, what=what))
            return
        is_refused = event.refusal is not None
        self.n_refused += is_refused
        if event.kind in UNTOLD or (is_refused and self.n_refused > MAX_REFUSED):
            return
        text = EVENT_WORDS[event.kind]
        if event.what:
            text += f" ({event.what})"
        if is_on is not None and not event.person:
            text = f"Beam {'on' if is_on else 'off'} taken by the supervisor"
        if event.refusal is not None:
            text += f": {event.refusal}"
        if event.fault_frame is not None:
            text += f", fault of frame {event.fault_frame}"
        self.events.append(EventFacts(**at, kind=str(event.kind), person=event.person, text=text))


def _outside(record: FrameRecord, plan: Plan) -> tuple[Figure, ...]:
    """What a frame that is not READY had outside the plan's limits."""
    if record.decision.verdict is Verdict.READY:
        return ()
    return tuple(f for f in figures(record, plan) if f.is_inside is False)
