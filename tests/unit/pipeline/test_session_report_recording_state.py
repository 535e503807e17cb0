"""How the recording stands is part of a session's report."""

from __future__ import annotations

import pytest

from pipeline.recorder.recorder_status import RecorderStatus, StorageTrouble
from pipeline.session_report.of_live import recording_state


@pytest.mark.parametrize(
    ("status", "holds", "sentence"),
    [
        (None, False, "The session is not recorded."),
        (RecorderStatus(120), True, "120 frames are recorded, 0 are not."),
        (RecorderStatus(117, 3), False, "117 frames are recorded, 3 are not."),
        (
            RecorderStatus(117, troubles=frozenset({StorageTrouble.BEHIND})),
            True,
            "117 frames are recorded, 0 are not. The disk is slow: the recording is behind.",
        ),
        (
            RecorderStatus(10, 5, failure="No space left"),
            False,
            "10 frames are recorded, 5 are not. Not recorded any more: No space left",
        ),
    ],
)
def test_it_says_what_is_recorded_and_what_is_not(
    status: RecorderStatus | None, holds: bool, sentence: str
) -> None:
    state = recording_state(status)
    assert (state.name, state.holds, state.sentence) == ("Recording", holds, sentence)
