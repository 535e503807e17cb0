"""What the plan itself marks stays where it lies when the plan is revised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from pipeline.config.load import RunConfig
from pipeline.session.shell import SessionShell
from pipeline.tracker import Tracker
from pipeline.workflow.follower import Around, WorkflowFollower
from pipeline.workflow.view import About
from tests.workflow_parts import CONFIG, SMALLER, SURVEY, Desk, another_survey, square_px
from tracking.area import MarkedArea
from tracking.marks import AREA_AT_RISK, Marks
from tracking.outline import Outline

RIB, SKIN = "keep_out.rib", "keep_out.skin"
ABOUT = About("s-1", "demo-1", "phantom", "mobetron", (), (), True)


def outline(half_mm: float) -> Outline:
    return Outline(1, tuple((u, v) for u, v in square_px(half_mm=half_mm)))


OWN = replace(CONFIG.plan, area_at_risk=outline(12.0), keep_out=(("rib", outline(5.0)),))
MARKING = replace(CONFIG, plan=OWN)


def area() -> MarkedArea:
    return MarkedArea(np.zeros((1, 3)), np.ones(1), 1.0, np.eye(3))


class Revised:
    """All of a tracker that the follower asks; places nothing by itself."""

    running = None

    def __init__(self, config: RunConfig, marks: Marks) -> None:
        self.config, self.marks = config, marks

    def revise(self, config: RunConfig, marks: Marks) -> None:
        self.config, self.marks = config, marks


class Room:
    """A follower, and a tracker that has placed what the plan marks."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder, base=MARKING)
        self.desk.see()
        self.at_risk, self.rib = area(), area()
        assert SURVEY.survey is not None
        placed = ((AREA_AT_RISK, self.at_risk), (RIB, self.rib))
        self.tracker = Revised(MARKING, Marks(placed, SURVEY.survey.origin_frame_index))
        self.follower = WorkflowFollower(
            self.desk.desk, cast(SessionShell, None), ABOUT, lambda: cast(Around, None)
        )
        self.frame()

    def frame(self) -> None:
        """What the loop does before a frame is decided."""
        self.follower.before_frame(cast(Tracker, self.tracker))

    def approve(self) -> Marks:
        """Approve what is drawn and chosen; what the next frame is decided by."""
        assert self.desk.approve().accepted
        self.frame()
        return self.tracker.marks


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    found = Room(tmp_path)
    yield found
    found.desk.store.close()


def test_another_cone_takes_nothing_of_the_plan_away(room: Room) -> None:
    assert room.desk.do("choose", applicator=SMALLER.id).accepted
    before = room.tracker.marks
    assert room.approve() == before
    assert room.tracker.config.applicator == SMALLER


def test_what_is_drawn_is_added_and_what_is_cleared_goes(room: Room) -> None:
    assert room.desk.draw(SKIN, square_px((0.0, 40.0))).accepted
    marks = room.approve()
    assert dict(marks.areas).keys() == {AREA_AT_RISK, RIB, SKIN}
    assert marks.area(RIB) is room.rib
    assert room.desk.do("clear", name=SKIN).accepted
    assert dict(room.approve().areas).keys() == {AREA_AT_RISK, RIB}


def test_the_plans_area_at_risk_comes_back_where_one_that_replaced_it_is_cleared(
    room: Room,
) -> None:
    assert room.desk.draw().accepted
    (drawn,) = room.desk.desk.state.drawings.sheet
    assert drawn.placed is not None
    assert room.approve().area(AREA_AT_RISK) is drawn.placed.area
    room.frame()
    assert room.desk.do("clear", name=AREA_AT_RISK).accepted
    marks = room.approve()
    assert marks.area(AREA_AT_RISK) is room.at_risk
    assert marks.area(RIB) is room.rib


def test_what_is_placed_after_a_revision_is_carried_over_by_the_next(room: Room) -> None:
    origin = room.tracker.marks.origin_frame_index
    room.tracker.marks = Marks((), origin)
    room.frame()
    assert room.desk.do("choose", applicator=SMALLER.id).accepted
    assert not room.approve().areas
    room.tracker.marks = Marks(((RIB, room.rib),), origin)
    assert room.desk.draw().accepted
    assert room.approve().area(RIB) is room.rib


@pytest.mark.parametrize("origin", [None, 40])
def test_with_the_survey_they_are_lost(room: Room, origin: int | None) -> None:
    assert room.desk.draw().accepted
    assert room.approve().area(RIB) is room.rib
    room.tracker.marks = Marks((), origin)
    room.frame()
    room.desk.see(another_survey())
    assert room.desk.draw().accepted
    assert dict(room.approve().areas).keys() == {AREA_AT_RISK}
    assert room.desk.do("clear", name=AREA_AT_RISK).accepted
    assert not room.approve().areas, "what was remembered lay on the survey before"
