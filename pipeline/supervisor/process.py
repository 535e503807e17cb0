"""The supervisor process: takes what it is given, opens its output, and supervises.

It imports the standard library and this folder only; an import contract and a test hold that. It is
started by `launch.py`, isolated (`-I -S`), so that no installed package can reach it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import suppress

from pipeline.supervisor.events import EventKind, Reporter, SupervisorEvent
from pipeline.supervisor.loop import EXIT_SESSION_DIED, Supervisor
from pipeline.supervisor.modem_line import LineReader, ModemLine
from pipeline.supervisor.output import NoOutput, Output, OutputFault
from pipeline.supervisor.serial_output import SerialOutput, open_port
from pipeline.supervisor.socket_output import open_socket_output
from pipeline.supervisor.start import MAX_START_BYTES, Start, Wiring, read_start

EXIT_CANNOT_START = 2
PRIORITY = 2  # above that of `pipeline.precedence`


def main(channel_fd: int) -> int:
    """Run one session's supervisor; return the exit code."""
    # Ctrl-C and a closed terminal end the session, which ends this process.
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with suppress(PermissionError):  # before the session, whose priority is real-time too
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    os.umask(0o177)  # its socket is its owner's from the first moment
    text = sys.stdin.buffer.read(MAX_START_BYTES + 1)
    if not text:  # the session died before it could say anything
        return EXIT_SESSION_DIED
    start = read_start(text)
    channel = socket.socket(fileno=channel_fd)
    try:
        output, beam_line = _opened(start)
    except OutputFault as fault:
        event = SupervisorEvent(EventKind.FAILED, time.monotonic_ns(), 0, -1, {"what": str(fault)})
        Reporter(channel).tell(event)
        return EXIT_CANNOT_START
    supervisor = Supervisor(start, channel, output, beam_line)

    def stop(_signal: int, _frame: object) -> None:
        supervisor.is_asked_to_stop = True

    signal.signal(signal.SIGTERM, stop)
    return supervisor.run()


def _opened(start: Start) -> tuple[Output, LineReader | None]:
    wiring = start.wiring
    ports: dict[str, int] = {}
    return _output(start, ports), _line(wiring.beam_input, _beam_device(wiring), ports)


def _beam_device(wiring: Wiring) -> str:
    return wiring.beam_device or wiring.device


def _output(start: Start, ports: dict[str, int]) -> Output:
    wiring = start.wiring
    if wiring.output == "socket":
        session = start.ids.session.hex()[:16]
        return open_socket_output(wiring.address, wiring.port, start.heartbeat_key, session)
    if wiring.output == "serial":
        fd = _port(wiring.device, ports)
        return SerialOutput(fd, wiring.device, _line(wiring.read_back, wiring.device, ports))
    return NoOutput()


def _line(name: str, device: str, ports: dict[str, int]) -> LineReader | None:
    """Return the line, which must be readable now."""
    if name == "none":
        return None
    line = ModemLine(_port(device, ports), name)
    try:
        line.is_on()
    except OSError as error:
        raise OutputFault(f"{device} has no line {name}: {error.strerror or error}") from error
    return line


def _port(device: str, ports: dict[str, int]) -> int:
    """Return the open port; the relay's and the beam's may be the same one."""
    with suppress(OSError):
        device = os.path.realpath(device)
    if device not in ports:
        ports[device] = open_port(device)
    return ports[device]
