"""The second computer's socket: signed lines out, challenges in, and nothing else."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.supervisor.heartbeat import Heartbeat, read_line
from pipeline.supervisor.output import OutputFault
from pipeline.supervisor.permissive import DENIED, Alarm, Permission
from pipeline.supervisor.socket_output import (
    BEAT_NS,
    MAX_READERS,
    SocketOutput,
    open_socket_output,
)
from tests.builders_supervisor import HEARTBEAT_KEY

NOW = 10**9
CLOSED = Permission(closed_until_ns=NOW + 80_000_000)
CHALLENGE = "0123456789abcdef" * 2


class Desk:
    """An output at a path, and readers of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.output: SocketOutput = open_socket_output(str(path), None, HEARTBEAT_KEY, "f" * 16)
        self.now_ns = NOW
        self.readers: list[socket.socket] = []

    def reader(self) -> socket.socket:
        reader = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.readers.append(reader)
        reader.connect(str(self.path))
        reader.settimeout(5.0)
        return reader

    def drive(self, permission: Permission = CLOSED, passed_ns: int = 0) -> None:
        self.now_ns += passed_ns
        self.output.drive(permission, 42, self.now_ns)

    def close(self) -> None:
        self.output.close()
        for reader in self.readers:
            reader.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "s")
    yield desk
    desk.close()


def lines(reader: socket.socket) -> list[Heartbeat]:
    """What has come; every line must be signed."""
    found = [read_line(x, HEARTBEAT_KEY) for x in reader.recv(65536).splitlines(keepends=True)]
    assert None not in found
    return [heartbeat for heartbeat in found if heartbeat is not None]


def is_cut(reader: socket.socket) -> bool:
    """Whether the connection ends."""
    try:
        while reader.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


def test_a_line_says_what_may_be_and_for_how_long(desk: Desk) -> None:
    reader = desk.reader()
    reader.sendall(f"{CHALLENGE}\n".encode())
    desk.drive()
    (line,) = lines(reader)
    assert line == Heartbeat("f" * 16, 1, 42, 80_000_000, False, "", CHALLENGE)
    assert line.state == "READY"


def test_a_change_is_told_at_once_and_a_beat_comes_every_20_ms(desk: Desk) -> None:
    reader = desk.reader()
    desk.drive()
    desk.drive(passed_ns=1)
    desk.drive(DENIED, passed_ns=1)
    desk.drive(Permission(is_beam_on=True, alarm=Alarm.BEAM_WITHOUT_READY), passed_ns=1)
    desk.drive(Permission(is_beam_on=True, alarm=Alarm.BEAM_WITHOUT_READY), passed_ns=1)
    assert [(x.state, x.is_beam_on, x.alarm) for x in lines(reader)] == [
        ("READY", False, ""),
        ("NOT_READY", False, ""),
        ("NOT_READY", True, "BEAM_WITHOUT_READY"),
    ]
    desk.drive(Permission(is_beam_on=True, alarm=Alarm.BEAM_WITHOUT_READY), passed_ns=BEAT_NS)
    assert len(lines(reader)) == 1


def test_a_challenge_is_answered_at_once_and_the_last_one_counts(desk: Desk) -> None:
    reader = desk.reader()
    desk.drive()
    lines(reader)
    reader.sendall(b"a" * 32 + b"\n" + b"b" * 32 + b"\n" + b"c" * 10)
    desk.drive(passed_ns=1)
    assert [x.challenge for x in lines(reader)] == ["b" * 32]
    reader.sendall(b"c" * 22 + b"\n")
    desk.drive(passed_ns=1)
    assert [x.challenge for x in lines(reader)] == ["c" * 32]


@pytest.mark.parametrize(
    "words", [b"READY\n", b"x" * 32 + b"\n", b"a" * 33, b"\n", b"a" * 31 + b"\n", b"\0" * 5000]
)
def test_a_reader_that_says_anything_else_is_cut_off(desk: Desk, words: bytes) -> None:
    reader = desk.reader()
    reader.sendall(words)
    desk.drive()
    assert is_cut(reader)


def test_a_reader_that_does_not_read_is_cut_off_and_delays_nobody(desk: Desk) -> None:
    slow, quick = desk.reader(), desk.reader()
    desk.drive()
    desk.drive()
    for _ in range(100_000):
        desk.drive(passed_ns=BEAT_NS)
        assert lines(quick)
        if len(desk.output.files()) == 2:  # the listener and the quick one
            break
    assert is_cut(slow)
    desk.drive(passed_ns=BEAT_NS)
    assert lines(quick)


def test_only_so_many_readers(desk: Desk) -> None:
    readers = []
    for _ in range(MAX_READERS + 1):
        readers.append(desk.reader())
        desk.drive()
    assert is_cut(readers[-1])
    assert len(desk.output.files()) == 1 + MAX_READERS
    readers[0].close()
    desk.drive()
    desk.reader()
    desk.drive()
    assert len(desk.output.files()) == 1 + MAX_READERS


def test_closing_says_not_ready_and_leaves_no_socket(desk: Desk) -> None:
    reader = desk.reader()
    desk.drive()
    desk.output.close()
    assert [x.state for x in lines(reader)] == ["READY", "NOT_READY"]
    assert is_cut(reader)
    assert not desk.path.exists()


def test_the_socket_is_its_owners(desk: Desk) -> None:
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600


def test_a_file_in_its_place_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputFault, match="cannot listen"):
        open_socket_output(str(path), None, HEARTBEAT_KEY, "")
    assert path.read_text(encoding="utf-8") == "mine"
