"""From lease and beam to the output: may it be closed, until when, and what to alarm.

Pure but for its own memory: the time is handed in. Standard library only: the supervisor process
imports this.

Before beam-on the output follows the lease. After it, `AfterBeamOn` says what a lost lease does:

- `ALARM` (default): stopping a beam that runs is the machine's decision. The output stays closed
  while the session goes on deciding frames, whatever it decides, and every deviation is alarmed.
  Silence still opens it: where nobody decides, nobody can alarm or record.
- `HOLD`: the output follows the lease to open.

In both, an output that is open never closes while a beam is on, and a beam counts only if the lease
held at the moment it came on. `ALARM` ends after `MAX_BEAM_NS`: a beam input that is stuck, or a
key that nobody took back, must not hold an output.

Fails to: open.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.supervisor.lease_holder import LeaseHolder

OPEN_NS = 0
MAX_BEAM_NS = 180_000_000_000  # a treatment is one or two minutes of beam


class AfterBeamOn(StrEnum):
    """The site's choice."""

    ALARM = "alarm"
    HOLD = "hold"


class Alarm(StrEnum):
    """What goes wrong while the beam is on."""

    BEAM_WITHOUT_READY = "BEAM_WITHOUT_READY"  # it came on with the output open
    NOT_READY_IN_BEAM = "NOT_READY_IN_BEAM"  # the lease was lost
    BEAM_TOO_LONG = "BEAM_TOO_LONG"


@dataclass(frozen=True)
class Permission:
    """What the output may do.

    Attributes
    ----------
    closed_until_ns : int
        The output may be closed before this moment of the monotonic clock; `OPEN_NS`: it is open.
    """

    closed_until_ns: int = OPEN_NS
    is_beam_on: bool = False
    alarm: Alarm | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the output is to be closed."""
        return self.closed_until_ns != OPEN_NS


DENIED = Permission()


@dataclass
class Permissive:
    """Remembers whether the output is closed, and since when the beam is on."""

    after_beam_on: AfterBeamOn
    _is_closed: bool = False
    _began_ready: bool = False
    _beam_since_ns: int | None = None

    def decide(
        self, lease: LeaseHolder, *, is_beam_on: bool, now_ns: int, is_denied: bool = False
    ) -> Permission:
        """Return what the output may do now; `is_denied`: nothing, but go on watching the beam."""
        is_ready = lease.is_ready(now_ns)
        if not is_beam_on:
            self._beam_since_ns = None
        elif self._beam_since_ns is None:
            self._beam_since_ns = now_ns
            self._began_ready = self._is_closed = self._is_closed and is_ready
        until_ns = OPEN_NS if is_denied else self._until_ns(lease, now_ns)
        self._is_closed = until_ns > now_ns
        return Permission(
            closed_until_ns=until_ns if self._is_closed else OPEN_NS,
            is_beam_on=is_beam_on,
            alarm=self._alarm(is_ready=is_ready, now_ns=now_ns),
        )

    def _until_ns(self, lease: LeaseHolder, now_ns: int) -> int:
        if self._beam_since_ns is None:
            return lease.ready_until_ns
        if not self._is_closed:
            return OPEN_NS
        is_alarm_only = self.after_beam_on is AfterBeamOn.ALARM
        if is_alarm_only and now_ns - self._beam_since_ns < MAX_BEAM_NS:
            return lease.alive_until_ns
        return lease.ready_until_ns

    def _alarm(self, *, is_ready: bool, now_ns: int) -> Alarm | None:
        if self._beam_since_ns is None:
            return None
        if not self._began_ready:
            return Alarm.BEAM_WITHOUT_READY
        if not is_ready:
            return Alarm.NOT_READY_IN_BEAM
        return Alarm.BEAM_TOO_LONG if now_ns - self._beam_since_ns >= MAX_BEAM_NS else None
