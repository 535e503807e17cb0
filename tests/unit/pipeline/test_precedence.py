"""While a loop runs, the session's threads stand before other programs', and not its children's."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.precedence import (
    DISPLAY_NICENESS,
    NOT_ALLOWED,
    RECORDER_NICENESS,
    SESSION_PRIORITY,
    ahead_of_others,
    stand_back,
)
from pipeline.supervisor.process import PRIORITY

ROOT = Path(__file__).parents[3]
REAL_TIME, ORDINARY = (os.SCHED_RR, SESSION_PRIORITY), (os.SCHED_OTHER, 0)


def _is_allowed() -> bool:
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(SESSION_PRIORITY))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


allowed = pytest.mark.skipif(not _is_allowed(), reason="real-time priority is not allowed here")


def standing(thread: int = 0) -> tuple[int, int]:
    return os.sched_getscheduler(thread), os.sched_getparam(thread).sched_priority


def in_a_thread(act: Callable[[], None]) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


@allowed
def test_all_threads_stand_before_others_meanwhile() -> None:
    over, found = threading.Event(), []
    other = threading.Thread(target=over.wait)
    other.start()
    with ahead_of_others():
        in_a_thread(lambda: found.append(standing()))
        found += [standing(), standing(other.native_id or 0)]
    assert found == [REAL_TIME] * 3
    assert standing() == standing(other.native_id or 0) == ORDINARY
    over.set()
    other.join()


@allowed
def test_a_loop_in_a_loop_leaves_the_outer_ones() -> None:
    with ahead_of_others():
        with ahead_of_others():
            pass
        assert standing() == REAL_TIME
        stand_back()
        assert standing() == ORDINARY


def fail_inside() -> None:
    with ahead_of_others():
        raise KeyError


@allowed
def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(KeyError):
        fail_inside()
    assert standing() == ORDINARY


@allowed
@pytest.mark.parametrize(
    ("child", "act", "niceness"),
    [
        ("recorder.process", "stand_behind_the_session", RECORDER_NICENESS),
        ("session_report.child", "stand_back", 0),
        ("display.process", "stand_behind_the_session", DISPLAY_NICENESS),
    ],
)
def test_our_programs_stand_back(child: str, act: str, niceness: int) -> None:
    """Their first act; it ends them here."""
    script = f"""
import os
import pipeline.{child} as child
inherited = os.sched_getscheduler(0)
def told(*niceness):
    act(*niceness)
    print(inherited, os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0), flush=True)
    os._exit(0)
act, child.{act} = child.{act}, told
child.main(*[None] * child.main.__code__.co_argcount)
"""
    with ahead_of_others():
        command = [sys.executable, "-c", script]
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            start_new_session=True,  # its share of the cores is not the tests'
        )
    found = [int(each) for each in done.stdout.split()]
    assert found == [os.SCHED_RR, os.SCHED_OTHER, niceness]


def test_the_supervisor_stands_before_the_session() -> None:
    assert PRIORITY > SESSION_PRIORITY


def test_where_it_is_not_allowed_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    said: list[str] = []
    with ahead_of_others(said.append):
        assert standing() == ORDINARY
    assert said == [NOT_ALLOWED]
