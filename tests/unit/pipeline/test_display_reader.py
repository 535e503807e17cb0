"""The server's reader: the newest frame, silence, the end, and what is no message."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from pipeline.display import reader as module
from pipeline.display.drawing import Drawn, Picture
from pipeline.display.header import frame_header, frame_images, picture_header, picture_images
from pipeline.display.reader import SessionReader
from pipeline.display.wire import MAX_HEADER_BYTES, PREFIX, pack
from tests.builders_results import make_context, make_result

RESULT = make_result()


@dataclass(eq=False)
class Heard:
    """What a reader has told."""

    session: socket.socket
    frames: list[Drawn] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    n_lost: int = 0
    has_ended: bool = False
    is_watched: bool = True
    reader: SessionReader | None = None

    def lose(self) -> None:
        self.n_lost += 1

    def end(self) -> None:
        self.has_ended = True

    @property
    def n_refused(self) -> int:
        return 0 if self.reader is None else self.reader.n_refused


SILENCE_S = 0.3


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    monkeypatch.setattr(module, "SILENCE_S", SILENCE_S)
    monkeypatch.setattr(module, "LOST_S", SILENCE_S)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    made = Heard(ours)
    reader = SessionReader(
        theirs,
        made.frames.append,
        made.pictures.append,
        made.lose,
        made.end,
        lambda: made.is_watched,
    )
    made.reader = reader
    reader.start()
    yield made
    ours.close()
    reader.join(5)
    assert not reader.is_alive()


def until(condition: Callable[[], bool], patience_s: float = 5) -> None:
    end_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def packed(sequence: int, picture: int = 1, *, with_picture: bool = True) -> bytes:
    header = frame_header(
        RESULT, make_context(), sequence=sequence, picture=picture, holds_lease=True, view=None
    )
    return b"".join(pack(header, frame_images(RESULT, with_picture=with_picture), 0))


def ahead(number: int) -> bytes:
    frame = RESULT.source_frame.frame
    return b"".join(pack(picture_header(frame, number), picture_images(frame), 0))


def message(header: bytes, images: bytes = b"") -> bytes:
    return PREFIX.pack(len(header), len(images), 0) + header + images


def test_frames_are_drawn_and_the_end_is_told(heard: Heard) -> None:
    heard.session.sendall(packed(1))
    until(lambda: len(heard.frames) == 1)
    heard.session.sendall(packed(2))
    until(lambda: [frame.sequence for frame in heard.frames] == [1, 2])
    heard.session.close()
    until(lambda: heard.has_ended)


def test_nothing_is_drawn_while_nobody_looks(heard: Heard) -> None:
    heard.is_watched = False
    heard.session.sendall(packed(1))
    heard.session.sendall(packed(2))
    time.sleep(0.2)
    assert heard.frames == []


def test_a_picture_that_goes_ahead_is_made_ready_and_its_frame_drawn_over_it(heard: Heard) -> None:
    heard.session.sendall(ahead(7))
    until(lambda: len(heard.pictures) == 1)
    assert heard.frames == []
    heard.session.sendall(packed(1, 7, with_picture=False))
    until(lambda: len(heard.frames) == 1)
    assert heard.frames[0].picture is heard.pictures[0]
    heard.session.sendall(packed(2, 8))  # this one brings its own
    until(lambda: len(heard.frames) == 2)
    assert heard.frames[1].picture.number == 8
    assert heard.n_refused == 0


def test_a_frame_is_not_shown_over_another_ones_picture(heard: Heard) -> None:
    heard.session.sendall(ahead(7))
    heard.session.sendall(packed(1, 6, with_picture=False))
    until(lambda: heard.n_refused == 1)
    assert heard.frames == []


def test_the_next_ones_picture_does_not_keep_a_frame_from_being_shown(heard: Heard) -> None:
    heard.session.sendall(ahead(7) + packed(1, 7, with_picture=False) + ahead(8))
    until(lambda: len(heard.frames) == 1)
    heard.session.sendall(packed(2, 8, with_picture=False))
    until(lambda: len(heard.frames) == 2)
    assert [frame.picture.number for frame in heard.frames] == [7, 8]


def test_pictures_alone_are_silence(heard: Heard) -> None:
    heard.session.sendall(packed(1))
    until(lambda: len(heard.frames) == 1)
    end_s = time.monotonic() + SILENCE_S + 2
    number = 2
    while heard.n_lost == 0:
        heard.session.sendall(ahead(number))
        number += 1
        assert time.monotonic() < end_s
        time.sleep(0.03)
    assert heard.n_lost == 1


def test_silence_is_told_once_and_ends_with_a_frame(heard: Heard) -> None:
    heard.session.sendall(packed(1))
    until(lambda: len(heard.frames) == 1)
    until(lambda: heard.n_lost == 1, SILENCE_S + 1)
    time.sleep(0.3)
    assert heard.n_lost == 1
    heard.session.sendall(packed(2))
    until(lambda: len(heard.frames) == 2)


def test_before_the_first_frame_nothing_is_missed(heard: Heard) -> None:
    time.sleep(SILENCE_S + 0.3)
    assert heard.n_lost == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        message(b"{"),
        message(b"[]"),
        message(b"{}"),
        message(b'{"images": []}'),
        message(b'{"images": [], "drawn_from": {}}'),
        message(json.dumps({"images": [{"name": "colour"}]}).encode(), b"xx"),
        message(b"\xff\xfe"),
        message(b'{"kind": "picture", "number": 3, "images": []}'),
        message(b'{"kind": "picture", "images": []}'),
    ],
)
def test_a_malformed_header_costs_its_frame_alone(heard: Heard, spoilt: bytes) -> None:
    heard.session.sendall(spoilt)
    until(lambda: heard.n_refused == 1)
    heard.session.sendall(packed(1))
    until(lambda: len(heard.frames) == 1)


@pytest.mark.parametrize(
    "lengths", [(0, 0), (MAX_HEADER_BYTES + 1, 0), (2**32 - 1, 2**32 - 1), (10, 2**31)]
)
def test_lengths_that_cannot_be_end_the_reading(heard: Heard, lengths: tuple[int, int]) -> None:
    heard.session.sendall(PREFIX.pack(*lengths, 0))
    until(lambda: heard.has_ended)


def test_half_a_message_ends_the_reading(heard: Heard) -> None:
    heard.session.sendall(packed(1)[:-10])
    until(lambda: heard.has_ended)
    assert heard.frames == []
