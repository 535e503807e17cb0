"""A supervisor whose leases are bound to another revision of the plan: a new process, proven anew.

What a lease is bound to is fixed when its supervisor starts. The old one ends first, because an
output belongs to one process; until the new one has passed its proof test nothing is renewed. A
thread does both, one at a time: the loop never waits for it, and says not ready. Where another
revision is asked for meanwhile, what was being proven is ended, and the newest is proven.

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

CLOSE_S = 30.0  # a proof test that is under way when the session ends

StartSupervisor = Callable[[LeaseIds], SupervisorClient]


class ReboundSupervisor(SupervisorClient):
    """Stands where a supervisor's client stands, and hands on to the present one."""

    def __init__(self, first: SupervisorClient, start: StartSupervisor) -> None:
        self._client: SupervisorClient | None = first
        self._start = start
        self.has_beam_line = first.has_beam_line
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wanted: LeaseIds | None = None  # newer than what is being proven
        self._retired: list[SupervisorClient] = []
        self._is_handing_over = False
        self._left: list[SupervisorEvent] = []  # of a retired one, not taken yet
        self.n_not_sent = 0
        self.fault = ""

    def rebind(self, ids: LeaseIds) -> None:
        """End the present supervisor and have one bound to `ids`, the newest alone; never waits."""
        old = self._present()
        if old is not None:
            self._left += self._events_of(old)
        with self._lock:
            if self._client is not None:
                self._retired.append(self._client)
                self._client = None
            self._wanted = ids
            if self._is_handing_over:
                return
            self._is_handing_over = True
        self._thread = threading.Thread(
            target=self._hand_over, name="supervisor rebinding", daemon=True
        )
        self._thread.start()

    @property
    def is_rebinding(self) -> bool:
        """Whether no supervisor holds anything just now, and one is being proven."""
        with self._lock:
            return self._is_handing_over

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
        """What the present one reports, and before it what the one before it did last."""
        left, self._left = self._left, []
        client = self._present()
        return left if client is None else [*left, *self._events_of(client)]

    @property
    def holds_lease(self) -> bool:
        """As the present one; none is held while there is none."""
        client = self._present()
        return client is not None and client.holds_lease

    @property
    def process_id(self) -> int:
        """Of the present one; 0 while there is none."""
        client = self._present()
        return 0 if client is None else client.process_id

    @property
    def is_lost(self) -> bool:
        """Whether there is no supervisor any more, or the new one could not be proven."""
        with self._lock:
            client = self._client
            if client is None:
                return not self._is_handing_over
        return client.is_lost

    def close(self) -> None:
        """End the session; waits for a proof test that is under way."""
        with self._lock:
            self._wanted = None
            if self._client is not None:
                self._retired.append(self._client)
                self._client = None
            self._start = _ended
            is_handing_over = self._is_handing_over
        if is_handing_over and self._thread is not None:
            self._thread.join(CLOSE_S)
        self._end_retired()

    def _present(self) -> SupervisorClient | None:
        with self._lock:
            return self._client

    def _events_of(self, client: SupervisorClient) -> list[SupervisorEvent]:
        found = client.events()
        self.fault = self.fault or client.fault
        return found

    def _hand_over(self) -> None:
        """Prove what is wanted until nothing newer is: then it is the present one."""
        new: SupervisorClient | None = None
        try:
            while not self._is_settled(new):
                self._end_retired()
                with self._lock:
                    ids, self._wanted, start = self._wanted, None, self._start
                new = None if ids is None else self._proven(start, ids)
        except BaseException:
            with self._lock:
                self._is_handing_over = False  # lost, and said so; nobody waits for it for ever
            raise

    def _is_settled(self, new: SupervisorClient | None) -> bool:
        """Take the proven one where nothing newer is wanted; else it is to end."""
        with self._lock:
            is_superseded = self._wanted is not None or self._start is _ended
            if new is not None and is_superseded:
                self._retired.append(new)
            elif new is not None:
                self._client = new
            is_done = self._wanted is None and not self._retired
            if is_done:
                self._is_handing_over = False
            return is_done

    def _proven(self, start: StartSupervisor, ids: LeaseIds) -> SupervisorClient | None:
        """The supervisor bound to `ids`; None where it does not pass: it counts as lost."""
        try:
            return start(ids)
        except (TrackerError, OSError):
            return None

    def _end_retired(self) -> None:
        with self._lock:
            retired, self._retired = self._retired, []
        for client in retired:
            client.close()


def _ended(_ids: LeaseIds) -> SupervisorClient:
    raise OSError("the session has ended")
