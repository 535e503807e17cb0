"""What the loop's side makes of the supervisor's events; its channel is a stand-in."""

from __future__ import annotations

import pytest

from pipeline.supervisor.channel import Channel
from pipeline.supervisor.client import SupervisorClient
from pipeline.supervisor.events import Detail, EventKind, SupervisorEvent
from tests.builders_supervisor import IDS


class Says(Channel):
    """A channel without another end."""

    def __init__(self) -> None:
        self.coming: list[SupervisorEvent] = []

    def poll(self) -> list[SupervisorEvent]:
        taken, self.coming = self.coming, []
        return taken


def event(kind: EventKind, **detail: Detail) -> SupervisorEvent:
    return SupervisorEvent(kind, 5_000, 7, 3, detail)


GAINED = event(EventKind.LEASE, held=True, why="")
GIVEN_UP = event(EventKind.LEASE, held=False, why="expired")


class TestLease:
    @pytest.mark.parametrize(
        ("told", "is_held"),
        [
            ((), False),
            ((GAINED,), True),
            ((GAINED, GIVEN_UP), False),
            ((GIVEN_UP, GAINED), True),
            ((GAINED, event(EventKind.OUTPUT, closed=True)), True),
            ((GAINED, event(EventKind.LOST, n=1)), False),
            ((event(EventKind.LOST, n=1), GAINED), True),
            ((event(EventKind.REFUSED, STALE=1),), False),
        ],
    )
    def test_it_is_held_as_it_was_told_last(
        self, told: tuple[SupervisorEvent, ...], *, is_held: bool
    ) -> None:
        says = Says()
        client = SupervisorClient(says, IDS)
        says.coming = list(told)
        client.events()
        assert client.holds_lease is is_held

    def test_it_stays_as_it_was_told_while_nothing_new_is(self) -> None:
        says = Says()
        client = SupervisorClient(says, IDS)
        for coming in ([GAINED], [], [event(EventKind.STATUS)]):
            says.coming = coming
            client.events()
            assert client.holds_lease


class TestBeamLine:
    def test_a_supervisor_that_went_live_has_read_it_off(self) -> None:
        says = Says()
        client = SupervisorClient(says, IDS, has_beam_line=True)
        says.coming = [event(EventKind.BEAM, on=True, source="line", counts=True)]
        assert [told.detail["on"] for told in client.events()] == [False, True]
        assert client.events() == []

    def test_without_one_nothing_is_known_of_the_beam(self) -> None:
        assert SupervisorClient(Says(), IDS).events() == []
