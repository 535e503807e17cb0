from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.config.site import Caps, Person, Site
from pipeline.session.beam import beam_told
from pipeline.session.commands import UndoMessage
from pipeline.session.control import Cone, SessionControl
from pipeline.session.events import EventKind
from pipeline.session.persons import PinCheck
from pipeline.session.refusals import Refusal
from pipeline.workflow.desk import MAX_OUTLINES
from pipeline.workflow.step import Step, StepFacts
from tests.builders import INTRINSICS
from tests.builders_results import APPLICATOR
from tests.builders_survey import make_survey
from tests.session_parts import RUNNING, Typed
from tests.workflow_parts import (
    ALL_DONE,
    BED,
    CONFIG,
    FOREIGN,
    LIMITED,
    POSE,
    SMALLER,
    SURVEY,
    Desk,
    another_survey,
    square_px,
)
from tracking.marks import AREA_AT_RISK
from tracking.outline import Outline
from tracking.snapshot import Evidence
from tracking.survey_alignment import AlignedSurvey
from tracking.transforms import rigid

CENTRE_PX = 1.0  # of a drawn line, sampled along its sides; the other frame's lies 10 mm away


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    found.see()
    yield found
    found.store.close()


def moved_survey() -> AlignedSurvey:
    """The same survey in a frame of a camera that has moved."""
    assert SURVEY.survey_from_camera is not None
    moved = SURVEY.survey_from_camera @ rigid(np.eye(3), [10.0, 0.0, 0.0])
    return replace(SURVEY, survey_from_camera=moved)


class TestDrawing:
    def test_an_approved_drawing_decides_the_next_frame(self, desk: Desk) -> None:
        assert desk.draw().accepted
        assert not desk.is_approved()
        assert desk.desk.take_revision() is None
        assert desk.approve().accepted
        assert desk.is_approved()
        revision = desk.desk.take_revision()
        assert revision is not None
        assert desk.desk.take_revision() is None
        assert revision.number == 1
        outline = revision.config.plan.area_at_risk
        assert outline is not None
        assert [list(corner) for corner in outline.outline_px] == square_px()
        assert revision.config.plan.id != CONFIG.plan.id
        assert revision.config.plan.limits == CONFIG.plan.limits
        assert dict(revision.marks.areas).keys() == {AREA_AT_RISK}

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"frame_index": 2}, Refusal.UNKNOWN_FRAME),
            ({"points": [[9.0, 9.0], [90.0, 90.0], [90.0, 9.0], [9.0, 90.0]]}, Refusal.NO_OUTLINE),
            ({"points": [[9.0, 9.0], [9e5, 9.0], [9e5, 9e5]]}, Refusal.NO_OUTLINE),
            ({"points": [[-40.0, 9.0], [60.0, 9.0], [60.0, 90.0]]}, Refusal.NO_OUTLINE),
        ],
    )
    def test_what_cannot_be_placed_is_refused_and_changes_nothing(
        self, desk: Desk, change: dict[str, Any], refusal: Refusal
    ) -> None:
        content = {
            "name": AREA_AT_RISK,
            "frame_index": desk.frame_index,
            "points": square_px(),
            "person": "surgeon-1",
        }
        before = desk.desk.state
        assert desk.do("draw", **{**content, **change}).code == refusal
        assert desk.desk.state is before
        assert desk.events[-1].kind is EventKind.WORKFLOW_REFUSED

    def test_without_a_survey_nothing_is_drawn(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path)
        desk.see(AlignedSurvey())
        assert desk.draw().code == Refusal.NO_SURVEY

    def test_what_leaves_the_surveyed_bed_is_refused(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path)
        desk.see(make_survey(BED, POSE, known=(40.0, 90.0)))
        assert desk.draw().code == Refusal.NOT_ON_BED

    def test_a_picture_of_the_survey_before_is_not_drawn_on(self, desk: Desk) -> None:
        before = desk.frame_index
        desk.see(another_survey())
        assert desk.draw(frame_index=before).code == Refusal.UNKNOWN_FRAME
        assert not desk.desk.state.drawings.sheet
        assert desk.draw().accepted

    def test_a_counter_that_begins_anew_forgets_the_pictures_before(self, desk: Desk) -> None:
        first = desk.frame_index
        desk.see(moved_survey())
        desk.see(moved_survey())
        last, desk.frame_index = desk.frame_index, first
        desk.see()
        assert desk.draw(frame_index=last).code == Refusal.UNKNOWN_FRAME
        assert desk.draw(points=square_px()).accepted
        (drawn,) = desk.desk.state.drawings.sheet
        assert drawn.placed is not None
        line = drawn.placed.line_px(SURVEY, INTRINSICS)
        assert line is not None
        assert np.abs(line.mean(axis=0) - np.mean(square_px(), axis=0)).max() < CENTRE_PX

    @pytest.mark.parametrize(("person", "is_known"), [("surgeon-1", True), ("surgeon-9", False)])
    def test_only_registered_persons_draw(
        self, tmp_path: Path, person: str, *, is_known: bool
    ) -> None:
        caps = Caps(5.0, 9.0, 9.0, 20.0, 9.0, 9.0)
        site = Site("s@1", "s", caps, None, {}, (Person(person, "one", "surgeon"),))
        desk = Desk(tmp_path, base=replace(CONFIG, site=site))
        desk.see()
        answer = desk.draw()
        assert answer.accepted is is_known
        assert is_known or answer.code == Refusal.UNKNOWN_PERSON

    def test_without_a_limit_nothing_is_drawn(self, tmp_path: Path) -> None:
        free = replace(LIMITED, intrusion_maximum_mm=None)
        desk = Desk(tmp_path, base=replace(CONFIG, plan=replace(CONFIG.plan, limits=free)))
        desk.see()
        assert desk.draw("keep_out.rib").code == Refusal.NO_LIMIT
        assert desk.draw().accepted

    def test_a_structure_of_the_plan_is_never_replaced(self, tmp_path: Path) -> None:
        own = (("rib", Outline(1, tuple((u, v) for u, v in square_px()))),)
        desk = Desk(tmp_path, base=replace(CONFIG, plan=replace(CONFIG.plan, keep_out=own)))
        desk.see()
        assert desk.draw("keep_out.rib").code == Refusal.NAME_TAKEN
        assert desk.draw("keep_out.skin").accepted

    def test_no_more_is_drawn_than_can_be_shown(self, desk: Desk) -> None:
        names = [f"keep_out.vessel_{n}" for n in range(MAX_OUTLINES)]
        assert all(desk.draw(name).accepted for name in names)
        assert desk.draw("keep_out.one_more").code == Refusal.TOO_MANY_OUTLINES
        assert desk.draw(names[3]).accepted, "in its place"
        assert desk.do("clear", name=names[0]).accepted
        assert desk.draw("keep_out.one_more").accepted

    def test_undo_redo_and_clear(self, desk: Desk) -> None:
        for kind, refusal in (
            ("undo", Refusal.NOTHING_TO_UNDO),
            ("redo", Refusal.NOTHING_TO_REDO),
        ):
            assert desk.do(kind).code == refusal
        assert desk.do("clear", name=AREA_AT_RISK).code == Refusal.NOTHING_TO_CLEAR
        assert desk.draw().accepted
        assert desk.do("clear", name=AREA_AT_RISK).accepted
        assert desk.do("undo").accepted
        assert [d.name for d in desk.desk.state.drawings.sheet] == [AREA_AT_RISK]

    def test_only_an_area_at_risk_is_an_area_at_risk(self, desk: Desk) -> None:
        assert desk.is_area_wanted()
        assert desk.draw("keep_out.rib").accepted
        assert desk.is_area_wanted()
        assert desk.draw().accepted
        assert not desk.is_area_wanted()
        assert desk.approve().accepted
        assert desk.do("clear", name=AREA_AT_RISK).accepted
        assert desk.is_area_wanted()


class TestApproval:
    def test_a_wrong_pin_or_another_revision_approves_nothing(self, desk: Desk) -> None:
        desk.draw()
        assert desk.approve(PinCheck.WRONG).code == Refusal.WRONG_PIN
        assert desk.approve(revision=2).code == Refusal.OTHER_REVISION
        assert desk.desk.take_revision() is None
        assert not desk.is_approved()

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("clear", {"name": "keep_out.rib"}),
            ("undo", {}),
            ("choose", {"applicator": SMALLER.id}),
            ("draw", {"name": AREA_AT_RISK, "points": square_px((3.0, 0.0))}),
            ("draw", {"name": AREA_AT_RISK, "points": square_px(), "person": "physicist-1"}),
        ],
    )
    def test_what_was_changed_since_it_was_shown_is_not_approved(
        self, desk: Desk, kind: str, content: dict[str, Any]
    ) -> None:
        desk.draw()
        desk.draw("keep_out.rib", square_px((0.0, 40.0)))
        shown = desk.desk.status()
        if kind == "draw":
            content = {"frame_index": desk.frame_index, "person": "surgeon-1", **content}
        assert desk.do(kind, **content).accepted
        stale = desk.approve(revision=shown.next_revision, content_id=shown.content_id)
        assert stale.code == Refusal.OTHER_REVISION
        assert not desk.is_approved()
        assert desk.approve().accepted

    def test_a_change_that_was_undone_leaves_what_was_shown(self, desk: Desk) -> None:
        desk.draw()
        shown = desk.desk.status().content_id
        desk.do("clear", name=AREA_AT_RISK)
        desk.do("undo")
        desk.do("step", to="approve")
        assert desk.approve(content_id=shown).accepted

    def test_what_lies_on_another_survey_is_not_approved(self, desk: Desk) -> None:
        desk.draw()
        desk.see(another_survey())
        assert desk.desk.facts.is_area_lost
        assert desk.approve().code == Refusal.AREA_LOST

    def test_only_a_cone_of_the_plans_machine_is_chosen(self, desk: Desk) -> None:
        assert desk.desk.applicators == (APPLICATOR.id, SMALLER.id)
        for name in (FOREIGN.id, "nothing"):
            assert desk.do("choose", applicator=name).code == Refusal.UNKNOWN_APPLICATOR
        assert desk.do("choose", applicator=SMALLER.id).accepted
        assert not desk.is_approved()
        assert desk.approve().accepted
        revision = desk.desk.take_revision()
        assert revision is not None
        assert revision.config.applicator == SMALLER


class TestTimeOut:
    @pytest.mark.parametrize("step", list(Step))
    def test_it_rests_while_people_are_where_things_are_changed(
        self, desk: Desk, step: Step
    ) -> None:
        assert desk.is_settled()
        assert desk.do("step", to=str(step)).accepted
        assert desk.is_settled() is (step not in (Step.DRAW, Step.APPROVE))
        assert desk.do("step", to="time_out").accepted
        assert desk.is_settled(), "nothing was changed: what was confirmed stands"

    def test_it_does_not_come_back_with_something_changed(self, desk: Desk) -> None:
        desk.draw()
        desk.approve()
        assert desk.is_settled()
        desk.do("step", to="draw")
        desk.draw(points=square_px((3.0, 0.0)))
        desk.see()
        assert desk.do("step", to="time_out").code == Refusal.STEP_BLOCKED
        assert not desk.is_settled()
        desk.do("undo")
        desk.see()
        assert desk.do("step", to="time_out").accepted
        assert desk.is_settled()

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"is_docked": False}, Refusal.NOT_DOCKED),
            ({"is_placed": False, "is_docked": False}, Refusal.CONE_NOT_PLACED),
            ({"is_placed": False, "is_other_cone": True}, Refusal.OTHER_CONE),
        ],
    )
    @pytest.mark.parametrize("step", [Step.BRIEFING, Step.TIME_OUT, Step.READY])
    def test_nobody_confirms_what_its_step_is_blocked_by(
        self, desk: Desk, change: dict[str, bool], refusal: Refusal, step: Step
    ) -> None:
        assert desk.do("step", to=str(step)).accepted
        desk.see(facts=replace(ALL_DONE, has_time_out=False, **change))
        assert confirmed(desk) == ([refusal], Evidence.MISSING)
        desk.see(facts=replace(ALL_DONE, has_time_out=False))
        assert confirmed(desk) == ([""], Evidence.MISSING)

    def test_nobody_confirms_what_is_not_approved_or_being_changed(self, desk: Desk) -> None:
        desk.draw()
        assert confirmed(desk) == ([Refusal.NOT_APPROVED], Evidence.MISSING)
        desk.approve()
        desk.do("step", to="draw")
        assert confirmed(desk) == ([Refusal.STEP_BLOCKED], Evidence.MISSING)
        desk.do("step", to="time_out")
        assert confirmed(desk, "physicist-1", "surgeon-1") == (["", ""], Evidence.PROVEN)

    def test_before_the_first_frame_nobody_confirms(self, tmp_path: Path) -> None:
        blind = Desk(tmp_path)
        assert confirmed(blind) == ([Refusal.CONE_NOT_PLACED], Evidence.MISSING)
        blind.store.close()


def confirmed(desk: Desk, *persons: str) -> tuple[list[str], Evidence]:
    """Confirm with a cone that is measured as docked; the codes, and what then holds."""
    typed = Typed()
    tickets = [typed.confirm(person) for person in persons or ("physicist-1",)]
    control = SessionControl(typed, desk.desk)
    state = control.step(RUNNING, None, frame_index=desk.frame_index, cone=Cone.DOCKED)
    return [typed.answers[ticket].code for ticket in tickets], state.time_out


class TestBeam:
    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("clear", {"name": AREA_AT_RISK}),
            ("undo", {}),
            ("redo", {}),
            ("choose", {"applicator": SMALLER.id}),
            ("step", {"to": "draw"}),
            ("step", {"to": "approve"}),
        ],
    )
    def test_nothing_is_changed_under_it(
        self, desk: Desk, kind: str, content: dict[str, Any]
    ) -> None:
        desk.draw()
        desk.approve()
        desk.desk.tell_beam("physicist-1", is_on=True)
        before = desk.desk.state
        assert desk.do(kind, **content).code == Refusal.UNDER_BEAM
        assert desk.desk.state is before
        assert desk.do("step", to="ready").accepted
        assert desk.do("report").accepted
        assert desk.n_reports == 1

    def test_drawing_and_approving_neither(self, desk: Desk) -> None:
        desk.desk.tell_beam("physicist-1", is_on=True)
        assert desk.draw().code == Refusal.UNDER_BEAM
        assert desk.approve().code == Refusal.UNDER_BEAM

    def test_what_comes_behind_it_in_the_same_frame_knows_of_it(self, desk: Desk) -> None:
        typed = Typed()
        typed.beam("physicist-1", is_on=True)
        off = typed.beam("physicist-1", is_on=False)
        on = typed.beam("physicist-1", is_on=True)
        late = [typed.work(UndoMessage()), typed.ask()]
        control = SessionControl(typed, desk.desk)
        told = control.step(RUNNING, None, frame_index=0, cone=Cone.DOCKED)
        assert list(typed.answers) == [1, off, on]
        assert [beam_told(event) for event in told.events] == [True, False, True]
        desk.desk.tell_beam("physicist-1", is_on=True)  # as the session's listener does
        later = typed.ask()
        control.step(RUNNING, None, frame_index=1, cone=Cone.DOCKED)
        assert typed.answers[late[0]].code == Refusal.UNDER_BEAM
        assert list(typed.answers)[-1] == late[-1]
        control.step(RUNNING, None, frame_index=2, cone=Cone.DOCKED)
        assert list(typed.answers)[-1] == later

    def test_it_is_known_after_a_restart(self, tmp_path: Path, desk: Desk) -> None:
        desk.desk.tell_beam("physicist-1", is_on=True)
        desk.desk.tell_beam("", is_on=True)  # the supervisor took it: known already
        desk.desk.see_beam(123)
        desk.desk.count_deviation()
        desk.store.close()
        again = Desk(tmp_path)
        assert again.desk.state.beam == desk.desk.state.beam
        assert again.desk.state.beam.told_by == "physicist-1"
        assert again.desk.state.beam.n_deviations == 1
        assert again.step() is Step.BEAM
        assert again.do("clear", name=AREA_AT_RISK).code == Refusal.UNDER_BEAM
        again.desk.tell_beam("physicist-1", is_on=False)
        again.see(facts=replace(ALL_DONE, was_beam_on=True))
        assert again.step() is Step.REPORT
        again.store.close()


def test_status_tells_what_an_approval_would_approve(desk: Desk) -> None:
    desk.do("step", to="draw")
    desk.draw()
    status = desk.desk.status()
    assert (status.step, status.next_revision, status.is_approved) == ("draw", 1, False)
    assert (status.areas, status.applicator) == ([AREA_AT_RISK], APPLICATOR.id)


def test_a_step_is_blocked_by_what_is_missing(desk: Desk) -> None:
    desk.see(SURVEY, StepFacts())
    assert desk.do("step", to="dock").code == Refusal.STEP_BLOCKED
    assert desk.do("step", to="survey").accepted
