"""Reads the session's datagrams: who sent them, and no more of them than a session sends.

Standard library only: the supervisor process imports this.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.supervisor.message import DATAGRAM_BYTES

CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: unix(7), SCM_CREDENTIALS
MAX_PER_S = 500  # a session sends a few for each frame
MAX_AT_ONCE = 100  # what may have gathered while the supervisor was not running
NOBODY = -1


@dataclass(frozen=True)
class Datagram:
    """One datagram; longer ones are cut just behind the length that a message has."""

    data: bytes
    sender_pid: int


class SessionGone(Exception):  # noqa: N818 - no error: sessions end
    """The other end is closed."""


class Inbox:
    """The supervisor's end of the channel, with a budget of datagrams that refills with time."""

    def __init__(self, channel: socket.socket, now_ns: int) -> None:
        channel.setblocking(False)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._channel = channel
        self._budget = float(MAX_AT_ONCE)
        self._filled_ns = now_ns

    @property
    def is_flooded(self) -> bool:
        """Whether the budget is spent: what is still there is not read yet."""
        return self._budget < 1

    def read(self, now_ns: int) -> Iterator[Datagram]:
        """Yield what is there, as far as the budget goes. Raises SessionGone."""
        passed_s = (now_ns - self._filled_ns) / 1e9
        self._budget = min(MAX_AT_ONCE, self._budget + MAX_PER_S * passed_s)
        self._filled_ns = now_ns
        while self._budget >= 1:
            try:
                data, ancillary, _, _ = self._channel.recvmsg(
                    DATAGRAM_BYTES + 1, socket.CMSG_SPACE(CREDENTIALS.size)
                )
            except BlockingIOError:
                return
            except OSError as error:
                raise SessionGone from error
            if not data:
                raise SessionGone
            self._budget -= 1
            yield Datagram(data, _sender(ancillary))


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        is_known = level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS
        if is_known and len(data) == CREDENTIALS.size:
            pid: int = CREDENTIALS.unpack(data)[0]
            return pid
    return NOBODY
