"""Steps, drawings and revisions: what is pure of the workflow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.config.load import RunConfig
from pipeline.workflow.beam_state import BeamState
from pipeline.workflow.drawings import MAX_UNDO, Drawing, Drawings
from pipeline.workflow.revision import can_hold, revised
from pipeline.workflow.step import (
    PASSABLE,
    STEPS,
    Step,
    StepFacts,
    Why,
    advanced,
    blocked_by,
    missing,
)
from tests.workflow_parts import ALL_DONE, CONFIG, SMALLER, square_px
from tracking.marks import AREA_AT_RISK
from tracking.outline import Outline

DONE = replace(ALL_DONE, is_approved=True, was_beam_on=True)
LACKING: dict[Step, tuple[StepFacts, Why]] = {
    Step.BRIEFING: (replace(DONE, has_qa=False), Why.NO_QA),
    Step.SURVEY: (replace(DONE, has_survey=False), Why.NO_SURVEY),
    Step.DRAW: (replace(DONE, is_area_wanted=True), Why.AREA_NOT_DRAWN),
    Step.APPROVE: (replace(DONE, is_approved=False), Why.NOT_APPROVED),
    Step.PLACE: (replace(DONE, is_placed=False), Why.CONE_NOT_PLACED),
    Step.DOCK: (replace(DONE, is_docked=False), Why.NOT_DOCKED),
    Step.TIME_OUT: (replace(DONE, has_time_out=False), Why.NO_TIME_OUT),
    Step.READY: (replace(DONE, was_ready=False), Why.NOT_READY),
    Step.BEAM: (replace(DONE, was_beam_on=False), Why.NO_BEAM),
}


def drawing(name: str = AREA_AT_RISK, half_mm: float = 12.0) -> Drawing:
    points = square_px(half_mm=half_mm)
    return Drawing(name, Outline(7, tuple((u, v) for u, v in points)), "surgeon-1", None)


class TestSteps:
    @pytest.mark.parametrize("step", [step for step in STEPS if step is not Step.REPORT])
    def test_what_a_step_lacks_blocks_what_comes_after_it_and_nothing_before(
        self, step: Step
    ) -> None:
        facts, why = LACKING[step]
        assert why in missing(step, facts)
        for other in STEPS:
            is_after = STEPS.index(other) > STEPS.index(step)
            blocks = is_after and step not in PASSABLE and other is not Step.REPORT
            assert blocked_by(other, facts) == ((why,) if blocks else ()), other

    @pytest.mark.parametrize("facts", [facts for facts, _ in LACKING.values()])
    def test_the_beams_step_is_open_while_the_beam_is_on_and_the_report_always(
        self, facts: StepFacts
    ) -> None:
        assert blocked_by(Step.BEAM, replace(facts, is_beam_on=True)) == ()
        for is_on in (True, False):
            assert blocked_by(Step.REPORT, replace(facts, is_beam_on=is_on)) == ()

    def test_nothing_that_two_persons_confirm_can_be_passed(self) -> None:
        assert not PASSABLE & {Step.APPROVE, Step.PLACE, Step.DOCK, Step.TIME_OUT}

    def test_a_wrong_cone_is_said_before_a_missing_one(self) -> None:
        facts = replace(DONE, is_placed=False, is_other_cone=True)
        assert missing(Step.PLACE, facts)[0] is Why.OTHER_CONE

    def test_a_lost_area_is_said(self) -> None:
        assert missing(Step.DRAW, replace(DONE, is_area_lost=True)) == (Why.AREA_LOST,)

    @pytest.mark.parametrize("step", STEPS)
    def test_only_what_nobody_has_to_look_at_first_is_passed_by_itself(self, step: Step) -> None:
        done = replace(DONE, was_beam_on=False)
        expected = Step.READY if step is Step.TIME_OUT else step
        assert advanced(step, done, StepFacts()) is expected
        assert advanced(step, StepFacts(), StepFacts()) is step
        assert advanced(step, done, done) is step  # whoever has gone back may stay

    @pytest.mark.parametrize("step", STEPS)
    def test_the_beam_has_its_step_from_the_time_out_on(self, step: Step) -> None:
        under = replace(DONE, is_beam_on=True)
        is_late = STEPS.index(step) > STEPS.index(Step.TIME_OUT)
        expected = Step.BEAM if is_late else Step.READY if step is Step.TIME_OUT else step
        assert advanced(step, under, StepFacts()) is expected
        assert advanced(step, under, under) is (Step.BEAM if step is Step.TIME_OUT else expected)
        assert missing(Step.BEAM, under) == (Why.NO_BEAM,)

    def test_the_report_comes_when_the_beam_is_off_again(self) -> None:
        on, off = replace(DONE, is_beam_on=True), replace(DONE, is_beam_on=False)
        assert advanced(Step.BEAM, off, on) is Step.REPORT
        assert advanced(Step.BEAM, off, off) is Step.BEAM


class TestDrawings:
    def test_one_of_a_name(self) -> None:
        first, second = drawing(), drawing(half_mm=9.0)
        assert Drawings().drawn(first).drawn(second).sheet == (second,)

    def test_undo_and_redo_go_through_every_sheet(self) -> None:
        sheets = [Drawings()]
        for name in ("keep_out.a", "keep_out.b", AREA_AT_RISK):
            sheets.append(sheets[-1].drawn(drawing(name)))
        now = sheets[-1].cleared("keep_out.a")
        for expected in reversed(sheets):
            now = now.undo()
            assert now.sheet == expected.sheet
        assert now.undo() is now
        for expected in sheets[1:]:
            now = now.redo()
            assert now.sheet == expected.sheet
        assert [d.name for d in now.redo().sheet] == ["keep_out.b", AREA_AT_RISK]

    def test_a_new_line_ends_what_can_be_done_again(self) -> None:
        now = Drawings().drawn(drawing()).undo().drawn(drawing("keep_out.a"))
        assert now.redo() is now

    def test_nothing_to_clear_is_the_same(self) -> None:
        now = Drawings().drawn(drawing())
        assert now.cleared("keep_out.a") is now

    def test_what_can_be_undone_is_bounded(self) -> None:
        now = Drawings()
        for _ in range(MAX_UNDO + 20):
            now = now.drawn(drawing())
        assert len(now.before) == MAX_UNDO


class TestRevision:
    def test_nothing_drawn_or_chosen_is_the_plan_itself(self) -> None:
        assert revised(CONFIG, CONFIG.plan.applicator_id, []) is CONFIG

    def test_limits_are_the_plans_whatever_is_drawn(self) -> None:
        found = revised(CONFIG, SMALLER.id, [drawing(), drawing("keep_out.rib")])
        assert found.plan.limits == CONFIG.plan.limits
        assert found.plan.area_at_risk == drawing().outline
        assert dict(found.plan.keep_out) == {"rib": drawing().outline}
        assert found.applicator is SMALLER

    def test_structures_of_the_plan_stay(self) -> None:
        base = with_rib()
        found = revised(base, base.plan.applicator_id, [drawing("keep_out.skin")])
        assert [name for name, _ in found.plan.keep_out] == ["rib", "skin"]
        with pytest.raises(ValueError, match="has a structure rib itself"):
            revised(base, base.plan.applicator_id, [drawing("keep_out.rib")])

    def test_every_difference_is_another_identity(self) -> None:
        name = CONFIG.plan.applicator_id
        sheets: tuple[list[Drawing], ...] = (
            [drawing()],
            [drawing(half_mm=11.9)],
            [drawing("keep_out.rib")],
            [],
        )
        ids = {revised(CONFIG, cone, s).plan.id for s in sheets for cone in (name, SMALLER.id)}
        assert len(ids) == 2 * len(sheets)

    def test_what_is_approved_is_what_the_text_says(self) -> None:
        text = revised(CONFIG, SMALLER.id, [drawing()]).texts["plan"]
        assert SMALLER.id in text
        assert "area_at_risk" in text

    def test_without_its_limit_an_outline_cannot_be_held_to(self) -> None:
        free = replace(CONFIG.plan.limits, coverage_minimum_fraction=None)
        plan = replace(CONFIG.plan, limits=free)
        assert not can_hold(plan, AREA_AT_RISK)
        assert can_hold(plan, "keep_out.rib")


class TestBeam:
    def test_saying_it_twice_changes_nothing(self) -> None:
        on = BeamState().told("physicist-1", is_on=True).seen(5).deviated()
        assert on.told("", is_on=True) is on
        off = on.told("", is_on=False)
        assert off.told("physicist-1", is_on=False) is off
        assert (off.was_on, off.n_deviations, off.since_ns) == (True, 1, None)

    def test_a_second_beam_counts_anew(self) -> None:
        first = BeamState().told("a", is_on=True).deviated().told("a", is_on=False)
        again = first.told("b", is_on=True)
        assert (again.n_deviations, again.told_by, again.was_on) == (0, "b", True)


def with_rib() -> RunConfig:
    plan = replace(CONFIG.plan, keep_out=(("rib", drawing(half_mm=5.0).outline),))
    return replace(CONFIG, plan=plan)
