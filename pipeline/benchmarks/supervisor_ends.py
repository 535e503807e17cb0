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
PATIENCE_NS = 120_000_000_000  # a busy machine does not hold READY for long


class End(Protocol):
    """One far end."""

    def wiring(self) -> Wiring:
        """How the supervisor reaches it."""
        ...

    def turn(self) -> None:
        """Take what came, waiting for it a few milliseconds at most."""
        ...

    def ready_until_ns(self) -> int:
        """Until when it would let the beam on if nothing more came; 0: not now."""
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

    def ready_until_ns(self) -> int:
        """As the reference client says."""
        return 0 if self._connection is None else self._connection.watcher.ready_until_ns

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

    def ready_until_ns(self) -> int:
        """As the reference relay says."""
        return self._model.closed_until_ns

    def close(self) -> None:
        """Close the pseudo terminal."""
        os.close(self._far)
        os.close(self._near)


def is_ready(end: End) -> bool:
    """Whether the far end would let the beam on now."""
    return time.monotonic_ns() < end.ready_until_ns()


def fell_ns(end: End, meanwhile: Callable[[], None]) -> int:
    """Turn until the far end is not ready; return when.

    Where its own deadline passed, that is when: a far end is another machine, which this one's load
    does not delay. What it is told counts from when it was read.
    """
    until_ns = end.ready_until_ns()

    def is_over() -> bool:
        nonlocal until_ns
        until_ns = end.ready_until_ns() or until_ns
        return not is_ready(end)

    seen_ns = turn_until(end, is_over, meanwhile)
    return min(seen_ns, until_ns) if until_ns else seen_ns


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
