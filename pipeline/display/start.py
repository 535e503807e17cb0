"""What the server process is given when it starts, once, over its standard input.

The tokens come this way and no other: not on the command line, not in the environment.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.display.access import Places, Tokens

MAX_START_BYTES = 64 * 1024
READY = b"+"  # what the process says on the session's socket once it has come up
PAGE = Path(__file__).resolve().parent / "page"


@dataclass(frozen=True)
class Listener:
    """An inherited socket that listens, with or without TLS."""

    fd: int
    is_tls: bool = False


@dataclass(frozen=True)
class Start:
    """One server process.

    Attributes
    ----------
    session_fd : int
        The inherited end of the session's socket.
    plain_hosts, tls_hosts : tuple of str
        `host:port` as browsers write it.
    control : str
        Folder of the session that takes commands; empty where none does.
    page : str
        Folder of the page.
    origin, language : str
        For the page; `recording`: what is shown is not now.
    """

    session_fd: int
    listeners: tuple[Listener, ...]
    console_token: str
    viewer_token: str
    plain_hosts: tuple[str, ...]
    tls_hosts: tuple[str, ...]
    origin: str
    recording: bool
    language: str
    control: str = ""
    certificate: str = ""
    key: str = ""
    page: str = str(PAGE)

    @property
    def tokens(self) -> Tokens:
        """Who is admitted."""
        return Tokens(self.console_token, self.viewer_token)

    @property
    def places(self) -> Places:
        """Where the server may be addressed."""
        return Places(frozenset(self.plain_hosts), frozenset(self.tls_hosts))


def start_text(start: Start) -> bytes:
    """Return what is written to the process's standard input."""
    return json.dumps(asdict(start)).encode()


def read_start(text: bytes) -> Start:
    """Return the start that `start_text` wrote; raises ValueError, TypeError or KeyError."""
    if len(text) > MAX_START_BYTES:
        raise ValueError(f"more than {MAX_START_BYTES} bytes")
    table = dict(json.loads(text))
    table["listeners"] = tuple(Listener(**entry) for entry in table["listeners"])
    for name in ("plain_hosts", "tls_hosts"):
        table[name] = tuple(table[name])
    return Start(**table)
