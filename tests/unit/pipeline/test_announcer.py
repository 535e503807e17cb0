"""The terminal's word: ready is said with the supervisor's lease alone, and nothing twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.announcer import WITHOUT_LEASE, Announcer
from tests.builders_results import make_result
from tracking.decision import Verdict
from tracking.reasons import TEXTS, Reason

READY = make_result()
HOLD = make_result(Verdict.HOLD, (Reason.TILT_HIGH,))
TILTED = TEXTS[Reason.TILT_HIGH].sentence


def said(*frames: tuple[Verdict, bool]) -> Sequence[str]:
    lines: list[str] = []
    announcer = Announcer(lines.append)
    for verdict, is_held in frames:
        announcer.tell(READY if verdict is Verdict.READY else HOLD, holds_lease=is_held)
    return lines


def test_ready_is_said_once_the_lease_is_held() -> None:
    waiting, ready = said((Verdict.READY, False), (Verdict.READY, True), (Verdict.READY, True))
    assert waiting.endswith(WITHOUT_LEASE)
    assert ready.endswith("GEOMETRY READY")


def test_ready_without_a_lease_is_never_called_so() -> None:
    [line] = said(*((Verdict.READY, False),) * 3)
    assert "GEOMETRY READY" not in line


def test_a_lease_that_is_lost_is_news() -> None:
    lines = said((Verdict.READY, True), (Verdict.READY, False), (Verdict.READY, True))
    assert ["GEOMETRY READY" in line for line in lines] == [True, False, True]


@pytest.mark.parametrize("is_held", [False, True])
def test_a_hold_names_its_reason_whatever_the_lease(is_held: bool) -> None:
    [line] = said((Verdict.HOLD, is_held), (Verdict.HOLD, is_held))
    assert "HOLD" in line
    assert TILTED in line
