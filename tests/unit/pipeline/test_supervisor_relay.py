"""The relay's watchdog as the reference has it: only a live toggle holds it closed."""

from __future__ import annotations

from pipeline.supervisor.relay_frames import OPEN_FRAME, TOGGLE, TOGGLE_NS
from pipeline.supervisor.relay_model import MAX_SILENCE_NS, N_TO_CLOSE, RelayModel

A, B = TOGGLE
T0 = 10**9


def closed() -> tuple[RelayModel, int]:
    """A relay that has just been closed, and when; its last frame was B."""
    relay, now_ns = RelayModel(), T0
    for frame in [A, B] * 3:
        now_ns += TOGGLE_NS
        relay.feed(frame, now_ns)
    assert relay.is_closed(now_ns)
    return relay, now_ns


def test_it_closes_after_some_good_toggles_and_not_before() -> None:
    relay, now_ns = RelayModel(), T0
    seen = []
    for frame in [A, B] * 4:
        now_ns += TOGGLE_NS
        relay.feed(frame, now_ns)
        seen.append(relay.is_closed(now_ns))
    assert seen == [False] * N_TO_CLOSE + [True] * (8 - N_TO_CLOSE)


def test_silence_opens_it() -> None:
    relay, now_ns = closed()
    assert relay.is_closed(now_ns + MAX_SILENCE_NS)
    assert not relay.is_closed(now_ns + MAX_SILENCE_NS + 1)


def test_a_stuck_frame_opens_it() -> None:
    relay, now_ns = closed()
    relay.feed(B, now_ns + TOGGLE_NS)
    assert not relay.is_closed(now_ns + TOGGLE_NS)


def test_no_single_byte_or_frame_holds_it_whatever_it_is() -> None:
    for value in range(256):
        relay, now_ns = closed()
        for _ in range(4 * N_TO_CLOSE):
            now_ns += TOGGLE_NS // 2
            relay.feed(bytes([value]), now_ns)
        assert not relay.is_closed(now_ns), value


def test_the_open_frame_opens_it_at_once() -> None:
    relay, now_ns = closed()
    relay.feed(OPEN_FRAME, now_ns + 1_000_000)
    assert not relay.is_closed(now_ns + 1_000_000)


def test_toggles_that_waited_in_a_buffer_open_it() -> None:
    relay, now_ns = closed()
    relay.feed(A + B + A + B, now_ns + TOGGLE_NS)
    assert not relay.is_closed(now_ns + TOGGLE_NS)


def test_after_silence_it_needs_all_toggles_again() -> None:
    relay, now_ns = closed()
    now_ns += MAX_SILENCE_NS + 1
    relay.feed(A, now_ns)
    assert not relay.is_closed(now_ns)


def test_half_a_frame_is_none() -> None:
    relay, now_ns = closed()
    relay.feed(A[:1], now_ns + 1_000_000)
    relay.feed(A[1:], now_ns + TOGGLE_NS)
    assert not relay.is_closed(now_ns + TOGGLE_NS)


def test_it_finds_the_frames_again_after_a_lost_byte() -> None:
    relay, now_ns = closed()
    relay.feed(A[1:], now_ns + TOGGLE_NS)
    for frame in [B, A] * 3:
        now_ns += TOGGLE_NS
        relay.feed(frame, now_ns)
    assert relay.is_closed(now_ns)


def test_a_clock_that_went_back_opens_it() -> None:
    relay, now_ns = closed()
    assert not relay.is_closed(now_ns - 1)
