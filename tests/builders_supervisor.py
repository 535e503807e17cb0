"""Leases, decisions and real supervisors for tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from pipeline.supervisor.client import SupervisorClient, lease_clock_ns
from pipeline.supervisor.events import EventKind, SupervisorEvent
from pipeline.supervisor.identities import LeaseIds
from pipeline.supervisor.launch import start_supervisor
from pipeline.supervisor.message import KEY_BYTES, Kind, Message
from pipeline.supervisor.start import Wiring
from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.reasons import Reason

KEY = bytes(range(KEY_BYTES))
OTHER_KEY = bytes(reversed(KEY))
HEARTBEAT_KEY = b"heartbeat" * 4
IDS = LeaseIds.of(
    session="session-1",
    plan="plan-1@0123",
    patient="patient-1",
    rig="rig-1@4567",
    model="model-1@89ab",
    limits="tilt 1.0",
)
READY = GateDecision(Verdict.READY, (), checks_passed=True, arming_passed=FRAMES_TO_ARM)
HOLD = GateDecision(Verdict.HOLD, (Reason.TILT_HIGH,), checks_passed=False, arming_passed=0)
KERNEL_STIMULI = {"a tilt beyond its limit": lambda: HOLD}
SOCKET = Wiring(output="socket", address="127.0.0.1", port=0)

PATIENCE_S = 10.0  # of tests that wait for another process; they go on as soon as it has come


def message(
    kind: Kind = Kind.RENEW, /, *, sequence: int = 1, frame_index: int = 0, issued_ns: int = 0
) -> Message:
    """A message that is right in everything, but for what is changed."""
    return Message(kind, IDS, sequence, frame_index, issued_ns)


def other(name: str) -> LeaseIds:
    """The identities of the session with one of them another's."""
    return replace(IDS, **{name: bytes(32)})


def started(wiring: Wiring = SOCKET) -> SupervisorClient:
    """A real supervisor that has passed its proof test."""
    return start_supervisor(wiring, IDS, KERNEL_STIMULI, heartbeat_key=HEARTBEAT_KEY)


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.002)


class Loop:
    """Stands for a tracking loop: decides frames as fast as it is asked to."""

    def __init__(self, client: SupervisorClient) -> None:
        self.client = client
        self.frame_index = -1
        self.events: list[SupervisorEvent] = []

    def frame(self, decision: GateDecision = READY, ids: LeaseIds = IDS) -> None:
        """Decide one frame and listen."""
        self.frame_index += 1
        self.client.renew(decision, self.frame_index, ids=ids, issued_ns=lease_clock_ns())
        self.listen()

    def listen(self) -> None:
        """Collect events."""
        self.events += self.client.events()

    def frames_until(
        self, is_so: Callable[[], bool], what: str, decision: GateDecision = READY
    ) -> None:
        """Decide frames, 100 a second, until something has come about."""

        def one_more() -> bool:
            self.frame(decision)
            time.sleep(0.008)
            return is_so()

        wait_until(one_more, what)

    def is_closed(self) -> bool:
        """Whether the output was last told to be closed."""
        self.listen()
        told = [e.detail["closed"] for e in self.events if e.kind is EventKind.OUTPUT]
        return bool(told and told[-1])

    def refused(self) -> set[str]:
        """What was refused so far."""
        self.listen()
        return {name for e in self.events if e.kind is EventKind.REFUSED for name in e.detail}

    def alarms(self) -> list[str]:
        """The alarms so far."""
        self.listen()
        return [str(e.detail["what"]) for e in self.events if e.kind is EventKind.ALARM]

    def is_beam_on(self) -> bool:
        """Whether the beam was last told to be on."""
        self.listen()
        told = [e.detail["on"] for e in self.events if e.kind is EventKind.BEAM]
        return bool(told and told[-1])
