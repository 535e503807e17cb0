"""What is kept of a workflow: on a full disk, and after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.session.refusals import Refusal
from pipeline.workflow.step import Step
from pipeline.workflow.store import FILE_NAME
from tests.workflow_parts import ALL_DONE, CONFIG, SMALLER, Desk, FullDisk, square_px
from tracking.errors import UsageError
from tracking.marks import AREA_AT_RISK


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    found.see()
    yield found
    found.store.close()


def fill_disk(desk: Desk, room: int = 0) -> FullDisk:
    disk = FullDisk(desk.store._file, room)
    desk.store._file = disk  # type: ignore[assignment]
    return disk


class TestDisk:
    @pytest.mark.parametrize("room", [0, 20])
    def test_what_cannot_be_kept_is_not_done_and_said(
        self, tmp_path: Path, desk: Desk, room: int
    ) -> None:
        desk.draw()
        disk = fill_disk(desk, room)
        before = desk.desk.state
        for answer in (desk.approve(), desk.do("step", to="survey"), desk.do("undo"), desk.draw()):
            assert answer.code == Refusal.NOT_KEPT
        assert desk.desk.state is before
        assert desk.desk.take_revision() is None
        assert "No space" in desk.desk.storage_warnings[0].detail
        assert {e.refusal for e in desk.events[1:]} == {Refusal.NOT_KEPT}
        disk.room = 10**6
        assert desk.approve().accepted
        assert desk.desk.storage_warnings == ()
        desk.store.close()
        again = Desk(tmp_path)
        assert again.desk.state.revision == 1
        assert len(again.desk.state.drawings.sheet) == 1
        again.store.close()

    def test_a_report_is_asked_for_on_a_full_disk_too(self, desk: Desk) -> None:
        fill_disk(desk)
        assert desk.do("report").accepted
        assert desk.n_reports == 1

    def test_what_happens_by_itself_happens_and_is_kept_once_there_is_room(
        self, tmp_path: Path, desk: Desk
    ) -> None:
        desk.see(facts=replace(ALL_DONE, has_time_out=False))
        desk.do("step", to="time_out")
        disk = fill_disk(desk)
        desk.see()
        assert desk.step() is Step.READY
        desk.desk.tell_beam("physicist-1", is_on=True)
        assert desk.desk.state.beam.is_on
        assert desk.desk.storage_warnings
        disk.room = 10**6
        assert desk.do("step", to="beam").accepted
        desk.store.close()
        again = Desk(tmp_path)
        assert again.desk.state.beam.is_on
        assert [entry["kind"] for entry in again.store.earlier] == ["step", "step", "beam", "step"]
        again.store.close()


class TestRestart:
    def test_what_was_done_is_known_and_what_is_gone_is_asked_for(
        self, tmp_path: Path, desk: Desk
    ) -> None:
        desk.draw()
        desk.draw("keep_out.rib", square_px((0.0, 40.0)))
        desk.do("undo")
        desk.do("choose", applicator=SMALLER.id)
        desk.approve()
        desk.do("step", to="place")
        desk.store.close()
        again = Desk(tmp_path)
        again.see()
        state = again.desk.state
        assert [d.name for d in state.drawings.sheet] == [AREA_AT_RISK]
        assert len(state.drawings.undone) == 1
        assert (state.applicator, state.revision) == (SMALLER.id, 1)
        assert state.step is Step.SURVEY
        assert again.desk.facts.is_area_lost
        assert not again.is_approved()
        assert again.approve().code == Refusal.AREA_LOST
        assert again.draw().accepted
        assert again.approve().accepted
        again.store.close()

    def test_what_was_done_for_another_plan_is_not_restored(
        self, tmp_path: Path, desk: Desk
    ) -> None:
        desk.do("choose", applicator=SMALLER.id)
        desk.desk.tell_beam("physicist-1", is_on=True)
        desk.store.close()
        before = (tmp_path / FILE_NAME).read_bytes()
        plan = replace(CONFIG.plan, id="plan@2", patient_id="another")
        with pytest.raises(UsageError, match="not known to be of this plan") as refused:
            Desk(tmp_path, base=replace(CONFIG, plan=plan))
        assert "plan@2" in str(refused.value)
        assert "another --session folder" in str(refused.value)
        assert (tmp_path / FILE_NAME).read_bytes() == before

    def test_lines_that_make_no_sense_are_left_out(self, tmp_path: Path) -> None:
        lines = (
            f'{{"kind": "session", "plan": "{CONFIG.plan.id}"}}',
            '{"kind": "draw", "name": "area_at_risk", "points": [[1, 1]], "frame_index": 1}',
            '{"kind": "draw", "name": "x", "points": [[Infinity, 1]], "frame_index": Infinity}',
            '{"kind": "approve", "plan_revision": "many"}',
            '{"kind": "step", "to": "nowhere"}',
            '{"kind": "choose", "applicator": ["a"]}',
            '{"kind": "beam"}',
            '{"kind": "step", "to": "survey"}',
        )
        (tmp_path / "workflow.jsonl").write_text("\n".join(lines) + "\n")
        desk = Desk(tmp_path)
        assert desk.step() is Step.SURVEY
        assert not desk.desk.state.drawings.sheet
        assert desk.desk.state.revision == 0
        desk.store.close()
