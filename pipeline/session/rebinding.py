"""A supervisor whose leases are bound to another revision of the plan: a new process, proven anew.

What a lease is bound to is fixed when its supervisor starts. The old one ends first, because an
output belongs to one process; until the new one has passed its proof test nothing is renewed. A
thread does both: the loop goes on, and says not ready.

Fails to: no lease.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pipeline.supervisor.channel import SendResult
from pipeline.supervisor.client import SupervisorClient
from pipeline.supervisor.events import SupervisorEvent
from pipeline.supervisor.identities import LeaseIds
from tracking.decision import GateDecision
from tracking.errors import TrackerError

JOIN_S = 30.0

StartSupervisor = Callable[[LeaseIds], SupervisorClient]


class ReboundSupervisor(SupervisorClient):
    """Stands where a supervisor's client stands, and hands on to the present one."""

    def __init__(self, first: SupervisorClient, start: StartSupervisor) -> None:
        self._client: SupervisorClient | None = first
        self._start = start
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure = ""
        self.n_not_sent = 0
        self.fault = ""

    def rebind(self, ids: LeaseIds) -> None:
        """End the present supervisor and start one that is bound to `ids`, beside the loop."""
        self._join()
        with self._lock:
            old, self._client = self._client, None
        self._thread = threading.Thread(
            target=self._hand_over, args=(old, ids), name="supervisor rebinding", daemon=True
        )
        self._thread.start()

    @property
    def is_rebinding(self) -> bool:
        """Whether no supervisor holds anything just now, and one is being proven."""
        with self._lock:
            return self._client is None and not self._failure

    def renew(
        self, decision: GateDecision, frame_index: int, *, ids: LeaseIds, issued_ns: int
    ) -> SendResult:
        """As the present one's; nothing is renewed while there is none."""
        client = self._present()
        if client is None:
            return self._counted(SendResult.LOST)
        return client.renew(decision, frame_index, ids=ids, issued_ns=issued_ns)

    def drop(self) -> SendResult:
        """Not ready; without a supervisor there is nothing to drop."""
        client = self._present()
        return SendResult.LOST if client is None else client.drop()

    def beam(self, *, is_on: bool) -> SendResult:
        """A person's word; lost while there is no supervisor, and said so."""
        client = self._present()
        return SendResult.LOST if client is None else client.beam(is_on=is_on)

    def events(self) -> list[SupervisorEvent]:
        """What the present one reports."""
        client = self._present()
        if client is None:
            return []
        found = client.events()
        self.fault = self.fault or client.fault
        return found

    @property
    def process_id(self) -> int:
        """Of the present one; 0 while there is none."""
        client = self._present()
        return 0 if client is None else client.process_id

    @property
    def is_lost(self) -> bool:
        """Whether there is no supervisor any more, or the new one could not be proven."""
        if self.is_rebinding:
            return False
        client = self._present()
        return client is None or client.is_lost

    def close(self) -> None:
        """End the session."""
        self._join()
        client = self._present()
        if client is not None:
            client.close()

    def _present(self) -> SupervisorClient | None:
        with self._lock:
            return self._client

    def _hand_over(self, old: SupervisorClient | None, ids: LeaseIds) -> None:
        try:
            if old is not None:
                old.close()
            new = self._start(ids)
        except (TrackerError, OSError) as error:
            with self._lock:
                self._failure = str(error) or type(error).__name__
            return
        with self._lock:
            self._client = new

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join(JOIN_S)
