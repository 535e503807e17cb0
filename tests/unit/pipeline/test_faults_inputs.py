"""The campaign of wrong inputs: none is READY, each says why, and it would notice a missed one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.faults import input_damage
from pipeline.faults.inputs_campaign import InputResult, findings, run_piece
from pipeline.faults.loading_path import load, run, run_loaded, run_unnoticed
from pipeline.faults.set_up import arming_session, right_set_up
from pipeline.faults.wrong_inputs import WRONG_INPUTS, InputCase, WrongInput, wrong_input_cases

KINDS = {"plan", "patient", "mirror", "unit", "cone", "bevel"}


@pytest.mark.parametrize("index", range(len(WRONG_INPUTS)), ids=lambda i: WRONG_INPUTS[i].name)
def test_each_way_to_be_wrong_is_refused_for_its_reason_and_its_twin_is_ready(index: int) -> None:
    (result,) = run_piece(3, (index, 1))
    assert result.twin_ready
    assert not result.is_ready
    assert result.is_right, result.first


def test_every_kind_is_tried_in_several_ways() -> None:
    assert {wrong.kind for wrong in WRONG_INPUTS} == KINDS
    for kind in KINDS:
        assert sum(wrong.kind == kind for wrong in WRONG_INPUTS) >= 5
    names = [(wrong.kind, wrong.name) for wrong in WRONG_INPUTS]
    assert len(set(names)) == len(names)


def test_the_same_seed_gives_the_same_cases() -> None:
    first, again = (list(wrong_input_cases(6, 4, first=15)) for _ in range(2))
    assert [case.name for case in first] == [case.name for case in again]
    assert [case.right.seed for case in first] == [case.right.seed for case in again]
    assert first[0].run() == again[0].run()
    (alone,) = wrong_input_cases(1, 4, first=17)
    assert alone.right.seed == first[2].right.seed


def test_damage_leaves_the_twin_alone() -> None:
    for case in wrong_input_cases(len(WRONG_INPUTS), 5):
        before = repr((case.right.rig, case.right.plan, case.right.catalogue, case.right.dicom))
        case.wrong.damage(case.right.copied(), np.random.default_rng(0))
        after = repr((case.right.rig, case.right.plan, case.right.catalogue, case.right.dicom))
        assert before == after, case.name


def test_a_wrong_input_that_nothing_tells_would_be_ready() -> None:
    right = right_set_up(arming_session(7), from_dicom=False)
    struck = input_damage.another_patient(right.copied(), np.random.default_rng(0))
    assert not run(struck, load(right).running).is_ready
    assert run_unnoticed(struck).is_ready  # papers as wrong as the plan: nothing could tell


def test_damage_that_does_nothing_is_found() -> None:
    idle = WrongInput("plan", "nothing", lambda made, _rng: made, ("anything",))
    case = InputCase(idle, right_set_up(arming_session(8), from_dicom=True))
    outcome = case.run()
    assert outcome.is_ready
    assert not case.is_expected(outcome)


def test_a_rig_that_tells_the_truth_changes_no_measurement() -> None:
    outcome = run_loaded(load(right_set_up(arming_session(9), from_dicom=True)))
    assert (outcome.is_ready, outcome.first) == (True, "")


class TestFindings:
    GOOD = InputResult("plan: another plan", "plan", True, False, True, "time-out", "x")

    def test_all_good_meets_the_goals(self) -> None:
        assert all(goal.is_met for goal in findings([self.GOOD] * 3).goals)

    @pytest.mark.parametrize(
        ("bad", "position"),
        [
            (replace(GOOD, is_ready=True), 0),
            (replace(GOOD, twin_ready=False), 1),
            (replace(GOOD, is_right=False), 2),
        ],
    )
    def test_each_fault_breaks_its_goal(self, bad: InputResult, position: int) -> None:
        assert not findings([self.GOOD] * 50 + [bad]).goals[position].is_met

    def test_nothing_meets_nothing(self) -> None:
        assert not any(goal.is_met for goal in findings([]).goals[1:])
