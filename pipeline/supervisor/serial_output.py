"""READY as a live toggle on a serial line, which alone keeps a relay closed.

Standard library only: the supervisor process imports this. What the relay must do is in
`relay_model.py`. Toggles are written one at a time and only after the last one left: nothing waits
in a buffer that could keep the relay closed later.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import tty
from contextlib import suppress

from pipeline.supervisor.modem_line import LineReader
from pipeline.supervisor.output import FAR_NS, OutputFault
from pipeline.supervisor.permissive import Permission
from pipeline.supervisor.relay_frames import OPEN_FRAME, TOGGLE, TOGGLE_NS

NO_FD = -1
MAX_RELEASE_NS = 150_000_000  # the relay's watchdog, and the time a contact needs


class SerialOutput:
    """A relay behind a serial port.

    Parameters
    ----------
    read_back : LineReader or None
        Asserted while the relay's contact is closed.
    """

    def __init__(self, fd: int, device: str, read_back: LineReader | None) -> None:
        self._fd, self._device, self._read_back = fd, device, read_back
        self._n_toggles = 0
        self._is_closed = False
        self._next_ns = 0
        self._opened_ns: int | None = None

    @property
    def place(self) -> str:
        """The device."""
        return self._device

    def files(self) -> tuple[int, ...]:
        """Nothing is read from the port."""
        return ()

    def drive(self, permission: Permission, sequence: int, now_ns: int) -> int:
        """Toggle while closed; on opening, discard what has not left and say so."""
        if not permission.is_closed:
            if self._is_closed:
                self._is_closed, self._opened_ns = False, now_ns
                self._discard()
                self._write(OPEN_FRAME)
            self._check_released(now_ns)
            return FAR_NS if self._opened_ns is None else self._opened_ns + MAX_RELEASE_NS
        self._is_closed, self._opened_ns = True, None
        if now_ns >= self._next_ns:
            self._check_empty()
            self._write(TOGGLE[self._n_toggles % len(TOGGLE)])
            self._n_toggles += 1
            self._next_ns = now_ns + TOGGLE_NS
        return self._next_ns

    def reads_closed(self) -> bool | None:
        """Whether the feedback contact says that the relay is closed."""
        if self._read_back is None:
            return None
        try:
            return self._read_back.is_on()
        except OSError as error:
            raise OutputFault(f"{self._device}: the read-back cannot be read: {error}") from error

    def close(self) -> None:
        """Stop toggling, say so where the port still can, and let go of it."""
        if self._fd == NO_FD:
            return
        with suppress(OutputFault):
            self._discard()
            self._write(OPEN_FRAME)
        fd, self._fd = self._fd, NO_FD
        with suppress(OSError):
            os.close(fd)

    def _check_released(self, now_ns: int) -> None:
        """A contact that stays closed is welded, or driven by somebody else."""
        if self._opened_ns is None or now_ns - self._opened_ns < MAX_RELEASE_NS:
            return
        self._opened_ns = None
        if self.reads_closed():
            raise OutputFault(f"{self._device}: the relay does not open")

    def _discard(self) -> None:
        try:
            termios.tcflush(self._fd, termios.TCOFLUSH)
        except termios.error as error:
            raise OutputFault(f"{self._device}: {error}") from error

    def _check_empty(self) -> None:
        """Bytes that did not leave in 25 ms are stuck, and would be old when they do."""
        try:
            waiting = fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0" * 4)
        except OSError as error:
            raise OutputFault(f"{self._device}: {error.strerror or error}") from error
        if struct.unpack("i", waiting)[0]:
            raise OutputFault(f"{self._device}: the port does not send")

    def _write(self, frame: bytes) -> None:
        try:
            n_written = os.write(self._fd, frame)
        except OSError as error:
            raise OutputFault(f"{self._device}: {error.strerror or error}") from error
        if n_written != len(frame):
            raise OutputFault(f"{self._device}: the port does not send")


def open_port(device: str) -> int:
    """Open a serial port for raw bytes, for this process alone.

    Raises
    ------
    OutputFault
        There is no such port, it is not a serial port, or something else holds it.
    """
    try:
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        raise OutputFault(f"{device} cannot be opened: {error.strerror or error}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # TIOCEXCL does not stop root
        fcntl.ioctl(fd, termios.TIOCEXCL)
        tty.setraw(fd)
        settings = termios.tcgetattr(fd)
        settings[2] = termios.CS8 | termios.CLOCAL | termios.CREAD | termios.HUPCL
        settings[4] = settings[5] = termios.B115200
        termios.tcsetattr(fd, termios.TCSANOW, settings)
    except (OSError, termios.error) as error:
        os.close(fd)
        raise OutputFault(f"{device} is held by others, or no serial port: {error}") from error
    return fd
