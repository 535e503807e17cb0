"""Holds the lease: what renews it, what drops it, and until when it counts.

Pure but for its own memory: the time is handed in. Standard library only: the supervisor process
imports this.

Fails to: the deadline stays as it is, and silence lets it pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.supervisor.identities import LeaseIds
from pipeline.supervisor.message import DECIDES_A_FRAME, DROPS, Kind, Message, opened
from pipeline.supervisor.refusal import Refusal

LEASE_NS = 100_000_000  # DESIGN section 6; a constant, so that no file and no flag can stretch it
LONG_AGO_NS = 0


@dataclass(frozen=True)
class Arrival:
    """A message whose seal is right, and how it came."""

    message: Message
    sender_pid: int
    now_ns: int


@dataclass
class LeaseHolder:
    """One session's lease.

    Attributes
    ----------
    ready_until_ns : int
        The lease's deadline on the monotonic clock: READY counts before it, not at it.
    alive_until_ns : int
        Until when the session's last fresh decision counts, READY or not: afterwards it is silent.
    """

    key: bytes
    ids: LeaseIds
    session_pid: int
    sequence: int = 0
    frame_index: int = -1
    ready_until_ns: int = LONG_AGO_NS
    alive_until_ns: int = LONG_AGO_NS

    def take(self, datagram: bytes, sender_pid: int, now_ns: int) -> Message | Refusal:
        """Accept a datagram or refuse it.

        What drops the lease does so if its seal is right, however late it comes and whatever else
        is wrong with it.
        """
        message = opened(datagram, self.key)
        if isinstance(message, Refusal):
            return message
        if message.kind in DROPS:
            self.ready_until_ns = LONG_AGO_NS
        arrival = Arrival(message, sender_pid, now_ns)
        for refusal, holds in CHECKS.items():
            if not holds(self, arrival):
                return refusal
        self.sequence = message.sequence
        if message.kind in DECIDES_A_FRAME:
            self.frame_index = message.frame_index
            self.alive_until_ns = message.issued_ns + LEASE_NS
        if message.kind is Kind.RENEW:
            self.ready_until_ns = self.alive_until_ns
        return message

    def drop(self) -> None:
        """Not ready from now on, until a valid renewal."""
        self.ready_until_ns = LONG_AGO_NS

    def end(self) -> None:
        """Not ready, and nobody is there any more."""
        self.ready_until_ns = self.alive_until_ns = LONG_AGO_NS

    def begin_frames(self) -> None:
        """Drop the proof test's frames: those of the session count from their own start."""
        self.end()
        self.frame_index = -1

    def is_ready(self, now_ns: int) -> bool:
        """Whether the lease holds at this moment."""
        return now_ns < self.ready_until_ns


Check = Callable[[LeaseHolder, Arrival], bool]


def _frame_rises(holder: LeaseHolder, arrival: Arrival) -> bool:
    message = arrival.message
    return message.kind not in DECIDES_A_FRAME or message.frame_index > holder.frame_index


CHECKS: dict[Refusal, Check] = {
    Refusal.SENDER: lambda holder, arrival: arrival.sender_pid == holder.session_pid,
    Refusal.SESSION: lambda holder, arrival: arrival.message.ids.session == holder.ids.session,
    Refusal.PLAN: lambda holder, arrival: arrival.message.ids.plan == holder.ids.plan,
    Refusal.PATIENT: lambda holder, arrival: arrival.message.ids.patient == holder.ids.patient,
    Refusal.RIG: lambda holder, arrival: arrival.message.ids.rig == holder.ids.rig,
    Refusal.MODEL: lambda holder, arrival: arrival.message.ids.model == holder.ids.model,
    Refusal.LIMITS: lambda holder, arrival: arrival.message.ids.limits == holder.ids.limits,
    Refusal.SEQUENCE: lambda holder, arrival: arrival.message.sequence > holder.sequence,
    Refusal.FRAME: _frame_rises,
    Refusal.FUTURE: lambda _, arrival: arrival.message.issued_ns <= arrival.now_ns,
    Refusal.STALE: lambda _, arrival: arrival.now_ns - arrival.message.issued_ns < LEASE_NS,
}
"""Each returns whether its guard is satisfied; applied in this order."""
