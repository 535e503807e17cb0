"""Until when a frame may be shown: the page's bound on its age, and what renews nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.integration.display_browser import one_page

FRAME_MS = 100.0 / 3
RUN = """([openingMs, arrivals]) => import('/js/freshness.js').then((m) => {
  const freshness = new m.Freshness();
  freshness.connected(openingMs);
  return arrivals.map((a) => a === 'connected' ? freshness.connected(openingMs) ?? null
                                               : freshness.ageAtArrival(a));
})"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    yield from one_page()


def arrival(index: int, *, age_ms: float = 40.0, late_ms: float = 0.0) -> dict[str, Any]:
    """Frame `index` of a steady camera, asked for when the one before was drawn."""
    sent_ms = 1000.0 + index * FRAME_MS + age_ms
    return {
        "sequence": index,
        "stampNs": round(index * FRAME_MS * 1e6),
        "ageMs": age_ms,
        "receivedMs": sent_ms + 1.0 + late_ms,
        "askedMs": sent_ms - FRAME_MS + 10.0,
    }


def ages(page: Page, *arrivals: object, opening_ms: float = 5.0) -> list[float | None]:
    found: list[float | None] = page.evaluate(RUN, [opening_ms, list(arrivals)])
    return found


def test_a_steady_stream_costs_no_more_than_opening_took(page: Page) -> None:
    found = ages(page, *(arrival(i) for i in range(10)))
    assert found[1:] == pytest.approx([45.0] * 9, abs=0.01)


def test_a_message_that_lay_while_script_was_blocked_is_old(page: Page) -> None:
    steady = [arrival(i) for i in range(10)]
    found = ages(page, *steady, arrival(10, late_ms=3000.0))
    assert found[-1] is not None
    assert found[-1] >= 3040.0


def test_without_earlier_frames_the_time_since_asking_counts(page: Page) -> None:
    late = arrival(0, late_ms=3000.0)
    assert ages(page, late, opening_ms=9999.0) == pytest.approx([40.0 + 3024.33], abs=0.1)


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
