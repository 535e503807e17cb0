"""Every state of the kernel that can be reached, and every kind of frame in each of them.

`python -m tests.kernel.states` prints how many. Frame numbers, stamps and contents only ever meet
in comparisons with the last ones, so a state is kept as its differences to the last frame; those
that are far apart count as one. Which faults are latched makes no difference to what follows: the
transition is checked with all of them, then one stands for all. With nothing latched the last
acknowledgement makes none either.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from time import perf_counter
from typing import Any

from tests.kernel.frames import PASSING, SCALES, Frame
from tests.kernel.reference import (
    BED_WORDS,
    POSE_WORDS,
    SECOND_WORDS,
    about_session,
    about_sight,
    about_stream,
)
from tests.kernel.walk import CAUSES, EVIDENCE, FRAME_NS, IDS
from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.gate import decide
from tracking.reasons import TEXTS, Reason, Severity
from tracking.snapshot import KernelState

INDEX, STAMP_NS = 1000, 10**12  # of the last frame, in every state but the first
SEEN = "seen"
FAR = 500  # a number that no frame of the search comes near
Changes = Mapping[str, Any]
"""Fields of a frame that are not as in a good one."""

ONE_FAULT = frozenset({Reason.SUPERVISOR_LOST})
SAME = "same"  # the acknowledgement of the frame before

FAULT_AT = (0, -1, -2)  # the last fault, before the last frame; further back is alike
ACKNOWLEDGED = (None, -FAR, -3, -2, -1, 0, 1, 2, FAR)  # against the last frame


@dataclass
class Search:
    """Breadth first from the first state."""

    states: dict[KernelState, int] = field(default_factory=dict)  # to its distance
    n_transitions: int = 0
    ready_from: set[KernelState] = field(default_factory=set)
    before: dict[KernelState, set[KernelState]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Visit everything; `broken` names each transition that breaks the invariant."""
        first = KernelState()
        self.states[first] = 0
        waiting = deque([first])
        while waiting:
            state = waiting.popleft()
            for frame in frames_after(state):
                decision, following = decide(frame.snapshot(), state)
                self.n_transitions += 1
                self.broken += [
                    f"{what}: {frame} in {state}: {decision}, {following}"
                    for what in broken_invariants(state, frame, decision, following)
                ]
                if decision.verdict is Verdict.READY:
                    self.ready_from.add(state)
                reached = canonical(following)
                self.before.setdefault(reached, set()).add(state)
                if reached not in self.states:
                    self.states[reached] = self.states[state] + 1
                    waiting.append(reached)

    def without_a_way_to_ready(self) -> set[KernelState]:
        """States from which no sequence of frames leads to READY."""
        able, waiting = set(self.ready_from), list(self.ready_from)
        while waiting:
            for earlier in self.before.get(waiting.pop(), set()) - able:
                able.add(earlier)
                waiting.append(earlier)
        return set(self.states) - able


def canonical(state: KernelState) -> KernelState:
    """The same state, its numbers as differences to the last frame."""
    assert state.frame_index is not None
    fault, given = state.fault_frame, state.acknowledged_frame
    if fault is not None:
        fault = INDEX + max(fault - state.frame_index, min(FAULT_AT))
    given = given if state.latched else None
    if given is not None:
        ahead = given - state.frame_index
        ahead = ahead if min(FAULT_AT) - 1 <= ahead <= 2 else FAR if ahead > 0 else -FAR
        given = INDEX + ahead
    return replace(
        state,
        frame_index=INDEX,
        stamp_ns=STAMP_NS,
        recent_depth=(SEEN,),
        latched=ONE_FAULT if state.latched else frozenset(),
        fault_frame=fault,
        acknowledged_frame=given,
    )


def frames_after(state: KernelState) -> Iterator[Frame]:
    """Frames of every kind after a state."""
    index = -1 if state.frame_index is None else state.frame_index
    stamp_ns = -1 if state.stamp_ns is None else state.stamp_ns
    plain = Frame(index + 1, stamp_ns + FRAME_NS, "new", acknowledged=state.acknowledged_frame)
    for changes in KINDS:
        yield replace(plain, **changes)
        if state.latched:
            yield replace(plain, acknowledged=state.fault_frame, **changes)
    steps = ((1, FRAME_NS), (5, 200_000_000), (1, 200_000_001), (0, FRAME_NS), (1, 0), (-FAR, -1))
    contents = ("new", "", *state.recent_depth[-1:])
    given = (SAME, *ACKNOWLEDGED) if state.latched else (SAME, 0)
    for ahead, (step, step_ns), content in product(given, steps, contents):
        timed = replace(plain, index=index + step, stamp_ns=stamp_ns + step_ns, content=content)
        if ahead != SAME:
            timed.acknowledged = None if ahead is None else index + int(ahead)
        for changes in FEW:
            yield replace(timed, **changes)


def _kinds() -> Iterator[Changes]:
    yield {}
    yield {"is_tracked": False}
    yield {"is_approved": False}
    yield {"is_confirmed": False}
    yield {"plan_id": "plan@2"}
    yield {"states": {"acknowledgement": "assumed"}}
    yield {"broken": None}
    yield from ({"age_ms": age} for age in (0.0, 150.0, 150.1, -0.1, float("nan"), float("inf")))
    yield from ({"broken": frozenset({cause})} for cause in CAUSES)
    yield from ({"states": {n: s}} for n, s in product(EVIDENCE, ("assumed", "missing", "failed")))
    yield from ({"running": {name: "another"}} for name in IDS)
    yield from ({"second": second} for second in SECOND_WORDS)
    yield {"second": "none", "states": {"second_estimate": "assumed"}}
    yield from ({"registration": status} for status in POSE_WORDS)
    yield from ({"bed": status, "survey": "LOST"} for status in BED_WORDS)
    yield from ({"survey": status} for status in ("NONE", "STALE", "LOST"))
    yield from ({"shown": shown} for shown in ("another", "undecided"))
    yield from ({"codes": codes} for codes in (("D60-B15",), ("D65-B15",)))
    yield from ({"doubt": cause} for cause in ("light", "unproven"))
    for name, at in product(SCALES, ("band", "near", "vague", "out", "hidden")):
        yield {"where": {name: at}}
        yield {"where": {name: at}, "below": True}


KINDS = tuple(_kinds())
FEW: tuple[Changes, ...] = (
    {},
    {"where": {"air_gap_mm": "band"}},
    {"where": {"air_gap_mm": "out"}},
    {"broken": frozenset({"SUPERVISOR_LOST"})},
)


def broken_invariants(
    state: KernelState, frame: Frame, decision: GateDecision, following: KernelState
) -> Iterator[str]:
    """What of the invariant a transition breaks."""
    stream = about_stream(frame, _last_frames(state))
    wrong = (stream | about_session(frame) | about_sight(frame)) - {""}
    causes = {word for word in wrong if TEXTS[Reason(word)].severity is Severity.FAULT}
    is_ready = decision.verdict is Verdict.READY
    was_latched, is_latched = bool(state.latched), bool(following.latched)
    laws = {
        "READY only with every check proven": not (is_ready and wrong),
        "READY only with nothing latched": not (is_ready and is_latched),
        "READY has no reasons, all else has": is_ready == (not decision.reasons),
        "armed is READY": following.armed == is_ready,
        "what is wrong is told": wrong <= set(decision.reasons),
        "nothing else is told": set(decision.reasons) - wrong <= {"ARMING", "FAULT_LATCHED"},
        "a latch is a FAULT": (decision.verdict is Verdict.FAULT) == is_latched,
        "every cause is latched, none is forgotten": not causes
        or following.latched == state.latched | causes,
        "a cause opens nothing": not causes or following.fault_frame == frame.index,
        "a latch opens for its acknowledgement alone": not was_latched
        or is_latched
        or _is_acknowledged(state, frame),
        "an acknowledged latch opens": bool(causes)
        or not _is_acknowledged(state, frame)
        or not is_latched,
        "the verdict is its first reason's": is_ready
        or decision.verdict.value == TEXTS[decision.reasons[0]].severity.name,
        "reasons in precedence": list(decision.reasons)
        == sorted(decision.reasons, key=_RANK.__getitem__),
        "checks passed says so": decision.checks_passed == (not wrong and not is_latched),
        "one step at a time": following.passed in _next_counts(state, frame, wrong, is_latched),
        "the count is told": decision.arming_passed == following.passed,
        "not armed is told": decision.checks_passed == is_ready
        or decision.reasons == (Reason.ARMING,),
    }
    yield from (law for law, holds in laws.items() if not holds)


def _last_frames(state: KernelState) -> list[Frame]:
    if state.frame_index is None or state.stamp_ns is None:
        return []
    return [Frame(state.frame_index, state.stamp_ns, content) for content in state.recent_depth]


def _next_counts(
    state: KernelState, frame: Frame, wrong: set[str], is_latched: bool
) -> tuple[int, ...]:
    if wrong or is_latched:
        return (0,)
    last_ns = frame.stamp_ns if state.stamp_ns is None else state.stamp_ns
    follows = state.frame_index is not None and frame.is_tracked
    follows = follows and frame.stamp_ns - last_ns <= 200_000_000
    if follows and state.passed == FRAMES_TO_ARM:
        return (FRAMES_TO_ARM,)
    is_close = all(at == PASSING[0] for at in frame.where.values())
    return (0,) if not is_close else (state.passed + 1,) if follows else (1,)


def _is_acknowledged(state: KernelState, frame: Frame) -> bool:
    if frame.states.get("acknowledgement") == "assumed":
        return True
    given, fault = frame.acknowledged, state.fault_frame
    is_about_it = given is not None and fault is not None and fault <= given < frame.index
    return is_about_it and given != state.acknowledged_frame


_RANK = {word: rank for rank, word in enumerate(Reason)}


def main() -> int:
    """Search and print; returns the exit code."""
    search, started = Search(), perf_counter()
    search.run()
    sys.stdout.write(
        f"{len(search.states)} states, {search.n_transitions} transitions, "
        f"{len(search.broken)} break the invariant, "
        f"{len(search.without_a_way_to_ready())} states without a way to READY, "
        f"{perf_counter() - started:.0f} s\n"
    )
    sys.stdout.writelines(f"{what}\n" for what in search.broken[:10])
    return 1 if search.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
