"""A `SessionShell` between fakes that write down, in one order, what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.audit.canonical import JsonValue, canonical_bytes
from pipeline.audit.kinds import CALLERS, AuditKind, check_body
from pipeline.audit.log import AuditLog
from pipeline.audit.writer import AuditStatus
from pipeline.session.control import Cone, ControlState, SessionControl
from pipeline.session.shell import SessionShell
from pipeline.supervisor.channel import SendResult
from pipeline.supervisor.client import SupervisorClient, lease_after
from pipeline.supervisor.events import SupervisorEvent
from pipeline.supervisor.identities import LeaseIds
from pipeline.surroundings import FrameFacts, Surroundings
from tests.builders_results import IDS, LIMITS
from tests.session_parts import RUNNING, Typed
from tracking.alignment import Alignment
from tracking.bed import BedStatus, BedSurface
from tracking.decision import GateDecision, Verdict
from tracking.identities import Identities
from tracking.reasons import Reason
from tracking.record import FrameRecord
from tracking.registration import Registration, RegistrationStatus
from tracking.snapshot import Evidence, SessionEvidence

START = SessionEvidence(camera_serial=Evidence.PROVEN, fiducial=Evidence.ASSUMED)
SESSION_ID = "session-1"
PERIOD_NS = 33_333_333

Heard = list[tuple[str, object]]


class Supervisor(SupervisorClient):
    """Takes everything; what it reports and whether it is lost is set from outside.

    The lease follows what was sent, unless it `refuses`, and is told with the next `events`.
    """

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        self.fault = ""
        self.reports: list[SupervisorEvent] = []
        self.leases: list[tuple[LeaseIds, int]] = []
        self.result = SendResult.SENT
        self.is_gone = self.refuses = self.has_beam_line = False
        self._holds_lease = self._would_hold = False

    @property
    def is_lost(self) -> bool:
        return self.is_gone

    def renew(
        self, decision: GateDecision, frame_index: int, *, ids: LeaseIds, issued_ns: int
    ) -> SendResult:
        self.heard.append(("renew", (decision.verdict, frame_index)))
        self.leases.append((ids, issued_ns))
        is_taken = self.result is SendResult.SENT and not self.refuses
        self._would_hold = decision.verdict is Verdict.READY and is_taken
        return self.result

    def drop(self) -> SendResult:
        self.heard.append(("drop", None))
        self._would_hold = False
        return self.result

    def beam(self, *, is_on: bool) -> SendResult:
        self.heard.append(("beam", is_on))
        return self.result

    def events(self) -> list[SupervisorEvent]:
        taken, self.reports = self.reports, []
        self._holds_lease = lease_after(taken, is_held=self._would_hold)
        return taken


class Audit(AuditLog):
    """Refuses what the real log refuses, and keeps the rest."""

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        self.failure = ""
        self.entries: list[tuple[AuditKind, dict[str, JsonValue]]] = []

    def append(self, kind: AuditKind, body: Mapping[str, JsonValue]) -> int:
        assert kind in CALLERS, kind
        check_body(kind, body)
        canonical_bytes(dict(body))
        self.heard.append(("audit", kind))
        self.entries.append((kind, dict(body)))
        return len(self.entries)

    def status(self) -> AuditStatus:
        return AuditStatus(failure=self.failure)

    def bodies(self, kind: AuditKind) -> list[dict[str, JsonValue]]:
        return [body for each, body in self.entries if each is kind]


class ScriptedControl(SessionControl):
    """Says what it is given instead of deciding commands."""

    def __init__(self, state: ControlState) -> None:
        self.state = state

    def step(
        self,
        identities: Identities,
        last_fault_frame: int | None,
        *,
        frame_index: int,
        cone: Cone,
    ) -> ControlState:
        return self.state


@dataclass(eq=False)
class Around:
    """A shell, and everything that it stands between."""

    control: SessionControl | None = None
    running: Identities = RUNNING
    cone: Cone = Cone.DOCKED
    frame_index: int = -1
    typed: Typed = field(default_factory=Typed)
    heard: Heard = field(default_factory=list)
    supervisor: Supervisor = field(init=False)
    audit: Audit = field(init=False)
    shell: SessionShell = field(init=False)

    def __post_init__(self) -> None:
        self.supervisor, self.audit = Supervisor(self.heard), Audit(self.heard)
        control = SessionControl(self.typed) if self.control is None else self.control
        self.shell = SessionShell(SESSION_ID, START, LIMITS, control, self.supervisor, self.audit)

    def ask(self) -> Surroundings:
        """Begin the next frame."""
        self.frame_index += 1
        return self.shell.ask(FrameFacts(self.frame_index, self.running, None, self.cone))

    def tell(self, *reasons: Reason, verdict: Verdict | None = None) -> None:
        """End it: READY without reasons, HOLD with some unless told otherwise."""
        verdict = verdict or (Verdict.HOLD if reasons else Verdict.READY)
        issued_ns = 1_000 + self.frame_index
        self.shell.tell(record(self.frame_index, verdict, reasons), issued_ns)

    def frame(self, *reasons: Reason, verdict: Verdict | None = None) -> Surroundings:
        """One whole frame."""
        found = self.ask()
        self.tell(*reasons, verdict=verdict)
        return found


def record(frame_index: int, verdict: Verdict, reasons: tuple[Reason, ...]) -> FrameRecord:
    """The record of a frame that was decided so."""
    is_ready = verdict is Verdict.READY
    return FrameRecord(
        frame_index,
        frame_index * PERIOD_NS,
        GateDecision(verdict, reasons, is_ready, 10 if is_ready else 0),
        Registration(RegistrationStatus.NO_APPLICATOR),
        BedSurface(BedStatus.NO_POSE),
        Alignment(),
        {},
        IDS,
    )
