"""What the supervisor is given when it starts, once, over its standard input.

The keys come this way and no other: not on the command line, not in the environment, not in a file
that the session writes. Standard library only: the supervisor process imports this.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from pipeline.supervisor.identities import LeaseIds
from pipeline.supervisor.message import KEY_BYTES
from pipeline.supervisor.permissive import AfterBeamOn

MAX_START_BYTES = 8192

OutputName = Literal["none", "socket", "serial"]
LineName = Literal["none", "cts", "dsr", "cd"]


@dataclass(frozen=True)
class Wiring:
    """Where the output is and what comes in.

    Attributes
    ----------
    address, port
        Of the socket; without a port, address is a Unix socket's path. Port 0 takes a free one.
    device : str
        Serial port of the relay.
    read_back : str
        Line of that port which the relay's feedback contact asserts while it is closed.
    beam_input, beam_device : str
        Line that the machine asserts while the beam is on, and its port.
    """

    output: OutputName = "none"
    address: str = ""
    port: int | None = None
    device: str = ""
    read_back: LineName = "none"
    beam_input: LineName = "none"
    beam_device: str = ""
    after_beam_on: AfterBeamOn = AfterBeamOn.ALARM


@dataclass(frozen=True)
class Start:
    """One session.

    Attributes
    ----------
    key : bytes
        Seals this session's messages; made for this session and known to both processes alone.
    heartbeat_key : bytes
        Signs the lines for the second computer; empty for other outputs.
    """

    key: bytes
    heartbeat_key: bytes
    ids: LeaseIds
    session_pid: int
    wiring: Wiring

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, got {len(self.key)}")
        if self.wiring.output == "socket" and len(self.heartbeat_key) < KEY_BYTES:
            raise ValueError(f"the heartbeat's key needs at least {KEY_BYTES} bytes")


def start_text(start: Start) -> bytes:
    """Return what is written to the supervisor's standard input."""
    content = {
        "key": start.key.hex(),
        "heartbeat_key": start.heartbeat_key.hex(),
        "ids": [digest.hex() for digest in start.ids.digests],
        "session_pid": start.session_pid,
        "wiring": asdict(start.wiring),
    }
    return json.dumps(content).encode()


def read_start(text: bytes) -> Start:
    """Return the start that `start_text` wrote; raises ValueError, TypeError or KeyError."""
    if len(text) > MAX_START_BYTES:
        raise ValueError(f"more than {MAX_START_BYTES} bytes")
    content = json.loads(text)
    wiring = dict(content["wiring"])
    wiring["after_beam_on"] = AfterBeamOn(wiring["after_beam_on"])
    return Start(
        key=bytes.fromhex(content["key"]),
        heartbeat_key=bytes.fromhex(content["heartbeat_key"]),
        ids=LeaseIds(*(bytes.fromhex(digest) for digest in content["ids"])),
        session_pid=content["session_pid"],
        wiring=Wiring(**wiring),
    )
