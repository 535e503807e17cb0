from __future__ import annotations

import pytest

from pipeline.supervisor.channel import SendResult
from pipeline.supervisor.events import EventKind as SupervisorEventKind
from pipeline.supervisor.events import SupervisorEvent
from tests.shell_parts import Around
from tracking.reasons import Reason


class TestShownLease:
    """What a display is told: READY is shown only with it."""

    def held(self) -> Around:
        """A session whose lease is held."""
        around = Around()
        around.frame()
        around.frame()
        assert around.shell.holds_lease
        return around

    def test_it_is_held_from_the_second_ready_frame_to_the_next_that_is_not(self) -> None:
        around = Around()
        assert not around.shell.holds_lease
        ready, hold = (), (Reason.TILT_HIGH,)
        shown = []
        for reasons in (ready, ready, hold, ready, ready):
            around.frame(*reasons)
            shown.append(around.shell.holds_lease)
        assert shown == [False, True, False, False, True]

    def test_a_renewal_that_was_not_sent_holds_nothing(self) -> None:
        around = self.held()
        around.supervisor.result = SendResult.FULL
        around.frame()
        assert not around.shell.holds_lease

    def test_a_renewal_that_was_sent_and_refused_holds_nothing(self) -> None:
        around = Around()
        around.supervisor.refuses = True
        for _ in range(3):
            around.frame()
            assert not around.shell.holds_lease

    @pytest.mark.parametrize(
        "lost",
        [
            SupervisorEvent(SupervisorEventKind.LEASE, 5_000, 7, 3, {"held": False, "why": "x"}),
            SupervisorEvent(SupervisorEventKind.LOST, 5_000, 7, 3, {"n": 2}),
        ],
    )
    def test_a_lease_that_the_supervisor_gave_up_is_not_shown(self, lost: SupervisorEvent) -> None:
        around = self.held()
        around.supervisor.reports = [lost]
        around.frame()
        assert not around.shell.holds_lease

    def test_a_lost_or_broken_supervisor_holds_nothing(self) -> None:
        around = self.held()
        around.supervisor.is_gone = True
        assert not around.shell.holds_lease
        around.supervisor.is_gone = False
        around.supervisor.fault = "the relay"
        assert not around.shell.holds_lease

    def test_a_source_that_fails_takes_it_away(self) -> None:
        around = self.held()
        around.shell.source_failed()
        assert not around.shell.holds_lease
