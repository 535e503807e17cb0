from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.session.refusals import Refusal
from pipeline.workflow.step import Step, StepFacts
from tests.workflow_parts import ALL_DONE, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.see()
    yield made
    made.store.close()


class TestWayOut:
    """What a cone that moves or is gone must not lock."""

    MOVED = replace(ALL_DONE, is_docked=False, is_beam_on=True, was_beam_on=True)
    GONE = StepFacts(has_qa=True, has_calibration=True)

    def test_under_the_beam_people_come_back_to_its_step_whatever_moves(self, desk: Desk) -> None:
        desk.see(facts=replace(ALL_DONE, is_beam_on=True, was_beam_on=True))
        assert desk.do("step", to="dock").accepted
        desk.see(facts=self.MOVED)
        assert desk.step() is Step.DOCK
        assert desk.do("step", to="beam").accepted
        assert desk.step() is Step.BEAM

    def test_with_the_beam_off_its_step_is_blocked_by_a_cone_that_moved(self, desk: Desk) -> None:
        desk.see(facts=replace(self.MOVED, is_beam_on=False))
        assert desk.do("step", to="beam").code == Refusal.STEP_BLOCKED

    def test_the_report_is_reached_once_the_cone_is_gone(self, desk: Desk) -> None:
        desk.see(facts=self.GONE)
        assert desk.do("step", to="survey").accepted
        assert desk.do("step", to="ready").code == Refusal.STEP_BLOCKED
        assert desk.do("step", to="report").accepted
