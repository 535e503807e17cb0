"""The lines for a second computer, and what it believes."""

from __future__ import annotations

import hmac
from dataclasses import replace
from json import dumps, loads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.supervisor.heartbeat import (
    MAX_LINE_BYTES,
    PREFIX,
    Heartbeat,
    is_challenge,
    line_of,
    read_line,
)
from pipeline.supervisor.lease_holder import LEASE_NS
from pipeline.supervisor.watch import MAX_CHALLENGES, Watcher
from tests.builders_supervisor import HEARTBEAT_KEY

MS = 1_000_000
BEAT = Heartbeat(
    session="0123456789abcdef",
    count=1,
    sequence=5,
    remaining_ns=80 * MS,
    is_beam_on=False,
    alarm="",
    challenge="",
)


def asked(now_ns: int = 0) -> tuple[Watcher, Heartbeat]:
    """A watcher that has sent a challenge, and an answer to it."""
    watcher = Watcher(HEARTBEAT_KEY)
    return watcher, replace(BEAT, challenge=watcher.challenge(now_ns).decode().strip())


def take(watcher: Watcher, heartbeat: Heartbeat, key: bytes = HEARTBEAT_KEY) -> bool:
    return watcher.take(line_of(heartbeat, key)) is not None


def signed(content: object) -> bytes:
    body = dumps(content, separators=(",", ":"), sort_keys=True).encode()
    mac = hmac.digest(HEARTBEAT_KEY, PREFIX + body, "sha256").hex().encode()
    return mac + b" " + body + b"\n"


def test_ready_counts_from_the_challenge_for_as_long_as_the_line_says() -> None:
    watcher, answer = asked(now_ns=7 * MS)
    assert not watcher.is_ready(7 * MS)
    assert take(watcher, answer)
    assert watcher.is_ready(87 * MS - 1)
    assert not watcher.is_ready(87 * MS)


def test_a_line_that_was_delayed_is_too_old_by_its_own_words() -> None:
    watcher, answer = asked(now_ns=0)
    take(watcher, answer)  # it arrives at 200 ms, made in time: the watcher need not know
    assert not watcher.is_ready(200 * MS)


def test_a_line_without_a_challenge_of_this_watcher_is_not_believed() -> None:
    watcher, answer = asked()
    assert not take(watcher, replace(answer, challenge=""))
    assert not take(watcher, replace(answer, challenge="f" * 32))
    other, _ = asked()
    assert not take(other, answer)
    assert not watcher.is_ready(0)
    assert not other.is_ready(0)


def test_a_replayed_line_is_not_believed() -> None:
    watcher, answer = asked()
    assert take(watcher, answer)
    assert take(watcher, replace(answer, count=2, remaining_ns=0))
    assert not take(watcher, answer)
    assert not watcher.is_ready(0)


def test_another_session_on_the_same_connection_is_not_believed() -> None:
    watcher, answer = asked()
    assert take(watcher, answer)
    assert not take(watcher, replace(answer, count=2, session="f" * 16))


def test_not_ready_counts_however_old_it_is() -> None:
    watcher, answer = asked()
    take(watcher, answer)
    take(watcher, replace(answer, count=0, challenge="", remaining_ns=0))
    assert not watcher.is_ready(0)


def test_a_forged_line_moves_nothing() -> None:
    watcher, answer = asked()
    assert not take(watcher, answer, b"x" * 32)
    take(watcher, answer)
    take(watcher, replace(answer, remaining_ns=0), b"x" * 32)
    assert watcher.is_ready(0)


def test_old_challenges_are_forgotten() -> None:
    watcher, answer = asked()
    for i in range(MAX_CHALLENGES):
        watcher.challenge(i)
    assert not take(watcher, answer)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_no_line(position: int, value: int) -> None:
    line = bytearray(line_of(BEAT, HEARTBEAT_KEY))
    at = position % len(line)
    is_same = line[at] == value
    line[at] = value
    assert (read_line(bytes(line), HEARTBEAT_KEY) is not None) is is_same


@given(st.binary(max_size=2 * MAX_LINE_BYTES))
def test_garbage_is_no_line(data: bytes) -> None:
    assert read_line(data, HEARTBEAT_KEY) is None


@pytest.mark.parametrize(
    "change",
    [
        {"remaining_ns": LEASE_NS + 1},
        {"remaining_ns": "1"},
        {"remaining_ns": 5.0},
        {"state": "NOT_READY"},
        {"more": 1},
        {"count": None},
    ],
    ids=str,
)
def test_a_signed_line_of_another_meaning_is_not_believed(change: dict[str, object]) -> None:
    good = loads(line_of(BEAT, HEARTBEAT_KEY)[65:])
    assert read_line(signed(good), HEARTBEAT_KEY) == BEAT
    found = read_line(signed({**good, **change}), HEARTBEAT_KEY)
    assert found is None or not isinstance(found.count, int)


@pytest.mark.parametrize("content", [[], 1, "READY", None, {}])
def test_signed_nonsense_is_no_line(content: object) -> None:
    assert read_line(signed(content), HEARTBEAT_KEY) is None


def test_the_longest_line_fits() -> None:
    longest = replace(
        BEAT,
        count=2**63,
        sequence=2**63,
        remaining_ns=LEASE_NS,
        alarm="BEAM_WITHOUT_READY",
        challenge="f" * 32,
    )
    assert len(line_of(longest, HEARTBEAT_KEY)) < MAX_LINE_BYTES


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"0123456789abcdef" * 2 + b"\n", True),
        (b"0123456789ABCDEF" * 2 + b"\n", False),
        (b"0123456789abcdef" * 2, False),
        (b"0" * 31 + b"\n", False),
        (b"0" * 33 + b"\n", False),
        (b"0" * 31 + b"\n\n", False),
        (b"0" * 31 + b" \n", False),
        (b"", False),
    ],
)
def test_a_challenge_is_32_hex_digits_and_nothing_else(line: bytes, expected: bool) -> None:
    assert is_challenge(line) is expected
