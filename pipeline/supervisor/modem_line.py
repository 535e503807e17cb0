"""A digital input: one modem status line of a serial port (beam-on, or a relay's feedback contact).

Standard library only: the supervisor process imports this. A pseudo terminal has no such lines.
"""

from __future__ import annotations

import fcntl
import struct
import termios
from dataclasses import dataclass
from typing import Protocol

LINES = {"cts": termios.TIOCM_CTS, "dsr": termios.TIOCM_DSR, "cd": termios.TIOCM_CD}


class LineReader(Protocol):
    """Reads one digital input."""

    def is_on(self) -> bool:
        """Whether the line is asserted. Raises OSError."""
        ...


@dataclass(frozen=True)
class ModemLine:
    """One line of an open serial port."""

    fd: int
    name: str

    def is_on(self) -> bool:
        """Whether the line is asserted. Raises OSError where the port is gone or has no lines."""
        status = fcntl.ioctl(self.fd, termios.TIOCMGET, b"\0" * 4)
        bits: int = struct.unpack("i", status)[0]
        return bool(bits & LINES[self.name])
