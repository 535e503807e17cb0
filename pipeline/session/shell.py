"""What stands around the kernel in a live session: commands, supervisor, audit log.

Each frame `ask` collects what they say before the decision, and `tell` hands them the decision,
the supervisor first. Fails to: a fault, and no lease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pipeline.audit.canonical import JsonValue
from pipeline.audit.kinds import AuditKind
from pipeline.audit.log import AuditLog
from pipeline.recorder.recorder_status import RecorderStatus, StorageTrouble
from pipeline.session.beam import beam_told
from pipeline.session.control import Cone, SessionControl
from pipeline.session.events import WORKFLOW_EVENTS, Event, EventKind
from pipeline.session.rebinding import ReboundSupervisor
from pipeline.session.time_out import TimeOut
from pipeline.supervisor.channel import SendResult
from pipeline.supervisor.client import SupervisorClient
from pipeline.supervisor.events import EventKind as SupervisorEventKind
from pipeline.supervisor.events import SupervisorEvent
from pipeline.supervisor.identities import LeaseIds
from pipeline.surroundings import FrameFacts, Surroundings
from tracking.decision import Verdict
from tracking.identities import Identities
from tracking.plan import Limits
from tracking.reasons import Reason
from tracking.record import FrameRecord
from tracking.snapshot import Evidence, SessionEvidence

_KINDS = {
    EventKind.TIME_OUT_CONFIRMED: AuditKind.TIME_OUT,
    EventKind.TIME_OUT_COMPLETE: AuditKind.TIME_OUT,
    EventKind.TIME_OUT_VOID: AuditKind.TIME_OUT,
    EventKind.ACKNOWLEDGED: AuditKind.ACKNOWLEDGEMENT,
    EventKind.TIME_OUT_REFUSED: AuditKind.COMMAND_REFUSED,
    EventKind.ACKNOWLEDGEMENT_REFUSED: AuditKind.COMMAND_REFUSED,
    # What the supervisor was told; the beam itself is an entry once the supervisor has taken it.
    EventKind.BEAM_ON: AuditKind.SUPERVISOR,
    EventKind.BEAM_OFF: AuditKind.SUPERVISOR,
    EventKind.BEAM_ON_REFUSED: AuditKind.COMMAND_REFUSED,
    EventKind.BEAM_OFF_REFUSED: AuditKind.COMMAND_REFUSED,
    **dict.fromkeys(WORKFLOW_EVENTS, AuditKind.CONFIGURATION),
    EventKind.WORKFLOW_REFUSED: AuditKind.COMMAND_REFUSED,
}


@dataclass(frozen=True)
class ShellStanding:
    """What persons have confirmed and acknowledged, and the cone's place, as of the last frame."""

    time_out: TimeOut | None
    has_time_out: bool
    last_fault_frame: int | None
    acknowledged_frame: int | None
    cone: Cone


class SessionShell:
    """One live session around the kernel.

    Parameters
    ----------
    evidence : SessionEvidence
        What was proven at the session's start; time-out and acknowledgement come from commands.
    """

    def __init__(
        self,
        session_id: str,
        evidence: SessionEvidence,
        limits: Limits,
        control: SessionControl,
        supervisor: SupervisorClient,
        audit: AuditLog,
    ) -> None:
        self._session_id = session_id
        self._listeners: list[Callable[[tuple[Event, ...]], None]] = []
        self._evidence = evidence
        self._limits = limits
        self._control, self._supervisor, self._audit = control, supervisor, audit
        self._running: Identities | None = None
        self._standing: ShellStanding | None = None
        self._verdict: Verdict | None = None
        self._reason: Reason | None = None
        self._is_renewed = False
        self._storage: frozenset[StorageTrouble] = frozenset()

    @property
    def holds_lease(self) -> bool:
        """Whether the last decision was READY, was sent, and a supervisor that works holds a lease.

        What it holds is as of the last `ask`: a first READY counts from the frame after it. A
        renewal that was sent may be refused, such as one of a frame that took too long.
        """
        supervisor = self._supervisor
        is_working = not supervisor.is_lost and not supervisor.fault
        return self._is_renewed and supervisor.holds_lease and is_working

    def listen(self, listener: Callable[[tuple[Event, ...]], None]) -> None:
        """Tell `listener` of every frame's events, once the audit log has them.

        Beam events come twice: from the person who told, and without one when the supervisor took
        them. Where the machine's line is wired they come by that line alone: what a person says of
        the beam is in the audit log, and ends no beam.
        """
        self._listeners.append(listener)

    def ask(self, facts: FrameFacts) -> Surroundings:
        """Decide the commands that have come, and look after supervisor and audit log."""
        self._running = facts.running
        state = self._control.step(
            facts.running, facts.fault_frame, frame_index=facts.frame_index, cone=facts.cone
        )
        self._standing = ShellStanding(
            state.held,
            state.time_out is Evidence.PROVEN,
            facts.fault_frame,
            state.acknowledged_frame,
            facts.cone,
        )
        handed_on = [self._hand_on(event) for event in state.events]
        for event, told in zip(state.events, handed_on, strict=True):
            self._audit.append(_KINDS[event.kind], {**_body(event), **told})
        taken = []
        for happened in self._supervisor.events():
            self._audit.append(*_supervisor_entry(happened))
            taken += _beam_events(happened, facts.frame_index)
        for listener in self._listeners:
            listener((*self._counted(state.events), *taken))
        return Surroundings(
            evidence=replace(self._evidence, time_out=state.time_out),
            confirmed=state.confirmed,
            acknowledged_frame=state.acknowledged_frame,
            faults=self._faults(),
        )

    @property
    def standing(self) -> ShellStanding:
        """As of the last frame. Raises RuntimeError before the first one."""
        if self._standing is None:
            raise RuntimeError("no frame was asked about")
        return self._standing

    def rebind(self, running: Identities) -> None:
        """Bind leases to another revision of the plan: a new supervisor, proven beside the loop.

        Until it has passed its proof test nothing is renewed. Without a supervisor that can be
        started anew, every lease of the new revision is refused by the old one.
        """
        ids = lease_ids(self._session_id, running, self._limits)
        if isinstance(self._supervisor, ReboundSupervisor):
            self._supervisor.rebind(ids)
        self._audit.append(AuditKind.CONFIGURATION, {"what": "plan revised", "plan": running.plan})

    def tell(self, record: FrameRecord, issued_ns: int) -> None:
        """Renew or drop the lease, then note what has changed.

        Parameters
        ----------
        issued_ns : int
            `lease_clock_ns` from before the frame's age was read.
        """
        running = self._running
        if running is None:
            raise RuntimeError("a frame was decided that nobody asked about")
        decision = record.decision
        sent = self._supervisor.renew(
            decision,
            record.frame_index,
            ids=lease_ids(self._session_id, running, self._limits),
            issued_ns=issued_ns,
        )
        self._is_renewed = sent is SendResult.SENT and decision.verdict is Verdict.READY
        reason = next(iter(decision.reasons), None)
        if (decision.verdict, reason) != (self._verdict, self._reason):
            self._audit.verdict(
                record.frame_index,
                record.stamp_ns,
                str(self._verdict or "none"),
                str(decision.verdict),
                [str(each) for each in decision.reasons],
            )
            self._verdict, self._reason = decision.verdict, reason

    def recorded(self, status: RecorderStatus, frame_index: int | None = None) -> None:
        """Note how the recording stands whenever what is wrong with it changes."""
        if status.troubles == self._storage:
            return
        self._storage = status.troubles
        self._audit.append(
            AuditKind.RECORDING,
            {
                "frame_index": frame_index,
                "troubles": sorted(status.troubles),
                "n_written": status.n_written,
                "n_dropped": status.n_dropped,
                "what": status.warning,
            },
        )

    def source_failed(self) -> None:
        """No frame comes any more: drop the lease at once."""
        self._supervisor.drop()
        self._is_renewed = False
        self._audit.append(AuditKind.SUPERVISOR, {"event": "dropped", "why": "source failed"})

    def _counted(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """What people said, without their word on a beam that the machine's line tells of."""
        if not self._supervisor.has_beam_line:
            return events
        return tuple(event for event in events if beam_told(event) is None)

    def _hand_on(self, event: Event) -> Mapping[str, JsonValue]:
        """Tell the supervisor what a person said of the beam; return whether it was sent."""
        is_on = beam_told(event)
        if is_on is None:
            return {}
        sent = self._supervisor.beam(is_on=is_on)
        return {"is_on": is_on, "sent": sent is SendResult.SENT}

    def _faults(self) -> frozenset[Reason]:
        faults = set()
        if self._supervisor.is_lost:
            faults.add(Reason.SUPERVISOR_LOST)
        if self._supervisor.fault:
            faults.add(Reason.OUTPUT_FAILED)
        if self._audit.status().failure:
            faults.add(Reason.AUDIT_FAILED)
        return frozenset(faults)


def lease_ids(session_id: str, running: Identities, limits: Limits) -> LeaseIds:
    """What a lease is bound to."""
    return LeaseIds.of(
        session=session_id,
        plan=running.plan,
        patient=running.patient,
        rig=running.rig,
        model=running.model,
        limits=repr(limits),
    )


def _body(event: Event) -> Mapping[str, JsonValue]:
    """The event as the audit log wants it."""
    told: dict[str, JsonValue] = {
        "frame_index": event.frame_index,
        "event": str(event.kind),
        "person": event.person,
        "persons": list(event.persons),
        "differs": list(event.differs),
        "fault_frame": event.fault_frame,
    }
    if event.identities is not None:
        told["plan"] = event.identities.plan
        told["applicator"] = event.identities.applicator
    kind = _KINDS[event.kind]
    if kind is AuditKind.COMMAND_REFUSED:
        why = str(event.refusal)
        return {**told, "command": str(event.kind), "what": event.what, "why": why}
    if kind is AuditKind.CONFIGURATION:
        return {**told, "what": event.what}
    if kind is AuditKind.ACKNOWLEDGEMENT:
        return {**told, "reasons": []}
    if kind is AuditKind.TIME_OUT:
        return {"plan": "", **told}
    return told


def _beam_events(event: SupervisorEvent, frame_index: int) -> list[Event]:
    """Beam on or off as it counts for the supervisor: from a person, or by the machine's line."""
    if event.kind is not SupervisorEventKind.BEAM or not event.detail["counts"]:
        return []
    kind = EventKind.BEAM_ON if event.detail["on"] else EventKind.BEAM_OFF
    return [Event(kind, frame_index)]


def _supervisor_entry(event: SupervisorEvent) -> tuple[AuditKind, Mapping[str, JsonValue]]:
    told: dict[str, JsonValue] = {
        "frame_index": event.frame_index,
        "sequence": event.sequence,
        "at_ns": event.at_ns,
        **event.detail,
    }
    if event.kind is SupervisorEventKind.BEAM:
        return AuditKind.BEAM, {**told, "is_on": bool(event.detail["on"])}
    return AuditKind.SUPERVISOR, {**told, "event": str(event.kind)}
