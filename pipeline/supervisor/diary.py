"""Tells the session what happened, with the lease's last sequence and frame, and counts refusals.

Standard library only: the supervisor process imports this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.supervisor.events import Detail, EventKind, Reporter, SupervisorEvent
from pipeline.supervisor.lease_holder import LeaseHolder
from pipeline.supervisor.permissive import DENIED, Permission
from pipeline.supervisor.refusal import Refusal

STATUS_NS = 50_000_000
REFUSED_NS = 5_000_000  # refusals are told together, so that a flood of them costs little


@dataclass(eq=False)
class Diary:
    """What there is to tell; it decides nothing."""

    reporter: Reporter
    holder: LeaseHolder
    now_ns: Callable[[], int]
    has_beam_line: bool
    refused: Counter[Refusal] = field(default_factory=Counter)
    _told: Permission = DENIED
    _refused_ns: int = 0
    _status_ns: int = 0

    def tell(self, kind: EventKind, **detail: Detail) -> None:
        """Tell one event."""
        holder = self.holder
        event = SupervisorEvent(kind, self.now_ns(), holder.sequence, holder.frame_index, detail)
        self.reporter.tell(event)

    def tell_changes(self, permission: Permission) -> None:
        """Tell what is new about output, beam and alarm."""
        told, self._told = self._told, permission
        if permission.is_beam_on != told.is_beam_on and self.has_beam_line:
            self.tell(EventKind.BEAM, on=permission.is_beam_on, source="line", counts=True)
        if permission.is_closed != told.is_closed:
            self.tell(EventKind.OUTPUT, closed=permission.is_closed)
        if permission.alarm != told.alarm:
            self.tell(EventKind.ALARM, what=permission.alarm or "")

    def tell_regularly(self) -> None:
        """Tell what was refused, and that the supervisor lives."""
        now_ns = self.now_ns()
        if self.refused and now_ns >= self._refused_ns:
            self._refused_ns = now_ns + REFUSED_NS
            self.tell(EventKind.REFUSED, **{str(r): n for r, n in self.refused.items()})
            self.refused.clear()
        if now_ns >= self._status_ns:
            self._status_ns = now_ns + STATUS_NS
            self.tell(EventKind.STATUS)
