"""Until when a frame may be shown: the page's bound on its age, and what renews nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

FRAME_MS = 100.0 / 3
WAY_MS, ASKED_MS = 1.0, 23.0
RUN = """(arrivals) => import('/js/freshness.js').then((m) => {
  const freshness = new m.Freshness();
  freshness.connected();
  return arrivals.map((a) => a === 'connected' ? freshness.connected() ?? null
                                               : freshness.ageAtArrival(a));
})"""


def arrival(index: int, *, age_ms: float = 40.0, late_ms: float = 0.0) -> dict[str, Any]:
    """Frame `index` of a steady camera, asked for `ASKED_MS` before it was sent."""
    sent_ms = 1000.0 + index * FRAME_MS + age_ms
    return {
        "sequence": index,
        "stampNs": round(index * FRAME_MS * 1e6),
        "ageMs": age_ms,
        "receivedMs": sent_ms + WAY_MS + late_ms,
        "askedMs": sent_ms - ASKED_MS,
    }


def ages(page: Page, *arrivals: object) -> list[float | None]:
    found: list[float | None] = page.evaluate(RUN, list(arrivals))
    return found


def test_a_steady_stream_costs_no_more_than_since_it_was_asked_for(page: Page) -> None:
    found = ages(page, *(arrival(i) for i in range(10)))
    assert found == pytest.approx([40.0 + ASKED_MS + WAY_MS] * 10, abs=0.01)


def test_one_message_that_was_asked_for_late_bounds_those_around_it(page: Page) -> None:
    steady = [arrival(i) for i in range(10)]
    steady[3]["askedMs"] = steady[3]["receivedMs"] - 2.0
    found = ages(page, *steady)
    assert found[3:] == pytest.approx([42.0] * 7, abs=0.01)


@pytest.mark.parametrize("delay_ms", [50.0, 150.0, 400.0])
def test_a_delay_that_comes_and_stays_is_counted_as_long_as_it_stays(
    page: Page, delay_ms: float
) -> None:
    """The way becomes slower by so much at frame 100, both ways, and never faster again."""
    stream = [arrival(i) for i in range(100)]
    for index in range(100, 400):
        slow = arrival(index, late_ms=delay_ms)
        slow["askedMs"] -= delay_ms
        stream.append(slow)
    found = ages(page, *stream)
    true = [40.0 + WAY_MS + (delay_ms if index >= 100 else 0.0) for index in range(400)]
    assert all(age is not None and age >= t - 1e-6 for age, t in zip(found, true, strict=True))


def test_a_message_that_lay_while_script_was_blocked_is_old(page: Page) -> None:
    steady = [arrival(i) for i in range(10)]
    found = ages(page, *steady, arrival(10, late_ms=3000.0))
    assert found[-1] is not None
    assert found[-1] >= 3040.0


def test_without_earlier_frames_the_time_since_asking_counts(page: Page) -> None:
    late = arrival(0, late_ms=3000.0)
    expected = 40.0 + 3000.0 + ASKED_MS + WAY_MS
    assert ages(page, late) == pytest.approx([expected], abs=0.1)


def test_a_jump_of_the_cameras_clock_never_makes_a_frame_younger_than_told(page: Page) -> None:
    for jump_ns in (-(10**12), 10**12):
        jumped = arrival(3)
        jumped["stampNs"] += jump_ns
        found = ages(page, arrival(1), arrival(2), jumped)
        assert found[-1] is not None
        assert found[-1] >= 40.0


@pytest.mark.parametrize(
    "second",
    [
        {"sequence": 5},
        {"sequence": 4, "stampNs": 10**9},
        {"sequence": 6, "ageMs": -1.0},
        {"sequence": 6, "ageMs": None},
        {"sequence": None, "stampNs": 10**9},
    ],
    ids=["repeated", "older", "negative age", "no age", "no sequence"],
)
def test_this_renews_nothing(page: Page, second: dict[str, object]) -> None:
    found = ages(page, arrival(5), {**arrival(6), **second})
    assert found[0] is not None
    assert found[1] is None


def test_a_new_number_with_the_old_stamp_renews_nothing(page: Page) -> None:
    again = {**arrival(5), "sequence": 6}
    assert ages(page, arrival(5), again)[1] is None


def test_the_same_frame_after_a_new_connection_renews_nothing(page: Page) -> None:
    found = ages(page, arrival(5), "connected", arrival(5), arrival(2))
    assert found[2] is None
    assert found[3] is not None  # a server that counts anew


def test_the_deadline_is_250_ms_after_exposure_less_one_frame_of_the_screen(page: Page) -> None:
    ends: float = page.evaluate(
        "import('/js/freshness.js').then((m) => m.deadline(1000, 40) + m.LEAD_MS)"
    )
    assert ends == pytest.approx(1000 - 40 + 250)
