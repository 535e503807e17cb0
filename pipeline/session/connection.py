"""One client on the session's socket: it sends one line and gets one answer, each within a time."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from enum import Enum

from pipeline.session.answers import Answer, not_understood
from pipeline.session.commands import MAX_LINE_BYTES


class Stage(Enum):
    """How far a connection has come."""

    READING = "reading"
    WAITING = "waiting"
    WRITING = "writing"


@dataclass(eq=False)
class Connection:
    """Never blocks: its socket does not wait.

    Attributes
    ----------
    ticket : int
        Names the connection towards the loop.
    deadline : float
        When the present stage ends at the latest, on the inbox's clock, in seconds.
    """

    socket: socket.socket
    ticket: int
    deadline: float
    stage: Stage = Stage.READING
    _received: bytearray = field(default_factory=bytearray, repr=False)
    _to_send: bytes = b""

    def receive(self) -> bytes | None:
        """Take what has come; return the line once it is whole.

        Raises
        ------
        ValueError
            Too long a line, or more than one.
        ConnectionError
            The client went away.
        """
        try:
            part = self.socket.recv(MAX_LINE_BYTES + 1)
        except BlockingIOError:
            return None
        if not part:
            raise ConnectionAbortedError("no whole line")
        self._received += part
        line, newline, rest = self._received.partition(b"\n")
        if len(line) >= MAX_LINE_BYTES:
            raise ValueError(f"a command has at most {MAX_LINE_BYTES} bytes")
        if rest:
            raise ValueError("one command for each connection")
        return bytes(line) if newline else None

    def answer(self, answer: Answer) -> None:
        """Set what is to be sent."""
        self._received.clear()
        self._to_send = answer.model_dump_json().encode() + b"\n"
        self.stage = Stage.WRITING

    def refuse(self, why: str) -> None:
        """Set an answer for a line that is no command."""
        self.answer(not_understood(why))

    def send(self) -> bool:
        """Send what the client takes; return whether all is sent. Raises ConnectionError."""
        try:
            sent = self.socket.send(self._to_send)
        except BlockingIOError:
            return False
        self._to_send = self._to_send[sent:]
        return not self._to_send
