"""What a history of QA proves: expiry, lock, changes, other cameras, a clock that went back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calibration.qa.outcome import Outcome
from calibration.qa.protocol import ProtocolName
from calibration.qa.run_record import RunRecord
from calibration.qa.standing import QaState, failures_in_a_row, is_locked, standing
from tests.qa_parts import HOUR_NS, NOW_NS, OURS, full, run

FAIL = Outcome.FAILURE


def state(*runs: RunRecord, now_ns: int = NOW_NS) -> QaState:
    return standing(runs, OURS, now_ns).state


def test_a_full_run_and_todays_daily_prove_the_rig_until_it_expires() -> None:
    found = standing([full(1), run(2)], OURS, NOW_NS)
    measured = run(2).start.measured_ns
    assert found.state is QaState.VALID
    assert found.valid_until_ns == measured + 12 * HOUR_NS
    assert found.holds(NOW_NS)
    assert found.holds(found.valid_until_ns - 1)
    assert not found.holds(found.valid_until_ns)


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.NOTE, Outcome.ALERT])
def test_every_outcome_but_failure_proves(outcome: Outcome) -> None:
    assert state(full(1), run(2, outcome)) is QaState.VALID
    assert state(full(1), run(2, FAIL)) is QaState.FAILED


def test_a_first_installation_needs_the_full_protocol() -> None:
    assert state(run(1)) is QaState.CHANGED
    assert state(full(1)) is QaState.VALID


def test_nothing_stored_proves_nothing() -> None:
    found = standing([], OURS, NOW_NS)
    assert found.state is QaState.MISSING
    assert not found.holds(NOW_NS)


def test_it_expires_by_the_clock_that_is_handed_in() -> None:
    runs = (full(1), run(2))
    last = run(2).start.measured_ns + 12 * HOUR_NS
    assert state(*runs, now_ns=last - 1) is QaState.VALID
    assert state(*runs, now_ns=last) is QaState.EXPIRED


def test_another_serial_proves_nothing_for_this_one() -> None:
    other = replace(OURS, camera_serial="CAM-2")
    assert standing([full(1, setup=other), run(2, setup=other)], OURS, NOW_NS).state is (
        QaState.MISSING
    )


def test_failures_of_another_camera_do_not_lock_this_one() -> None:
    other = replace(OURS, camera_serial="CAM-2")
    runs = [full(1), *(run(k, FAIL, setup=other) for k in (2, 3, 4)), run(5)]
    assert standing(runs, OURS, NOW_NS).state is QaState.VALID


def test_three_failures_lock_until_the_full_protocol_passes() -> None:
    failed = [full(1), run(2, FAIL), run(3, FAIL)]
    assert state(*failed) is QaState.FAILED
    assert state(*failed, run(4)) is QaState.VALID
    locked = [*failed, run(4, FAIL)]
    assert state(*locked) is QaState.LOCKED
    assert state(*locked, run(5)) is QaState.LOCKED
    assert state(*locked, run(5, protocol=ProtocolName.MONTHLY)) is QaState.LOCKED
    assert state(*locked, full(5, FAIL)) is QaState.LOCKED
    assert state(*locked, full(5)) is QaState.VALID


def test_a_pass_between_failures_starts_the_count_anew() -> None:
    runs = [full(1), run(2, FAIL), run(3, FAIL), run(4), run(5, FAIL)]
    assert not is_locked(runs)
    assert failures_in_a_row(runs) == 1


def test_an_unfinished_run_neither_proves_nor_forgives() -> None:
    assert state(full(1), run(2), run(3, None)) is QaState.UNFINISHED
    assert state(full(1), run(2, FAIL), run(3, FAIL), run(4, None), run(5, FAIL)) is QaState.LOCKED


def test_runs_that_were_aborted_count_towards_the_lock() -> None:
    hidden = [full(1), run(2, FAIL), run(3, FAIL), *(run(k, None) for k in range(4, 12)), run(12)]
    assert state(*hidden) is QaState.LOCKED
    assert state(*hidden, full(13)) is QaState.VALID
    assert state(full(1), run(2, None), run(3, None), run(4, None), run(5)) is QaState.LOCKED
    assert state(full(1), run(2, FAIL), run(3, None), run(4)) is QaState.VALID
    old = [replace(run(k, None), is_unsealed=True) for k in (2, 3, 4)]  # before runs were sealed
    assert state(full(1), *old, run(5)) is QaState.VALID


def test_a_lock_tells_the_failures_that_hold_it() -> None:
    locked = [full(1), run(2, FAIL), run(3, FAIL), run(4, FAIL), run(5)]
    found = standing(locked, OURS, NOW_NS)
    assert (found.state, found.n_failures) == (QaState.LOCKED, 3)
    assert standing([*locked, full(6)], OURS, NOW_NS).n_failures == 0


def test_a_run_that_failed_later_than_another_passed_decides() -> None:
    passed = run(3)
    slow = run(2, FAIL, at_ns=passed.start.started_ns + 60 * 10**9)
    assert state(full(1), slow, passed) is QaState.FAILED


@pytest.mark.parametrize("name", ["rig", "software", "model", "baseline"])
def test_a_change_asks_for_the_full_protocol(name: str) -> None:
    changed = replace(OURS, **{name: "other"})
    before = [full(1), run(2)]
    assert standing(before, changed, NOW_NS).state is QaState.CHANGED
    daily = [*before, run(3, setup=changed)]
    assert standing(daily, changed, NOW_NS).state is QaState.CHANGED
    proven = [*daily, full(4, setup=changed), run(5, setup=changed)]
    assert standing(proven, changed, NOW_NS).state is QaState.VALID
    assert standing([*proven, run(6)], OURS, NOW_NS).state is QaState.CHANGED


def test_a_clock_before_the_last_run_proves_nothing() -> None:
    runs = (full(1), run(2))
    assert state(*runs, now_ns=run(2).start.started_ns) is QaState.CLOCK
    assert not standing(runs, OURS, NOW_NS).holds(run(2).start.started_ns)


def test_what_a_site_requires_beside_the_daily_one_has_to_hold_too() -> None:
    monthly = run(2, protocol=ProtocolName.MONTHLY)
    runs = [full(1, FAIL), full(3), run(4)]
    required = (ProtocolName.MONTHLY,)
    assert standing(runs, OURS, NOW_NS, required).state is QaState.VALID
    old = replace(monthly, start=replace(monthly.start, measured_ns=NOW_NS - 40 * 24 * HOUR_NS))
    only_old = [
        replace(full(1), start=replace(full(1).start, measured_ns=NOW_NS - 35 * 24 * HOUR_NS)),
        old,
        run(3),
    ]
    assert standing(only_old, OURS, NOW_NS).state is QaState.VALID
    assert standing(only_old, OURS, NOW_NS, required).state is QaState.EXPIRED


def test_the_order_of_the_rows_does_not_matter() -> None:
    runs = [full(1), run(2, FAIL), run(3)]
    assert standing(runs[::-1], OURS, NOW_NS) == standing(runs, OURS, NOW_NS)
