"""The toggle on a serial line, over a pseudo terminal."""

from __future__ import annotations

import os
import select
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.supervisor.modem_line import ModemLine
from pipeline.supervisor.output import FAR_NS, OutputFault
from pipeline.supervisor.permissive import DENIED, Permission
from pipeline.supervisor.relay_frames import OPEN_FRAME, TOGGLE, TOGGLE_NS
from pipeline.supervisor.serial_output import MAX_RELEASE_NS, SerialOutput, open_port
from tests.builders_supervisor import PATIENCE_S

A, B = TOGGLE
CLOSED = Permission(closed_until_ns=FAR_NS)


@dataclass
class Contact:
    """A feedback contact."""

    is_closed: bool = False
    is_unplugged: bool = False

    def is_on(self) -> bool:
        if self.is_unplugged:
            raise OSError(5, "Input/output error")
        return self.is_closed


class Port:
    """A serial port and its far end."""

    def __init__(self) -> None:
        self.far, near = os.openpty()
        self.device = os.ttyname(near)
        self.contact = Contact()
        self.output = SerialOutput(open_port(self.device), self.device, self.contact)
        os.close(near)

    def sent(self, until: bytes = b"") -> bytes:
        """What arrives at the far end, up to and with `until`."""
        data = b""
        while select.select([self.far], [], [], PATIENCE_S if until not in data else 0.02)[0]:
            try:
                data += os.read(self.far, 4096)
            except OSError:  # the near end is closed, and all is read
                break
        return data


@pytest.fixture
def port() -> Iterator[Port]:
    port = Port()
    yield port
    port.output.close()
    os.close(port.far)


def test_nothing_is_sent_while_it_is_open(port: Port) -> None:
    for now_ns in range(0, 10 * TOGGLE_NS, TOGGLE_NS):
        port.output.drive(DENIED, 0, now_ns)
    assert port.sent() == b""


def test_it_toggles_every_25_ms_while_closed(port: Port) -> None:
    due_ns = [port.output.drive(CLOSED, 0, now_ns) for now_ns in (0, TOGGLE_NS - 1)]
    assert port.sent(A) == A
    assert due_ns == [TOGGLE_NS, TOGGLE_NS]
    port.output.drive(CLOSED, 0, TOGGLE_NS)
    port.output.drive(CLOSED, 0, 2 * TOGGLE_NS)
    assert port.sent(B + A) == B + A


def test_opening_is_said_once_and_at_once(port: Port) -> None:
    port.output.drive(CLOSED, 0, 0)
    port.output.drive(DENIED, 0, 1)
    port.output.drive(DENIED, 0, 2)
    assert port.sent(OPEN_FRAME).endswith(OPEN_FRAME)
    assert port.sent() == b""


def test_what_was_late_is_not_made_up_for(port: Port) -> None:
    port.output.drive(CLOSED, 0, 0)
    assert port.output.drive(CLOSED, 0, 10 * TOGGLE_NS) == 11 * TOGGLE_NS
    assert port.sent(A + B) == A + B


def test_a_contact_that_stays_closed_is_a_fault(port: Port) -> None:
    port.contact.is_closed = True
    port.output.drive(CLOSED, 0, 0)
    assert port.output.drive(DENIED, 0, 1) == 1 + MAX_RELEASE_NS
    with pytest.raises(OutputFault, match="does not open"):
        port.output.drive(DENIED, 0, 1 + MAX_RELEASE_NS)


def test_a_contact_that_opens_in_time_is_none(port: Port) -> None:
    port.contact.is_closed = True
    port.output.drive(CLOSED, 0, 0)
    port.output.drive(DENIED, 0, 1)
    port.contact.is_closed = False
    assert port.output.drive(DENIED, 0, 1 + MAX_RELEASE_NS) == FAR_NS


def test_the_feedback_contact_is_read(port: Port) -> None:
    assert port.output.reads_closed() is False
    port.contact.is_closed = True
    assert port.output.reads_closed() is True
    port.contact.is_unplugged = True
    with pytest.raises(OutputFault, match="read-back"):
        port.output.reads_closed()


def test_bytes_that_do_not_leave_are_a_fault(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    port.output.drive(CLOSED, 0, 0)
    monkeypatch.setattr("fcntl.ioctl", lambda *_: b"\2\0\0\0")
    with pytest.raises(OutputFault, match="does not send"):
        port.output.drive(CLOSED, 0, TOGGLE_NS)
    assert port.sent(A) == A


def test_a_port_that_was_unplugged_is_a_fault_and_closing_it_still_works() -> None:
    port = Port()
    port.output.drive(CLOSED, 0, 0)
    os.close(port.far)
    with pytest.raises(OutputFault):
        port.output.drive(CLOSED, 0, TOGGLE_NS)
    port.output.close()


def test_closing_says_open(port: Port) -> None:
    port.output.drive(CLOSED, 0, 0)
    port.output.close()
    assert port.sent(OPEN_FRAME).endswith(OPEN_FRAME)


def test_a_second_supervisor_cannot_have_the_same_port(port: Port) -> None:
    with pytest.raises(OutputFault, match=r"held by others|busy"):
        open_port(port.device)


def test_what_is_no_port_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputFault, match="no serial port"):
        open_port(str(file))
    with pytest.raises(OutputFault, match="cannot be opened"):
        open_port(str(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("name", "bits", "expected"),
    [
        ("cts", termios.TIOCM_CTS, True),
        ("cts", termios.TIOCM_DSR | termios.TIOCM_CD, False),
        ("dsr", termios.TIOCM_DSR, True),
        ("cd", termios.TIOCM_CD | termios.TIOCM_RTS, True),
        ("cd", 0, False),
    ],
)
def test_a_modem_line_is_its_own_bit(
    name: str, bits: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcntl.ioctl", lambda *_: bits.to_bytes(4, "little"))
    assert ModemLine(0, name).is_on() is expected


def test_a_pseudo_terminal_has_no_modem_lines() -> None:
    far, near = os.openpty()
    with pytest.raises(OSError, match="ioctl"):
        ModemLine(near, "cts").is_on()
    os.close(near)
    os.close(far)
