"""An acknowledgement is of the latched fault's own frame, wherever the camera's counter stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.session.acknowledgement import acknowledgement_refusal
from pipeline.session.refusals import Refusal
from tests.builders import make_snapshot
from tests.gate_runs import armed_state, run
from tests.session_parts import Session
from tracking.reasons import Reason
from tracking.snapshot import Snapshot

BEFORE, AFTER = 5000, 3  # frames with a fault: before the counter went back, and after


@pytest.mark.parametrize("acknowledged", [None, 0, AFTER - 1, AFTER + 1, BEFORE])
def test_what_was_acknowledged_before_hinders_nothing(acknowledged: int | None) -> None:
    assert acknowledgement_refusal(AFTER, AFTER, acknowledged) is None


@pytest.mark.parametrize("acknowledged", [None, 0, AFTER, BEFORE])
def test_no_frame_but_the_faults_own_is_taken(acknowledged: int | None) -> None:
    assert acknowledgement_refusal(BEFORE, AFTER, acknowledged) is Refusal.NOT_A_FAULT
    assert acknowledgement_refusal(AFTER - 1, AFTER, acknowledged) is Refusal.FAULT_IS_NEWER


def test_the_same_fault_is_acknowledged_once() -> None:
    assert acknowledgement_refusal(AFTER, AFTER, AFTER) is Refusal.ALREADY_ACKNOWLEDGED


def test_after_the_counter_went_back_the_new_fault_is_acknowledged_and_by_its_frame_alone() -> None:
    session = Session(frame_index=BEFORE + 9, last_fault_frame=BEFORE)
    session.typed.acknowledge("surgeon-1", BEFORE)
    assert session.step().acknowledged_frame == BEFORE
    session.frame_index, session.last_fault_frame = AFTER, AFTER
    replayed = session.typed.acknowledge("surgeon-1", BEFORE)
    assert session.step().acknowledged_frame == BEFORE
    assert session.typed.answers[replayed].code == Refusal.NOT_A_FAULT
    session.typed.acknowledge("surgeon-1", AFTER)
    assert session.step().acknowledged_frame == AFTER
    again = session.typed.acknowledge("surgeon-1", AFTER)
    session.step()
    assert session.typed.answers[again].code == Refusal.ALREADY_ACKNOWLEDGED


def counted_anew(index: int, acknowledged_frame: int) -> Snapshot:
    """A good frame, its number from a counter that went back, its stamp as if it had not."""
    frame = make_snapshot(100 + index, acknowledged_frame=acknowledged_frame)
    return replace(frame, frame_index=index)


def test_the_kernel_opens_with_the_new_acknowledgement_and_not_with_the_old_one() -> None:
    frozen = make_snapshot(10, depth_sha256="content-9")
    state = run([frozen, make_snapshot(11, acknowledged_frame=10)], armed_state())[1]
    assert not state.latched
    decisions, state = run([counted_anew(index, 10) for index in range(AFTER, AFTER + 3)], state)
    assert decisions[0].reasons == (Reason.CLOCK_WENT_BACK,)
    assert {decision.reasons for decision in decisions[1:]} == {(Reason.FAULT_LATCHED,)}
    assert state.fault_frame == AFTER
    assert acknowledgement_refusal(AFTER, AFTER, 10) is None
    opened = run([counted_anew(AFTER + 3, AFTER)], state)[1]
    assert (opened.latched, opened.fault_frame) == (frozenset(), None)
