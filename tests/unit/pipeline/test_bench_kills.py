"""Killed recordings: what the table and its goals make of them."""

from __future__ import annotations

import pytest

from pipeline.benchmarks.kills import kill_goals, kill_table
from pipeline.benchmarks.recording_kills import Kill


@pytest.mark.parametrize(
    ("lost", "is_met"), [([0] * 99 + [3], True), ([0] * 90 + [9] * 10, False), ([], False)]
)
def test_lost_frames_are_judged_by_their_99th_percentile(lost: list[int], is_met: bool) -> None:
    goal, _ = kill_goals([Kill(False, 40, n) for n in lost])
    assert goal.is_met is is_met


def test_a_recording_that_does_not_open_is_no_lost_frame() -> None:
    kills = [Kill(False, 40, 0), Kill(True, 40, None)]
    lost, opens = kill_goals(kills)
    assert lost.is_met
    assert not opens.is_met
    rows = kill_table(kills).rows
    assert [row[1:3] for row in rows] == [("1", "1"), ("1", "0")]
