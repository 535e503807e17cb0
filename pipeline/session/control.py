"""Time-out, acknowledgements and beam key of a running session, stepped once per frame.

`step` takes the queued commands, answers each, and says what holds for the frame that is about to
be decided. What it does depends on its arguments and the commands alone.

Fails to: no time-out, no acknowledgement.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Protocol

from pipeline.session.acknowledgement import acknowledgement_refusal
from pipeline.session.answers import (
    Answer,
    IdentitiesMessage,
    Status,
    WorkflowStatus,
    accepted,
    refused,
)
from pipeline.session.beam import beam_event
from pipeline.session.commands import (
    AcknowledgeCommand,
    BeamCommand,
    Command,
    StatusCommand,
    TimeOutCommand,
    WorkflowCommand,
)
from pipeline.session.events import Event, EventKind
from pipeline.session.persons import PinCheck
from pipeline.session.refusals import Refusal
from pipeline.session.time_out import TimeOut
from tracking.identities import Identities
from tracking.snapshot import Evidence

PIN_REFUSALS = {
    PinCheck.WRONG: Refusal.WRONG_PIN,
    PinCheck.LOCKED: Refusal.PERSON_LOCKED,
    PinCheck.NO_PIN: Refusal.NO_PIN,
    PinCheck.UNKNOWN_PERSON: Refusal.UNKNOWN_PERSON,
}
OTHER_CONE = "cone"  # in `Event.differs`: the image shows another cone than the running one
# Frames that must show another cone before the time-out is void: as many as READY needs. The kernel
# is not READY in any of them; one frame of glare must not cost two people their signatures.
FRAMES_OF_OTHER_CONE = 10


class Cone(StrEnum):
    """What the image says about the planned cone."""

    DOCKED = "docked"  # placed, and nothing is left to move
    PLACED = "placed"  # registered, decided to be the planned one, not docked
    UNSEEN = "unseen"  # not registered or not decided just now
    OTHER = "other"  # decided to be another one


_CONE_REFUSALS = {
    Cone.UNSEEN: Refusal.CONE_NOT_PLACED,
    Cone.OTHER: Refusal.OTHER_CONE,
    Cone.PLACED: Refusal.NOT_DOCKED,
}


class Commands(Protocol):
    """Where commands come from; `Inbox` is one."""

    def drain(self) -> list[Command]:
        """Take what has come, oldest first, without waiting."""

    def reply(self, ticket: int, answer: Answer) -> None:
        """Hand over one answer, without waiting."""


class Workflow(Protocol):
    """The steps around the verdict; `WorkflowDesk` is them."""

    @property
    def is_settled(self) -> bool:
        """Whether what is drawn and chosen is what was approved: else no time-out holds."""

    @property
    def time_out_refusal(self) -> Refusal | None:
        """Why nobody can confirm now; None where people may be at the time-out."""

    def status(self) -> WorkflowStatus:
        """Where people are."""

    def decide(self, command: WorkflowCommand, frame_index: int) -> tuple[Answer, list[Event]]:
        """Do or refuse one command, without waiting."""


@dataclass(frozen=True)
class ControlState:
    """What holds for one frame, and what has happened since the frame before.

    `confirmed`: what a complete time-out was held for. `held`: the time-out as it stands.
    """

    time_out: Evidence
    acknowledged_frame: int | None
    events: tuple[Event, ...] = ()
    confirmed: Identities | None = None
    held: TimeOut | None = field(default=None, compare=False)


@dataclass(frozen=True)
class _Now:
    """What one step knows."""

    frame_index: int
    last_fault_frame: int | None
    cone: Cone


class SessionControl:
    """Holds the time-out and the last acknowledgement of one session."""

    def __init__(self, commands: Commands, workflow: Workflow | None = None) -> None:
        self._commands, self._workflow = commands, workflow
        self._time_out: TimeOut | None = None
        self._acknowledged: int | None = None
        self._waiting: deque[Command] = deque()
        self._n_other_cone = 0  # frames since the planned one was last in place

    def step(
        self,
        identities: Identities,
        last_fault_frame: int | None,
        *,
        frame_index: int,
        cone: Cone,
    ) -> ControlState:
        """Decide the commands that have come, before the frame `frame_index` is decided.

        Parameters
        ----------
        last_fault_frame : int or None
            Last frame that had a cause of its own, not only a latch.
        cone : Cone
            What the frame shows: a time-out is confirmed with the cone placed and docked.
        """
        now = _Now(frame_index, last_fault_frame, cone)
        events = self._void_if_changed(identities, now)
        events += self._decide_waiting(now)
        held = self._held
        is_valid = held.is_valid_for(identities) and self._is_settled
        return ControlState(
            time_out=Evidence.PROVEN if is_valid else Evidence.MISSING,
            acknowledged_frame=self._acknowledged,
            events=tuple(events),
            confirmed=held.running if held.is_complete else None,
            held=held,
        )

    def _decide_waiting(self, now: _Now) -> list[Event]:
        """Decide what has come; behind a beam that is on, steps wait until they know of it."""
        self._waiting.extend(() if self._waiting else self._commands.drain())
        events: list[Event] = []
        is_beam_on = False  # since this step began
        while self._waiting and not (is_beam_on and isinstance(self._waiting[0], WorkflowCommand)):
            command = self._waiting.popleft()
            answer, happened = self._decide(command, now)
            self._commands.reply(command.ticket, answer)
            events += happened
            is_beam_on |= any(event.kind is EventKind.BEAM_ON for event in happened)
        return events

    @property
    def _held(self) -> TimeOut:
        if self._time_out is None:
            raise RuntimeError("no step has said what is running")
        return self._time_out

    @property
    def _is_settled(self) -> bool:
        return self._workflow is None or self._workflow.is_settled

    def _void_if_changed(self, identities: Identities, now: _Now) -> list[Event]:
        """Begin a new time-out where anything has changed, or another cone is in place."""
        if now.cone is not Cone.UNSEEN:
            self._n_other_cone = self._n_other_cone + 1 if now.cone is Cone.OTHER else 0
        before = self._time_out
        if before is None:
            self._time_out = TimeOut(identities)
            return []
        changed = before.changed(identities)
        if self._n_other_cone >= FRAMES_OF_OTHER_CONE:
            changed = (*changed, OTHER_CONE)
        if not changed:
            return []
        self._time_out = TimeOut(identities)
        return [_voided(before, changed, now)] if before.confirmed_by else []

    def _decide(self, command: Command, now: _Now) -> tuple[Answer, list[Event]]:
        if isinstance(command, StatusCommand):
            return accepted("This is running.", self._status(now)), []
        if isinstance(command, TimeOutCommand):
            return self._confirm(command, now)
        if isinstance(command, BeamCommand):
            return self._note_beam(command, now)
        if isinstance(command, WorkflowCommand):
            if self._workflow is None:
                return refused(Refusal.NO_WORKFLOW, status=self._status(now)), []
            return self._workflow.decide(command, now.frame_index)
        return self._acknowledge(command, now)

    def _confirm(self, command: TimeOutCommand, now: _Now) -> tuple[Answer, list[Event]]:
        before = self._held
        refusal = PIN_REFUSALS.get(command.pin) or before.refusal(command.person, command.read_back)
        refusal = refusal or _CONE_REFUSALS.get(now.cone)
        if refusal is None and self._workflow is not None:
            refusal = self._workflow.time_out_refusal
        if refusal is not None:
            return self._refuse_time_out(command, refusal, now)
        held = before.confirmed(command.person, command.read_back)
        self._time_out = held
        kind, why = EventKind.TIME_OUT_CONFIRMED, "Confirmed. A second person must confirm."
        if held.is_complete:
            kind, why = EventKind.TIME_OUT_COMPLETE, "Confirmed. The time-out is complete."
        event = Event(
            kind,
            now.frame_index,
            person=command.person,
            persons=held.confirmed_by,
            identities=held.running,
        )
        return accepted(why, self._status(now)), [event]

    def _refuse_time_out(
        self, command: TimeOutCommand, refusal: Refusal, now: _Now
    ) -> tuple[Answer, list[Event]]:
        before = self._held
        differs: tuple[str, ...] = ()
        events = []
        if refusal is Refusal.READ_BACK_DIFFERS:
            # A person who is who they say they are sees something else than others confirmed.
            differs = command.read_back.differences(before.running)
            self._time_out = TimeOut(before.running)
            if before.confirmed_by:
                events.append(_voided(before, differs, now))
        refused_event = Event(
            EventKind.TIME_OUT_REFUSED,
            now.frame_index,
            person=command.person,
            refusal=refusal,
            identities=before.running,
            differs=differs,
        )
        return refused(refusal, detail=_named(differs), status=self._status(now)), [
            refused_event,
            *events,
        ]

    def _acknowledge(self, command: AcknowledgeCommand, now: _Now) -> tuple[Answer, list[Event]]:
        refusal = PIN_REFUSALS.get(command.pin) or acknowledgement_refusal(
            command.frame_index, now.last_fault_frame, self._acknowledged
        )
        if refusal is None:
            self._acknowledged = command.frame_index
            answer = accepted("The fault is acknowledged.", self._status(now))
        else:
            answer = refused(refusal, status=self._status(now))
        event = Event(
            EventKind.ACKNOWLEDGED if refusal is None else EventKind.ACKNOWLEDGEMENT_REFUSED,
            now.frame_index,
            person=command.person,
            refusal=refusal,
            fault_frame=command.frame_index,
        )
        return answer, [event]

    def _note_beam(self, command: BeamCommand, now: _Now) -> tuple[Answer, list[Event]]:
        refusal = PIN_REFUSALS.get(command.pin)
        status = self._status(now)
        why = f"Noted: {command.person} says the beam is {'on' if command.is_on else 'off'}."
        answer = accepted(why, status) if refusal is None else refused(refusal, status=status)
        return answer, [beam_event(command, refusal, now.frame_index)]

    def _status(self, now: _Now) -> Status:
        held = self._held
        return Status(
            frame_index=now.frame_index,
            identities=IdentitiesMessage(**asdict(held.running)),
            cone=now.cone.value,
            time_out=held.is_complete and self._is_settled,
            confirmed_by=list(held.confirmed_by),
            last_fault_frame=now.last_fault_frame,
            acknowledged_frame=self._acknowledged,
            workflow=None if self._workflow is None else self._workflow.status(),
        )


def _voided(before: TimeOut, changed: tuple[str, ...], now: _Now) -> Event:
    return Event(
        EventKind.TIME_OUT_VOID,
        now.frame_index,
        persons=before.confirmed_by,
        identities=before.running,
        differs=changed,
    )


def _named(differs: tuple[str, ...]) -> str:
    return f"Different: {', '.join(differs)}." if differs else ""
