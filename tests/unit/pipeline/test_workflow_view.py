"""What follows a session frame by frame, and what a page is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from calibration.qa.standing import QaState
from pipeline.qa.told import QaTold
from pipeline.recorder.recorder_status import StorageTrouble, StorageWarning
from pipeline.session.control import Cone
from pipeline.session.events import Event, EventKind
from pipeline.session.shell import SessionShell, ShellStanding
from pipeline.sinks.sink import FrameResult
from pipeline.workflow.follower import Around, WorkflowFollower
from pipeline.workflow.step import Step
from pipeline.workflow.view import About
from tests.builders_results import Geometry, hidden, make_alignment, make_result
from tests.workflow_parts import SURVEY, Desk, FullDisk, another_survey, square_px
from tracking.decision import Verdict
from tracking.marks import AREA_AT_RISK
from tracking.reasons import Reason
from tracking.snapshot import Evidence
from tracking.survey_alignment import AlignedSurvey

ABOUT = About("s-1", "demo-1", "phantom", "mobetron", ("MOB-D60-B15",), ("surgeon-1",), True)
ON = Event(EventKind.BEAM_ON, 1, person="physicist-1")
OFF = Event(EventKind.BEAM_OFF, 1, person="physicist-1")


class Shell:
    """All of a session's shell that the follower asks."""

    def __init__(self) -> None:
        self.has_time_out = self.holds_lease = True
        self.cone = Cone.DOCKED

    @property
    def standing(self) -> ShellStanding:
        return ShellStanding(None, self.has_time_out, None, None, self.cone)


class Room:
    """A follower over a desk; frames as they are told."""

    def __init__(self, folder: Path) -> None:
        self.desk, self.shell = Desk(folder), Shell()
        self.storage_warnings: tuple[StorageWarning, ...] = ()
        shell = cast(SessionShell, self.shell)
        self.follower = WorkflowFollower(self.desk.desk, shell, ABOUT, self.around)
        self.result = make_result()

    def around(self) -> Around:
        qa = Evidence.PROVEN
        told = QaTold(QaState.VALID)
        return Around(qa, told, True, "2026-02-01", storage_warnings=self.storage_warnings)

    def frame(
        self, *reasons: Reason, survey: AlignedSurvey = SURVEY, is_seen: bool = True
    ) -> dict[str, Any]:
        """One frame, and what the page is told of it."""
        self.desk.frame_index += 1
        verdict = Verdict.HOLD if reasons else Verdict.READY
        alignment = hidden(make_alignment(Geometry()), "coverage_fraction")
        result = make_result(
            verdict,
            reasons,
            frame_index=self.desk.frame_index,
            arming_passed=0 if reasons else 10,
            alignment=alignment,
            has_pose=is_seen,
        )
        self.result = replace(result, record=replace(result.record, survey=survey))
        self.follower.emit(self.result)
        return self.view(self.result)

    def view(self, result: FrameResult) -> dict[str, Any]:
        found = self.follower.view(result)
        assert found is not None
        return dict(found)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    found = Room(tmp_path)
    yield found
    found.desk.store.close()


def states(view: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["state"] for step in view["session"]["steps"]}


def why(view: dict[str, Any], name: str) -> list[str]:
    return next(step["why"] for step in view["session"]["steps"] if step["id"] == name)


class TestBeam:
    def test_each_stretch_that_is_not_ready_under_it_is_one_deviation(self, room: Room) -> None:
        room.frame(Reason.LATERAL_HIGH)
        assert room.frame()["session"]["beam"]["deviations"] == 0
        room.follower.note([ON])
        counted = [
            room.frame(*reasons)["session"]["beam"]["deviations"]
            for reasons in (
                (),
                (Reason.LATERAL_HIGH,),
                (Reason.TILT_HIGH,),
                (),
                (Reason.INCIDENCE_HIGH,),
            )
        ]
        assert counted == [0, 1, 1, 1, 2]
        room.follower.note([OFF])
        beam = room.frame(Reason.INCIDENCE_HIGH)["session"]["beam"]
        assert beam == {"on": False, "since_ns": None, "deviations": 2}

    def test_without_the_supervisors_lease_nothing_is_ready(self, room: Room) -> None:
        room.shell.holds_lease = False
        room.frame()
        assert room.desk.do("step", to="beam").accepted
        assert why(room.frame(), "ready") == ["NOT_READY"]
        room.follower.note([ON])
        assert room.frame()["session"]["beam"]["deviations"] == 1
        room.shell.holds_lease = True
        assert why(room.frame(), "ready") == []
        room.shell.holds_lease = False
        assert room.frame()["session"]["beam"]["deviations"] == 2

    def test_it_is_since_its_first_frame(self, room: Room) -> None:
        room.follower.note([ON])
        first = room.frame()["session"]["beam"]["since_ns"]
        assert first == room.result.record.stamp_ns
        assert room.frame()["session"]["beam"]["since_ns"] == first


class TestReady:
    def test_it_is_done_only_while_the_time_out_that_it_was_reached_with_holds(
        self, room: Room
    ) -> None:
        room.frame(Reason.NO_TIMEOUT)
        assert room.desk.do("step", to="beam").accepted
        assert why(room.frame(Reason.LATERAL_HIGH), "ready") == ["NOT_READY"]
        assert why(room.frame(), "ready") == []
        assert why(room.frame(Reason.LATERAL_HIGH), "ready") == []
        room.shell.has_time_out = False
        assert why(room.frame(Reason.NO_TIMEOUT), "ready") == ["NOT_READY"]
        room.shell.has_time_out = True
        assert why(room.frame(Reason.LATERAL_HIGH), "ready") == ["NOT_READY"]


class TestDocked:
    @pytest.mark.parametrize("reason", [Reason.NO_SECOND_ESTIMATE, Reason.NO_QA])
    def test_it_is_what_the_time_out_wants_and_nothing_beside(
        self, room: Room, reason: Reason
    ) -> None:
        room.frame(reason)
        assert room.desk.do("step", to="beam").accepted
        assert why(room.frame(reason), "dock") == []
        room.shell.cone = Cone.PLACED
        assert why(room.frame(reason), "dock") == ["NOT_DOCKED"]


class TestPage:
    def test_steps_before_are_done_or_open_and_after_are_open_or_blocked(self, room: Room) -> None:
        room.shell.has_time_out = False
        room.frame(Reason.NO_TIMEOUT)
        room.desk.do("step", to="dock")
        found = states(room.frame(Reason.NO_TIMEOUT))
        assert found["survey"] == "done"
        assert found["draw"] == "open", "the plan wants an area at risk, and none is drawn"
        assert found["dock"] == "current"
        assert found["time_out"] == "open"
        assert found["ready"] == "blocked"
        assert set(found) == {str(step) for step in Step}

    def test_a_line_is_a_draft_then_in_force_then_lost(self, room: Room) -> None:
        room.frame()
        assert room.desk.draw().accepted
        assert room.desk.draw("keep_out.rib", square_px((0.0, 40.0))).accepted
        drafted = room.frame()
        assert {line["name"] for line in drafted["drawing"]["draft"]} == {
            AREA_AT_RISK,
            "keep_out.rib",
        }
        assert drafted["session"]["plan_revision"] == 1
        assert drafted["session"]["content_id"] == room.desk.desk.status().content_id
        assert room.desk.approve().accepted
        shown = room.frame()
        assert shown["drawing"]["draft"] == []
        assert [line["name"] for line in shown["drawing"]["keep_out"]] == ["rib"]
        (closed,) = shown["drawing"][AREA_AT_RISK]
        assert closed[0] == closed[-1]
        assert {area["state"] for area in shown["session"]["areas"]} == {"approved"}
        assert room.desk.do("step", to="approve").accepted
        lost = room.frame(survey=another_survey())
        assert lost["drawing"] == {AREA_AT_RISK: [], "keep_out": [], "draft": []}
        assert {area["state"] for area in lost["session"]["areas"]} == {"lost"}
        assert why(lost, "draw") == ["AREA_LOST"]

    def test_a_full_disk_is_said(self, room: Room) -> None:
        room.frame()
        room.desk.store._file = FullDisk(room.desk.store._file)  # type: ignore[assignment]
        room.desk.do("step", to="survey")
        (unsaved,) = room.frame()["session"]["storage"]["warnings"]
        assert (unsaved["code"], "No space" in unsaved["detail"]) == ("unsaved", True)
        room.storage_warnings = (StorageWarning(StorageTrouble.DROPPING, n_frames=3),)
        told = room.frame()["session"]["storage"]["warnings"]
        assert [(each["code"], each["n_frames"]) for each in told] == [
            ("dropping", 3),
            ("unsaved", 0),
        ]

    def test_before_the_first_frame_nothing_is_told(self, room: Room) -> None:
        assert room.follower.view(room.result) is None
