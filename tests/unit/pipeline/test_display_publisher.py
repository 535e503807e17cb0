"""The publisher never waits, keeps the newest frame alone, and says what the frame's age is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipeline.display import publisher as module
from pipeline.display.publisher import Publisher, View, send_all
from pipeline.display.wire import PREFIX, Message, read_prefix, unpack
from pipeline.sinks.sink import FrameResult
from tests.builders_results import make_context, make_result
from tracking.decision import Verdict
from tracking.reasons import Reason

AGE_MS = 80.0
RESULT = make_result()
HOLD = make_result(Verdict.HOLD, (Reason.TILT_HIGH,))


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        yield ours, theirs


def made(view: View | None = None, holds_lease: Callable[[], bool] | None = None) -> Publisher:
    return Publisher(make_context(), lambda _result: AGE_MS, view=view, holds_lease=holds_lease)


def received(server: socket.socket) -> Message:
    server.settimeout(5)
    prefix = read_prefix(exactly(server, PREFIX.size))
    header = exactly(server, prefix.header_bytes)
    return unpack(prefix, header, memoryview(exactly(server, prefix.images_bytes)))


def gone_ahead(publisher: Publisher, ends: tuple[socket.socket, socket.socket]) -> Message:
    """The picture of `RESULT`, sent ahead to a server that is attached for it."""
    publisher.attach(ends[0])
    publisher.ahead(RESULT.source_frame)
    return received(ends[1])


def exactly(server: socket.socket, n_bytes: int) -> bytes:
    data = bytearray()
    while len(data) < n_bytes:
        part = server.recv(n_bytes - len(data))
        assert part
        data += part
    return bytes(data)


def until(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_a_frame_arrives_with_its_exposure(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    publisher = made()
    publisher.attach(ours)
    before_ns = time.monotonic_ns()
    publisher.emit(RESULT)
    after_ns = time.monotonic_ns()
    message = received(theirs)
    publisher.close()
    age_ns = AGE_MS * 1e6
    assert before_ns - age_ns <= message.exposure_ns <= after_ns - age_ns
    assert message.header["sequence"] == 1
    assert set(message.images) == {"colour", "labels"}
    assert theirs.recv(1) == b""  # the end of the session is the end of the socket


def test_a_picture_goes_ahead_of_its_frame(ends: tuple[socket.socket, socket.socket]) -> None:
    publisher = made()
    picture = gone_ahead(publisher, ends)
    assert (picture.header["kind"], set(picture.images)) == ("picture", {"colour"})
    publisher.emit(RESULT)
    frame = received(ends[1])
    assert (frame.header["kind"], set(frame.images)) == ("frame", {"labels"})
    assert frame.header["picture"]["number"] == picture.header["number"]
    other = make_result()
    publisher.emit(other)  # nothing went ahead of this one
    brought = received(ends[1])
    assert set(brought.images) == {"colour", "labels"}
    assert brought.header["picture"]["number"] > picture.header["number"]
    publisher.close()


def test_the_recorders_colour_is_of_the_same_picture(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    publisher = made()
    picture = gone_ahead(publisher, ends)
    frame = RESULT.source_frame.frame
    assert frame.color_rgb is not None
    coded = replace(RESULT.source_frame, frame=frame.with_color(frame.color_rgb.copy()))
    publisher.emit(replace(RESULT, source_frame=coded))
    told = received(ends[1])
    assert set(told.images) == {"labels"}
    assert told.header["picture"]["number"] == picture.header["number"]
    publisher.close()


def test_another_server_is_sent_the_picture_again(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    publisher = made()
    gone_ahead(publisher, ends)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        publisher.attach(ours)
        publisher.emit(RESULT)
        assert set(received(theirs).images) == {"colour", "labels"}
        publisher.close()


def test_the_newest_frame_replaces_what_was_not_sent(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEND_S", 10.0)
    ours, theirs = ends
    large = make_result(size=(848, 480))  # more than a socket holds
    publisher = made()
    publisher.attach(ours)
    publisher.emit(large)
    theirs.settimeout(5)
    theirs.recv(1, socket.MSG_PEEK)  # the first one is on its way
    for _ in range(50):
        publisher.emit(large)
    assert [received(theirs).header["sequence"] for _ in range(2)] == [1, 51]
    publisher.close()


def test_without_a_server_frames_are_dropped_and_nothing_waits() -> None:
    publisher = made()
    for _ in range(100):
        publisher.emit(RESULT)
    publisher.close()
    publisher.close()
    assert publisher.n_sent == 0
    assert publisher.is_closed


def test_a_server_that_does_not_read_is_given_up(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEND_S", 0.1)
    publisher = made()
    publisher.attach(ends[0])
    publisher.emit(make_result(size=(848, 480)))
    until(lambda: not publisher.is_attached)
    publisher.close()


def test_a_server_that_is_gone_is_given_up(ends: tuple[socket.socket, socket.socket]) -> None:
    publisher = made()
    publisher.attach(ends[0])
    ends[1].close()
    publisher.emit(RESULT)
    until(lambda: not publisher.is_attached)
    publisher.close()


def test_a_frame_that_cannot_be_told_is_left_out(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    shown: list[int] = []

    def view(result: FrameResult) -> Mapping[str, Any]:
        shown.append(result.record.frame_index)
        return {"session": {"step": float("nan")} if len(shown) == 1 else None}

    publisher = made(view=view)
    publisher.attach(ends[0])
    publisher.emit(RESULT)
    until(lambda: publisher.n_failed == 1)
    publisher.emit(RESULT)
    assert received(ends[1]).header["sequence"] == 2
    publisher.close()


@pytest.mark.parametrize(
    ("result", "held", "is_told"),
    [(RESULT, None, True), (RESULT, True, True), (RESULT, False, False), (HOLD, True, False)],
)
def test_a_lease_is_told_only_where_one_is_held(
    ends: tuple[socket.socket, socket.socket],
    result: FrameResult,
    held: bool | None,
    is_told: bool,
) -> None:
    publisher = made(holds_lease=None if held is None else lambda: bool(held))
    publisher.attach(ends[0])
    publisher.emit(result)
    assert received(ends[1]).header["holds_lease"] is is_told
    publisher.close()


def test_emit_waits_for_nobody(ends: tuple[socket.socket, socket.socket]) -> None:
    """Neither for a view that hangs nor for a server that does not read."""
    over = threading.Event()
    publisher = made(view=lambda _result: {"session": over.wait(5)})
    publisher.attach(ends[0])
    began_s = time.monotonic()
    for _ in range(200):
        publisher.emit(RESULT)
    assert time.monotonic() - began_s < 1.0
    over.set()
    publisher.close()


def test_sending_takes_no_longer_than_it_may(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    ours.setblocking(False)
    with pytest.raises(TimeoutError):
        send_all(ours, [memoryview(bytes(10**7))], time.monotonic() + 0.05)
    theirs.close()
    with pytest.raises(ConnectionError):
        send_all(ours, [memoryview(b"x")], time.monotonic() + 1)
