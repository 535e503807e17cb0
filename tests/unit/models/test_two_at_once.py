"""Two parts of a frame's work at the same time."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from models import two_at_once
from models.two_at_once import both, take_turns


def test_both_results_come_back_in_the_order_of_the_parts() -> None:
    assert both(lambda: "first", lambda: 2) == ("first", 2)


def test_the_parts_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10.0)  # passes only where both are there
    both(meeting.wait, meeting.wait)


def test_what_either_part_raises_is_raised_once_the_other_has_ended() -> None:
    ended = []

    def fails() -> None:
        raise KeyError("part")

    with pytest.raises(KeyError):
        both(fails, lambda: ended.append("second"))
    with pytest.raises(KeyError):
        both(lambda: ended.append("first"), fails)
    assert ended == ["second", "first"]


def test_a_forked_process_goes_on_with_a_thread_of_its_own() -> None:
    both(lambda: None, lambda: None)
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # ends a child that waits for the thread it has lost
        os._exit(0 if both(lambda: 1, lambda: 2) == (1, 2) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_in_turn_all_is_the_same_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_at_once._beside, "takes_turns", False)
    take_turns()
    assert both(threading.get_ident, threading.get_ident) == (threading.get_ident(),) * 2
    test_what_either_part_raises_is_raised_once_the_other_has_ended()
