"""What an output must do, and the output that drives nothing.

Standard library only: the supervisor process imports this.
"""

from __future__ import annotations

from typing import Protocol

from pipeline.supervisor.permissive import Permission


class OutputFault(Exception):  # noqa: N818 - "fault" is the project's word
    """The output cannot be driven or does not answer: the session's output stays open."""


class Output(Protocol):
    """Carries a permission to the outside. It opens by itself once it is no longer driven."""

    @property
    def place(self) -> str:
        """Where it can be found, for people."""
        ...

    def files(self) -> tuple[int, ...]:
        """File descriptors whose input wakes the loop."""
        ...

    def drive(self, permission: Permission, sequence: int, now_ns: int) -> int:
        """Carry on; return the moment (monotonic, ns) at which it has to be driven again.

        Never waits. Raises OutputFault.
        """
        ...

    def reads_closed(self) -> bool | None:
        """Whether it is closed by its own read-back; None without one. Raises OutputFault."""
        ...

    def close(self) -> None:
        """Open the output for good; never raises."""
        ...


FAR_NS = 2**62


class NoOutput:
    """Nothing is driven: the verdict is on the display only."""

    place = "none"

    def files(self) -> tuple[int, ...]:
        """None."""
        return ()

    def drive(self, permission: Permission, sequence: int, now_ns: int) -> int:
        """Do nothing."""
        return FAR_NS

    def reads_closed(self) -> bool | None:
        """There is no read-back."""
        return None

    def close(self) -> None:
        """Do nothing."""
