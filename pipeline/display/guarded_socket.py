"""A listening socket that takes no more connections once descriptors run short.

A connection that is to be encrypted is counted as a client only after it has shaken hands, and
those that never do would else use up what the console's own listener needs.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

_OPEN = Path("/proc/self/fd")


class GuardedSocket(socket.socket):
    """Made of a listening descriptor; refuses while this process has more than `most` open."""

    def __init__(self, fileno: int, most: int) -> None:
        super().__init__(fileno=fileno)
        self._most = most

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection.

        Raises
        ------
        ConnectionAbortedError
            There are too many: it was closed at once.
        """
        connection, address = super().accept()
        if sum(1 for _ in _OPEN.iterdir()) > self._most:
            connection.close()
            raise ConnectionAbortedError
        return connection, address
