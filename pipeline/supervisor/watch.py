"""Reference client for a second computer: READY only while fresh, signed lines say so.

    python -m pipeline.supervisor.watch --address 127.0.0.1 --port 7341 --key-file KEY

Prints the state whenever it changes. Standard library only; it needs nothing but this folder.

Freshness needs no common clock. The watcher sends a random challenge every few milliseconds and
notes when; a line that repeats it was made later, so READY counts from the sending of the
challenge, for as long as the line says. A line that was delayed, recorded or replayed is too old by
its own words.

Fails to: NOT READY.
"""

from __future__ import annotations

import argparse
import secrets
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from pipeline.supervisor.heartbeat import CHALLENGE_DIGITS, MAX_LINE_BYTES, Heartbeat, read_line

CHALLENGE_NS = 10_000_000
MAX_CHALLENGES = 64  # older ones can no longer make a line count
RECONNECT_S = 0.5


@dataclass
class Watcher:
    """Judges the lines of one connection. Times are the second computer's own monotonic clock.

    Attributes
    ----------
    ready_until_ns : int
        READY counts before this moment.
    """

    key: bytes
    _sent_ns: dict[str, int] = field(default_factory=dict)
    _count: int = 0
    _session: str = ""
    ready_until_ns: int = 0

    def challenge(self, now_ns: int) -> bytes:
        """Return what to send now."""
        digits = secrets.token_hex(CHALLENGE_DIGITS // 2)
        self._sent_ns[digits] = now_ns
        while len(self._sent_ns) > MAX_CHALLENGES:
            del self._sent_ns[next(iter(self._sent_ns))]
        return digits.encode() + b"\n"

    def take(self, line: bytes) -> Heartbeat | None:
        """Judge a line; return it where it counts. Without signature or news it changes nothing."""
        heartbeat = read_line(line, self.key)
        if heartbeat is None:
            return None
        if heartbeat.remaining_ns <= 0:
            self.ready_until_ns = 0  # NOT READY counts whenever it was made
        is_new = heartbeat.count > self._count and heartbeat.challenge in self._sent_ns
        if not is_new or self._session not in ("", heartbeat.session):
            return None
        self._count, self._session = heartbeat.count, heartbeat.session
        if heartbeat.remaining_ns > 0:
            until_ns = self._sent_ns[heartbeat.challenge] + heartbeat.remaining_ns
            self.ready_until_ns = max(self.ready_until_ns, until_ns)
        return heartbeat

    def is_ready(self, now_ns: int) -> bool:
        """Whether READY counts at this moment."""
        return now_ns < self.ready_until_ns


class Connection:
    """A watcher on a socket."""

    def __init__(self, address: str, port: int | None, key: bytes) -> None:
        family = socket.AF_UNIX if port is None else socket.AF_UNSPEC
        if family == socket.AF_UNIX:
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.connect(address)
        else:
            self._socket = socket.create_connection((address, port), timeout=RECONNECT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self.watcher = Watcher(key)
        self._rest = b""
        self._next_ns = 0

    def turn(self) -> Heartbeat | None:
        """Challenge where due, wait a few milliseconds, judge what came; return the last good line.

        Raises
        ------
        OSError
            The supervisor is gone, or sent what is no line: READY ends here.
        """
        now_ns = time.monotonic_ns()
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + CHALLENGE_NS
            self._socket.send(self.watcher.challenge(now_ns))
        wake_ns = self._next_ns
        if self.watcher.is_ready(now_ns):
            wake_ns = min(wake_ns, self.watcher.ready_until_ns)
        select.select([self._socket], [], [], (wake_ns - now_ns) / 1e9)
        try:
            data = self._socket.recv(MAX_LINE_BYTES * MAX_CHALLENGES)
        except BlockingIOError:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        if not data or len(self._rest) > MAX_LINE_BYTES:
            raise ConnectionError("the supervisor is gone")
        good = [found for line in lines if (found := self.watcher.take(line + b"\n")) is not None]
        return good[-1] if good else None

    @property
    def is_ready(self) -> bool:
        """Whether READY counts now."""
        return self.watcher.is_ready(time.monotonic_ns())

    def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()


def watch(address: str, port: int | None, key: bytes) -> NoReturn:
    """Print READY or NOT READY whenever it changes, and connect again where the line is cut."""
    told = None
    while True:
        connection = None
        try:
            connection = Connection(address, port, key)
            while True:
                connection.turn()
                told = _tell(is_ready=connection.is_ready, told=told)
        except OSError:
            told = _tell(is_ready=False, told=told)
            time.sleep(RECONNECT_S)
        finally:
            if connection is not None:
                connection.close()


def _tell(*, is_ready: bool, told: bool | None) -> bool:
    if is_ready is not told:
        sys.stdout.write(f"{time.monotonic():.3f} {'READY' if is_ready else 'NOT READY'}\n")
        sys.stdout.flush()
    return is_ready


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Shows the supervisor's READY on this computer.")
    parser.add_argument("--address", default="127.0.0.1", help="Or the path of a Unix socket.")
    parser.add_argument("--port", type=int, help="Left out for a Unix socket.")
    parser.add_argument("--key-file", type=Path, required=True, help="64 hex digits or more.")
    given = parser.parse_args()
    key = bytes.fromhex(given.key_file.read_text(encoding="ascii"))
    try:
        watch(given.address, given.port, key)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
