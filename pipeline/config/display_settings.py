"""Where the display is served, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class DisplaySettings:
    """The site's `[display]`; the default serves this machine alone, on a free port.

    Attributes
    ----------
    host : str
        IP address of the interface for the second viewer. The console is always on this machine.
    port : int
        0: a free one.
    viewer_token_file : Path or None
        Holds what the second viewer has to know; None: there is no second viewer.
    certificate, key : Path or None
        PEM; needed, and used, beyond this machine.
    allowed_hosts : tuple of str
        Names beside `host` by which the second viewer's browser calls this machine.
    """

    host: str = LOOPBACK
    port: int = 0
    viewer_token_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    language: str = "en"

    @property
    def is_local(self) -> bool:
        """Whether nobody beyond this machine is served."""
        return ip_address(self.host).is_loopback
