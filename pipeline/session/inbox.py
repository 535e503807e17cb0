"""The session's mail: a small thread takes commands in, the loop decides them between frames.

The thread reads lines, checks PINs and queues; it decides nothing. `drain` and `reply` never wait
for it nor for a client. Who sends slowly, too much or nothing is answered and closed by it alone.
What it has refused is never done: a command is taken out of the queue once, by the loop or by it.

Fails to: no command arrives.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType

from pydantic import SecretStr

from pipeline.session.answers import Answer
from pipeline.session.commands import (
    AcknowledgeCommand,
    AcknowledgeMessage,
    ApproveMessage,
    BeamCommand,
    BeamMessage,
    ClientMessage,
    Command,
    StatusCommand,
    StatusMessage,
    TimeOutCommand,
    TimeOutMessage,
    WorkflowCommand,
    parse_message,
)
from pipeline.session.connection import Connection, Stage
from pipeline.session.control_socket import listen, socket_path
from pipeline.session.persons import Gatekeeper
from pipeline.session.time_out import ReadBack

MAX_CONNECTIONS = 8
MAX_QUEUED = 16
READ_SECONDS = 3.0  # from connecting to the end of the line
ANSWER_SECONDS = 5.0  # from the line to the loop's answer
WRITE_SECONDS = 1.0
ACCEPT_PAUSE_SECONDS = 0.05  # 20 clients a second: a flood takes no time worth naming from the loop
TICK_SECONDS = 0.1  # deadlines are looked at this often


class Inbox:
    """Opens the socket, serves it until closed. Use it as a context manager.

    Parameters
    ----------
    folder : Path
        The session's folder.
    """

    def __init__(self, folder: Path, gatekeeper: Gatekeeper) -> None:
        self._gatekeeper = gatekeeper
        self._path = socket_path(folder)
        self._listener = listen(folder)
        self._wake_read, self._wake_write = os.pipe()
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        self._queued: dict[int, Command] = {}  # by ticket; both threads take by `pop` alone
        self._answers: deque[tuple[int, Answer]] = deque()
        self._connections: dict[int, Connection] = {}
        self._n_accepted = 0
        self._door_opens_at: float | None = None
        self._closing = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name="session inbox", daemon=True)
        self._thread.start()

    def __enter__(self) -> Inbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def drain(self) -> list[Command]:
        """Take what has been queued, oldest first; never waits."""
        taken = (self._queued.pop(ticket, None) for ticket in list(self._queued))
        return [command for command in taken if command is not None]

    def reply(self, ticket: int, answer: Answer) -> None:
        """Hand over the answer to one command; never waits. The client may be gone by now."""
        self._answers.append((ticket, answer))
        self._wake()

    def close(self) -> None:
        """End the thread, hang up on every client, and remove the socket."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake()
        self._thread.join()
        for connection in list(self._connections.values()):
            self._hang_up(connection)
        self._selector.close()
        self._listener.close()
        self._path.unlink(missing_ok=True)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already
            os.write(self._wake_write, b"\0")

    def _serve(self) -> None:
        while not self._closing.is_set():
            pause = ACCEPT_PAUSE_SECONDS if self._door_opens_at is not None else TICK_SECONDS
            for key, _ in self._selector.select(pause):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj == self._wake_read:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake_read, MAX_QUEUED)
                else:
                    self._advance(key.data)
            self._hand_out_answers()
            self._expire()

    def _accept(self) -> None:
        """Let one client in, then nobody for a moment."""
        with contextlib.suppress(OSError):
            client, _ = self._listener.accept()
            if len(self._connections) >= MAX_CONNECTIONS:
                client.close()
            else:
                client.setblocking(False)
                self._n_accepted += 1
                deadline = time.monotonic() + READ_SECONDS
                connection = Connection(client, self._n_accepted, deadline)
                self._connections[connection.ticket] = connection
                self._selector.register(client, selectors.EVENT_READ, connection)
        self._selector.unregister(self._listener)
        self._door_opens_at = time.monotonic() + ACCEPT_PAUSE_SECONDS

    def _advance(self, connection: Connection) -> None:
        """Read or write what one client is ready for."""
        try:
            if connection.stage is Stage.WRITING:
                if connection.send():
                    self._hang_up(connection)
                return
            line = connection.receive()
            if line is not None:
                self._take(connection, parse_message(line))
        except ValueError as error:
            connection.refuse(str(error))
            self._write(connection)
        except OSError:
            self._hang_up(connection)

    def _take(self, connection: Connection, message: ClientMessage) -> None:
        """Check the PIN and queue the command; the PIN goes no further."""
        if len(self._queued) >= MAX_QUEUED:
            raise ValueError("the session has too many commands to decide: try again")
        command = self._command(connection.ticket, message)
        connection.stage = Stage.WAITING
        connection.deadline = time.monotonic() + ANSWER_SECONDS
        self._selector.unregister(connection.socket)
        self._queued[connection.ticket] = command

    def _command(self, ticket: int, message: ClientMessage) -> Command:
        if isinstance(message, StatusMessage):
            return StatusCommand(ticket)
        if not isinstance(
            message, TimeOutMessage | AcknowledgeMessage | BeamMessage | ApproveMessage
        ):
            return WorkflowCommand(ticket, message)
        pin = self._gatekeeper.check(message.person, message.pin.get_secret_value())
        if isinstance(message, TimeOutMessage):
            read_back = ReadBack(**message.read_back.model_dump())
            return TimeOutCommand(ticket, message.person, pin, read_back)
        if isinstance(message, AcknowledgeMessage):
            return AcknowledgeCommand(ticket, message.person, pin, message.frame_index)
        if isinstance(message, BeamMessage):
            return BeamCommand(ticket, message.person, pin, message.is_on)
        without_pin = message.model_copy(update={"pin": SecretStr("-")})
        return WorkflowCommand(ticket, without_pin, pin)

    def _hand_out_answers(self) -> None:
        while self._answers:
            ticket, answer = self._answers.popleft()
            connection = self._connections.get(ticket)
            if connection is not None and connection.stage is Stage.WAITING:
                connection.answer(answer)
                self._write(connection)

    def _write(self, connection: Connection) -> None:
        connection.deadline = time.monotonic() + WRITE_SECONDS
        with contextlib.suppress(KeyError):  # it has waited unregistered
            self._selector.unregister(connection.socket)
        self._selector.register(connection.socket, selectors.EVENT_WRITE, connection)

    def _expire(self) -> None:
        """Close who took too long, and open the door again."""
        now = time.monotonic()
        for connection in list(self._connections.values()):
            if now < connection.deadline:
                continue
            if connection.stage is not Stage.WAITING:
                self._hang_up(connection)
            elif self._queued.pop(connection.ticket, None) is not None:
                connection.refuse("no frame was decided in time: `session status` tells what holds")
                self._write(connection)
            # else the loop has taken it: what it does is what it answers
        if self._door_opens_at is not None and now >= self._door_opens_at:
            self._door_opens_at = None
            self._selector.register(self._listener, selectors.EVENT_READ)

    def _hang_up(self, connection: Connection) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(connection.socket)
        connection.socket.close()
        del self._connections[connection.ticket]
