"""All states of the kernel that can be reached, every kind of frame in each."""

from __future__ import annotations

import pytest

from tests.kernel.states import Search, broken_invariants, frames_after
from tracking import gate
from tracking.decision import FRAMES_TO_ARM
from tracking.gate import decide
from tracking.guards import GUARDS, PROVEN, Check
from tracking.snapshot import KernelState

STALE_MS = 150.1


@pytest.fixture(scope="module")
def search() -> Search:
    found = Search()
    found.run()
    return found


def test_no_transition_breaks_the_invariant(search: Search) -> None:
    assert search.broken == []
    assert search.n_transitions > 30_000


def test_the_states_are_the_first_the_counts_and_the_latched(search: Search) -> None:
    unlatched = [state for state in search.states if not state.latched]
    assert sorted(state.passed for state in unlatched) == [0, *range(FRAMES_TO_ARM + 1)]
    latched = [state for state in search.states if state.latched]
    assert {state.passed for state in latched} == {0}
    assert len({(s.fault_frame, s.acknowledged_frame) for s in latched}) == len(latched) == 25


def test_ready_takes_ten_frames_and_can_be_reached_from_everywhere(search: Search) -> None:
    assert {search.states[state] for state in search.states if state.armed} == {FRAMES_TO_ARM}
    assert {state.passed for state in search.ready_from} == {FRAMES_TO_ARM - 1, FRAMES_TO_ARM}
    assert search.without_a_way_to_ready() == set()


def test_a_kernel_without_a_check_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "GUARDS", {**GUARDS, Check.AGE: lambda _frame, _state: PROVEN})
    first = KernelState()
    frame = next(f for f in frames_after(first) if f.age_ms == STALE_MS)
    broken = list(broken_invariants(first, frame, *decide(frame.snapshot(), first)))
    assert "what is wrong is told" in broken
    assert "checks passed says so" in broken
