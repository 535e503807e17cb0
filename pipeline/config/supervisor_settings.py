"""How a site wires the supervisor's output: a permissive that somebody else reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.supervisor.start import Wiring


@dataclass(frozen=True)
class SupervisorSettings:
    """The site's `[supervisor]`.

    Nothing in it can stretch the lease or loosen a limit: those are constants.

    Attributes
    ----------
    key_file : Path or None
        Holds the key that the second computer shares; needed for a socket.
    """

    wiring: Wiring = field(default_factory=Wiring)
    key_file: Path | None = None
