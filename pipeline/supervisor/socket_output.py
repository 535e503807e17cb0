"""READY as signed lines for a second computer, over TCP or a Unix socket.

It listens. All that it ever reads are challenges, which it repeats in its lines: nothing that a
reader sends can change a state. A reader that sends anything else, or does not keep up, is cut
off. Once the supervisor is gone, so are the connections.

Standard library only: the supervisor process imports this.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.supervisor.heartbeat import (
    CHALLENGE_BYTES,
    CHALLENGE_DIGITS,
    Heartbeat,
    is_challenge,
    line_of,
)
from pipeline.supervisor.output import OutputFault
from pipeline.supervisor.permissive import DENIED, Alarm, Permission

BEAT_NS = 20_000_000
MAX_READERS = 4
MAX_READ_BYTES = 64 * CHALLENGE_BYTES  # more in one turn is no reader that waits for answers


@dataclass(eq=False)
class _Reader:
    connection: socket.socket
    rest: bytes = b""
    challenge: str = ""
    is_waiting: bool = True  # for a line, without waiting for the next beat


class SocketOutput:
    """Signed lines to at most four readers."""

    def __init__(self, listener: socket.socket, key: bytes, session: str) -> None:
        self._listener, self._key, self._session = listener, key, session
        self._readers: list[_Reader] = []
        self._count = 0
        self._next_beat_ns = 0
        self._told: tuple[bool, bool, Alarm | None] | None = None

    @property
    def place(self) -> str:
        """Address and port, or the socket's path."""
        name = self._listener.getsockname()
        return name if isinstance(name, str) else f"{name[0]}:{name[1]}"

    def files(self) -> tuple[int, ...]:
        """The listener and every connection."""
        return (self._listener.fileno(), *(r.connection.fileno() for r in self._readers))

    def drive(self, permission: Permission, sequence: int, now_ns: int) -> int:
        """Answer challenges, tell every change at once, and beat."""
        self._accept()
        for reader in list(self._readers):
            self._read(reader)
        tells = (permission.is_closed, permission.is_beam_on, permission.alarm)
        is_due = tells != self._told or now_ns >= self._next_beat_ns
        self._told = tells
        if is_due:
            self._next_beat_ns = now_ns + BEAT_NS
        for reader in list(self._readers):
            if is_due or reader.is_waiting:
                self._tell(reader, permission, sequence, now_ns)
        return self._next_beat_ns

    def reads_closed(self) -> bool | None:
        """There is no read-back."""
        return None

    def close(self) -> None:
        """Tell NOT READY and cut every connection."""
        if self._listener.fileno() < 0:
            return
        for reader in list(self._readers):
            self._tell(reader, DENIED, 0, 0)
            reader.connection.close()
        path = self._listener.getsockname()
        self._listener.close()
        if isinstance(path, str):
            with suppress(OSError):
                Path(path).unlink()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # nobody is there, or left again
            return
        if len(self._readers) >= MAX_READERS:
            connection.close()
            return
        connection.setblocking(False)
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._readers.append(_Reader(connection))

    def _read(self, reader: _Reader) -> None:
        try:
            data = reader.connection.recv(MAX_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, reader.rest = (reader.rest + data).split(b"\n")
        is_clean = all(is_challenge(line + b"\n") for line in lines)
        if not data or not is_clean or len(reader.rest) > CHALLENGE_DIGITS:
            self._cut(reader)
        elif lines:
            reader.challenge, reader.is_waiting = lines[-1].decode(), True

    def _tell(self, reader: _Reader, permission: Permission, sequence: int, now_ns: int) -> None:
        self._count += 1
        line = line_of(
            Heartbeat(
                session=self._session,
                count=self._count,
                sequence=sequence,
                remaining_ns=max(0, permission.closed_until_ns - now_ns),
                is_beam_on=permission.is_beam_on,
                alarm=permission.alarm or "",
                challenge=reader.challenge,
            ),
            self._key,
        )
        reader.is_waiting = False
        try:
            if reader.connection.send(line) == len(line):
                return
        except OSError:
            pass  # full or gone: cut off below, either way
        self._cut(reader)

    def _cut(self, reader: _Reader) -> None:
        reader.connection.close()
        if reader in self._readers:
            self._readers.remove(reader)


def open_socket_output(address: str, port: int | None, key: bytes, session: str) -> SocketOutput:
    """Listen at an address and port, or, without a port, at the path of a Unix socket.

    Raises
    ------
    OutputFault
        The place is taken or not allowed.
    """
    try:
        listener = _unix(Path(address)) if port is None else _tcp(address, port)
    except OSError as error:
        where = address if port is None else f"{address}:{port}"
        raise OutputFault(f"cannot listen at {where}: {error.strerror or error}") from error
    listener.listen(MAX_READERS)
    listener.setblocking(False)
    return SocketOutput(listener, key, session)


def _tcp(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _bound(listener, (address, port))


def _unix(path: Path) -> socket.socket:
    """Bind a Unix socket for its owner alone; one that a killed supervisor left is replaced."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()  # nobody listens any more
    listener = _bound(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), str(path))
    path.chmod(0o600)
    return listener


def _bound(listener: socket.socket, address: str | tuple[str, int]) -> socket.socket:
    try:
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener
