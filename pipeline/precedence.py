"""The session's threads before all other programs of the computer, where that is allowed.

A recorder compresses, a display and a browser draw beside the session. The system shares its cores
among them all alike, so that a verdict came tens of milliseconds late whenever they were busy. A
program of real-time priority (`man 7 sched`) runs as soon as it has something to do. The system
itself leaves a twentieth of every second to others, and the supervisor stands above the session:
whatever the session does, its permission to beam ends in time. The display's server and, behind it,
the recorder need little and have a larger share of the rest than browser and everything else: a
browser that begins would else keep the server from its frames for seconds, and a program that has
nothing to do with the session cost its recording frames.

Fails to: ordinary priority. Verdicts are the same, and later when the computer is busy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pipeline.say import Say

SESSION_PRIORITY = 1  # the least of real-time: `supervisor.process` takes 2
NOT_ALLOWED = (
    "  precedence: NOT ALLOWED, verdicts come later when other programs are busy "
    "(allow real-time priority 2: LimitRTPRIO=2 in the service, or root's `ulimit -r 2`)"
)
DISPLAY_NICENESS, RECORDER_NICENESS = -10, -5
_THREADS: Final = Path("/proc/self/task")
_AUTOGROUP: Final = Path("/proc/self/autogroup")  # `man 7 sched`, "The autogroup feature"


@contextmanager
def ahead_of_others(say: Say = lambda _line: None) -> Iterator[None]:
    """Give every thread of this process real-time priority meanwhile; `say` if it is not allowed.

    Threads that begin meanwhile inherit it, and so do programs: ours begin with `stand_back`.
    """
    before = os.sched_getscheduler(0)
    if not _schedule(os.SCHED_RR, SESSION_PRIORITY):
        say(NOT_ALLOWED)
    try:
        yield
    finally:
        if before == os.SCHED_OTHER:  # else it is a loop in a loop, and the outer one's goes on
            stand_back()


def stand_back() -> None:
    """Give up a priority that this program inherited from the one that started it."""
    _schedule(os.SCHED_OTHER, 0)


def stand_behind_the_session(niceness: int) -> None:
    """Take no real-time priority, but more of what is left than other programs, where allowed."""
    stand_back()
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    with suppress(PermissionError, FileNotFoundError):  # a login session's share of all sessions
        _AUTOGROUP.write_text(str(niceness), encoding="ascii")


def _schedule(policy: int, priority: int) -> bool:
    """Schedule all threads of this process so, and return whether it was allowed."""
    is_allowed = True
    for thread in _THREADS.iterdir():
        try:
            with suppress(ProcessLookupError):  # it has just ended
                os.sched_setscheduler(int(thread.name), policy, os.sched_param(priority))
        except PermissionError:
            is_allowed = False
    return is_allowed
