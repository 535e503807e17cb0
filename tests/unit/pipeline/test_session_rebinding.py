"""The hand-over between supervisors, with stand-ins whose proof test ends when the test says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from pipeline.session.rebinding import ReboundSupervisor
from pipeline.supervisor.channel import SendResult
from pipeline.supervisor.events import EventKind, SupervisorEvent
from pipeline.supervisor.identities import LeaseIds
from tests.shell_parts import Supervisor, record
from tracking.decision import Verdict
from tracking.errors import ConfigurationError

PATIENCE_S = 10.0
NEVER_WAITS_S = 0.5  # of a call while a proof test hangs: far above its own time


class StandIn(Supervisor):
    """A supervisor's client that knows whether it was closed."""

    def __init__(self) -> None:
        super().__init__([])
        self.n_closed = 0

    def close(self) -> None:
        self.n_closed += 1


class Room:
    """A rebound supervisor; each proof test waits until it is let through."""

    def __init__(self) -> None:
        self.first = StandIn()
        self.asked: list[LeaseIds] = []
        self.made: list[StandIn] = []
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.failure: Exception | None = None
        self.n_at_once = self.most_at_once = 0
        self.rebound = ReboundSupervisor(self.first, self._start)

    def _start(self, ids: LeaseIds) -> StandIn:
        self.n_at_once += 1
        self.most_at_once = max(self.most_at_once, self.n_at_once)
        self.asked.append(ids)
        self.begun.release()
        assert self.go.acquire(timeout=PATIENCE_S)
        self.n_at_once -= 1
        if self.failure is not None:
            raise self.failure
        self.made.append(StandIn())
        return self.made[-1]

    def rebind(self, plan: str) -> None:
        before = time.monotonic()
        self.rebound.rebind(ids_of(plan))
        assert time.monotonic() - before < NEVER_WAITS_S

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, "it did not come to that in time"
            time.sleep(0.002)

    def renew(self) -> SendResult:
        decision = record(1, Verdict.READY, ()).decision
        return self.rebound.renew(decision, 1, ids=ids_of("x"), issued_ns=1)


def ids_of(plan: str) -> LeaseIds:
    return LeaseIds.of(session="s", plan=plan, patient="p", rig="r", model="m", limits="l")


@pytest.fixture
def room() -> Room:
    return Room()


def test_nothing_is_renewed_until_the_new_one_is_proven(room: Room) -> None:
    room.rebind("a")
    assert room.begun.acquire(timeout=PATIENCE_S)
    assert room.first.n_closed == 1
    assert room.rebound.is_rebinding
    assert not room.rebound.is_lost
    assert room.renew() is SendResult.LOST
    assert room.rebound.beam(is_on=True) is SendResult.LOST
    room.go.release()
    room.until(lambda: not room.rebound.is_rebinding)
    assert room.renew() is SendResult.SENT
    assert [entry[0] for entry in room.made[0].heard] == ["renew"]
    assert not room.first.heard


def test_a_second_approval_never_waits_and_only_the_newest_is_used(room: Room) -> None:
    room.rebind("a")
    assert room.begun.acquire(timeout=PATIENCE_S)
    for plan in ("b", "c", "d"):
        room.rebind(plan)
    room.go.release()
    assert room.begun.acquire(timeout=PATIENCE_S)
    room.go.release()
    room.until(lambda: not room.rebound.is_rebinding)
    assert room.asked == [ids_of("a"), ids_of("d")]
    assert room.most_at_once == 1
    superseded, present = room.made
    assert (superseded.n_closed, present.n_closed) == (1, 0)
    assert not superseded.heard
    assert room.renew() is SendResult.SENT
    assert [entry[0] for entry in present.heard] == ["renew"]


def test_one_that_cannot_be_proven_is_lost_and_the_next_revision_is_tried(room: Room) -> None:
    room.failure = ConfigurationError("the proof test failed")
    room.rebind("a")
    room.go.release()
    room.until(lambda: room.rebound.is_lost)
    assert not room.rebound.is_rebinding
    assert room.renew() is SendResult.LOST
    room.failure = None
    room.rebind("b")
    assert not room.rebound.is_lost
    room.go.release()
    room.until(lambda: room.renew() is SendResult.SENT)


def test_what_the_old_one_reported_last_is_not_lost(room: Room) -> None:
    beam = SupervisorEvent(EventKind.BEAM, 5_000, 7, 3, {"on": False, "source": "line"})
    room.first.reports = [beam]
    room.first.fault = "the output broke"
    room.rebind("a")
    assert room.rebound.events() == [beam]
    assert room.rebound.events() == []
    assert room.rebound.fault == "the output broke"
    room.go.release()
    room.until(lambda: not room.rebound.is_rebinding)


def test_the_end_of_the_session_closes_what_is_being_proven(room: Room) -> None:
    room.rebind("a")
    assert room.begun.acquire(timeout=PATIENCE_S)
    room.rebind("b")
    ending = threading.Thread(target=room.rebound.close)
    ending.start()
    room.until(lambda: room.rebound._start.__name__ == "_ended")
    room.go.release()
    ending.join(PATIENCE_S)
    assert not ending.is_alive()
    assert [one.n_closed for one in room.made] == [1]
    assert room.asked == [ids_of("a")]
    assert room.first.n_closed == 1


def test_the_end_without_a_revision_closes_the_first_once(room: Room) -> None:
    room.rebound.close()
    room.rebound.close()
    assert room.first.n_closed == 1


def test_a_lease_is_that_of_the_present_one(room: Room) -> None:
    def is_held_after(*, is_renewed: bool) -> bool:
        if is_renewed:
            room.renew()
        room.rebound.events()
        return room.rebound.holds_lease

    assert is_held_after(is_renewed=True)
    room.rebind("a")
    assert not is_held_after(is_renewed=True)
    room.go.release()
    room.until(lambda: not room.rebound.is_rebinding)
    assert not is_held_after(is_renewed=False)
    assert is_held_after(is_renewed=True)
