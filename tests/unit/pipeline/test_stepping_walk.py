"""A walk tracks every frame once and in order, and keeps what it needs to show it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from pipeline.overlay.overlay import draw_overlay
from pipeline.sinks.sink import FrameResult
from pipeline.stepping.block import frame_block
from pipeline.stepping.kept import kept, restored
from pipeline.stepping.walk import Walk
from recordings.progress import Report
from recordings.source import Freshness, SourceHeader
from tests.builders_results import make_context, make_result
from tests.builders_survey import make_survey
from tests.recording_frames import make_header
from tracking.decision import Verdict
from tracking.errors import SourceError, UsageError
from tracking.frame import SourceFrame
from tracking.reasons import Reason
from tracking.survey_alignment import AlignedSurvey

CONTEXT = make_context()
SMALL_BYTES = 10_000  # a tenth of the label image


def results(*verdicts: Verdict) -> list[FrameResult]:
    reasons = {Verdict.READY: (), Verdict.HOLD: (Reason.TILT_HIGH,)}
    return [make_result(v, reasons[v], frame_index=k) for k, v in enumerate(verdicts)]


class Recording:
    """Source and tracker of results that are known beforehand."""

    def __init__(
        self,
        made: list[FrameResult],
        *,
        n_frames: int | None = None,
        damage: str | None = None,
        fails_at: int | None = None,
    ) -> None:
        self.made, self.damage, self.fails_at = made, damage, fails_at
        self.header: SourceHeader = replace(make_header(), n_frames=n_frames)
        self.freshness, self.n_skipped = Freshness.EVERY_FRAME, 0
        self.tracked: list[int] = []
        self.reports: list[int] = []
        self._n_read = 0

    def read(self) -> SourceFrame | None:
        if self._n_read == len(self.made):
            return None
        self._n_read += 1
        return self.made[self._n_read - 1].source_frame

    def close(self) -> None:
        """Nothing is open."""

    def process(self, source_frame: SourceFrame) -> FrameResult:
        index = source_frame.frame.frame_index
        if index == self.fails_at:
            raise SourceError(f"Frame {index} cannot be used.")
        self.tracked.append(index)
        return self.made[index]

    @contextmanager
    def progress(self) -> Iterator[Report]:
        yield lambda done, _total: self.reports.append(done)

    def walk(self) -> Walk:
        return Walk(self, self, CONTEXT, self.progress)


def test_every_frame_is_tracked_once_and_in_order() -> None:
    recording = Recording(results(*[Verdict.READY] * 8), n_frames=8)
    walk = recording.walk()
    for position in (3, 1, 5, 0, 6, 7, 2):
        walk.go_to(position)
        assert walk.frame.record.frame_index == position
    assert recording.tracked == list(range(8))


def test_progress_is_told_on_long_ways_alone() -> None:
    recording = Recording(results(*[Verdict.READY] * 8), n_frames=8)
    walk = recording.walk()
    walk.forward()
    walk.go_to(2)
    walk.go_to(0)
    assert recording.reports == []
    walk.go_to(6)
    assert recording.reports == [4, 5, 6, 7]


def test_a_frame_that_cannot_be_used_ends_the_way_with_its_reason() -> None:
    recording = Recording(results(*[Verdict.READY] * 6), n_frames=6, fails_at=3)
    walk = recording.walk()
    with pytest.raises(SourceError, match="Frame 3 cannot be used"):
        walk.go_to(5)
    assert walk.frame.position == 2
    with pytest.raises(SourceError, match="Frame 3 cannot be used"):
        walk.forward()
    walk.back()
    assert walk.frame.position == 1
    assert recording.tracked == [0, 1, 2]
    assert walk.is_damaged


def test_a_recording_of_unknown_length_is_walked_to_its_end() -> None:
    walk = Recording(results(*[Verdict.READY] * 3)).walk()
    assert "position 0 (from 0) of unknown" in walk.frame.block
    with pytest.raises(UsageError, match="ends here"):
        walk.go_to(9)
    assert walk.frame.position == 2
    with pytest.raises(UsageError) as known:
        walk.go_to(9)
    assert known.value.expected == "0 to 2"
    assert not walk.is_damaged


@pytest.mark.parametrize("damage", [None, "it is cut short"])
def test_a_recording_without_a_whole_frame_is_refused(damage: str | None) -> None:
    with pytest.raises(SourceError, match="holds no whole frame") as refused:
        Recording([], damage=damage).walk()
    assert refused.value.actual == (damage or "an empty recording")


def test_the_first_frames_own_fault_is_told() -> None:
    with pytest.raises(SourceError, match="Frame 0 cannot be used"):
        Recording(results(Verdict.READY), fails_at=0).walk()


def test_no_other_verdict_up_to_the_end_leaves_one_where_one_is() -> None:
    walk = Recording(results(Verdict.HOLD, *[Verdict.READY] * 4), n_frames=5).walk()
    walk.next_verdict()
    assert walk.frame.position == 1
    with pytest.raises(UsageError, match="behind position 1 has another verdict than READY"):
        walk.next_verdict()
    assert walk.frame.position == 1


def test_what_is_kept_draws_the_same_picture() -> None:
    result = make_result(Verdict.HOLD, (Reason.TILT_HIGH,), frame_index=4)
    record = replace(result.record, survey=_survey(result))
    moved = np.array(record.registration.camera_from_applicator)
    moved[0, 3] += 5.0
    shown = replace(result, record=record, steadied_pose=moved)
    again = restored(kept(shown, 4, ""), result.source_frame)
    assert np.array_equal(draw_overlay(again, CONTEXT), draw_overlay(shown, CONTEXT))


def test_a_surveys_cells_are_not_kept() -> None:
    result = make_result(frame_index=4)
    record = replace(result.record, survey=_survey(result))
    frame = kept(replace(result, record=record), 4, "")
    whole, small = record.survey.survey, frame.record.survey.survey
    assert whole is not None
    assert small is not None
    assert small.n_frames == whole.n_frames
    assert small.inverse_depth_per_mm.size == 1
    assert len(frame.packed_labels) < SMALL_BYTES


def test_another_frame_is_not_drawn_in_its_place() -> None:
    frame = kept(make_result(frame_index=4), 4, "")
    with pytest.raises(SourceError, match="Another frame lies at position 4 now"):
        restored(frame, make_result(frame_index=5).source_frame)


def test_after_a_fault_no_number_is_shown() -> None:
    result = make_result(Verdict.FAULT, (Reason.SOURCE_FAILED,))
    block = frame_block(result, CONTEXT, position_text="position 0", first_stamp_ns=0, before=None)
    assert "Numbers are not valid; r shows the record" in block
    assert "±" not in block


def _survey(result: FrameResult) -> AlignedSurvey:
    coefficients = result.record.bed.coefficients
    pose = result.record.registration.camera_from_applicator
    assert coefficients is not None
    assert pose is not None
    return make_survey(coefficients, pose)
