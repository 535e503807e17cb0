"""What stands at the far end of an output in `bench supervisor`: a second computer, or a relay.

The relay is the reference's watchdog behind a pseudo terminal: it has no contact that takes time.
"""

from __future__ import annotations

import os
import secrets
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pipeline.supervisor.relay_model import RelayModel
from pipeline.supervisor.start import Wiring
from pipeline.supervisor.watch import Connection
from tracking.errors import FaultError

HEARTBEAT_KEY = b"of a benchmark, and nothing else"
RELAY_TICK_S = 0.0005
PATIENCE_NS = 20_000_000_000


class End(Protocol):
    """One far end."""

    def wiring(self) -> Wiring:
        """How the supervisor reaches it."""
        ...

    def turn(self) -> None:
        """Take what came, waiting for it a few milliseconds at most."""
        ...

    def is_ready(self) -> bool:
        """Whether it would let the beam on now."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class ComputerEnd:
    """The reference client on a Unix socket of its owner's."""

    def __init__(self, folder: Path) -> None:
        self._address = str(folder / secrets.token_hex(4))
        self._connection: Connection | None = None

    def wiring(self) -> Wiring:
        """A socket."""
        return Wiring(output="socket", address=self._address)

    def turn(self) -> None:
        """One turn of the reference client; a cut connection is made again."""
        try:
            if self._connection is None:
                self._connection = Connection(self._address, None, HEARTBEAT_KEY)
            self._connection.turn()
        except OSError:
            self.close()
            time.sleep(RELAY_TICK_S)

    def is_ready(self) -> bool:
        """As the reference client says."""
        return self._connection is not None and self._connection.is_ready

    def close(self) -> None:
        """Cut the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class RelayEnd:
    """The reference relay on a pseudo terminal."""

    def __init__(self) -> None:
        self._far, self._near = os.openpty()
        self._model = RelayModel()

    def wiring(self) -> Wiring:
        """A serial port."""
        return Wiring(output="serial", device=os.ttyname(self._near))

    def turn(self) -> None:
        """Feed the relay."""
        if select.select([self._far], [], [], RELAY_TICK_S)[0]:
            self._model.feed(os.read(self._far, 64), time.monotonic_ns())

    def is_ready(self) -> bool:
        """Whether the contact is closed."""
        return self._model.is_closed(time.monotonic_ns())

    def close(self) -> None:
        """Close the pseudo terminal."""
        os.close(self._far)
        os.close(self._near)


def turn_until(end: End, is_so: Callable[[], bool], meanwhile: Callable[[], None]) -> int:
    """Turn until something is so; return when. Raises FaultError where it does not come about."""
    give_up_ns = time.monotonic_ns() + PATIENCE_NS
    while not is_so():
        meanwhile()
        end.turn()
        if time.monotonic_ns() > give_up_ns:
            raise FaultError(
                "the far end of the output did not follow",
                actual=f"nothing in {PATIENCE_NS / 1e9:g} s",
                remedy="see whether the machine is overloaded",
            )
    return time.monotonic_ns()
