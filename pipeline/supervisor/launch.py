"""Starts the supervisor process and proves it before a session begins."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from pipeline.supervisor.channel import Channel
from pipeline.supervisor.client import SupervisorClient
from pipeline.supervisor.events import EventKind
from pipeline.supervisor.identities import LeaseIds
from pipeline.supervisor.message import KEY_BYTES
from pipeline.supervisor.proof import KernelStimuli, ProofTest
from pipeline.supervisor.start import Start, Wiring, start_text
from tracking.errors import FaultError

ROOT = Path(__file__).resolve().parents[2]
HELLO_TIMEOUT_S = 10.0
BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from pipeline.supervisor.process import main; sys.exit(main(int(sys.argv[2])))"
)


def start_supervisor(
    wiring: Wiring, ids: LeaseIds, kernel_stimuli: KernelStimuli, *, heartbeat_key: bytes = b""
) -> SupervisorClient:
    """Start a supervisor, prove it, and return the loop's side of it.

    Parameters
    ----------
    kernel_stimuli
        By name: functions that show the gate what is known to be bad; at least one.
    heartbeat_key
        Shared with the second computer; needed for a socket.

    Raises
    ------
    FaultError
        The process does not start, its output cannot be opened, or (`ProofTestError`) it, or the
        gate, did not answer not ready to what is known to be bad.
    """
    if not kernel_stimuli:
        raise ValueError("the proof test needs at least one stimulus for the gate")
    key = secrets.token_bytes(KEY_BYTES)
    channel = launch(Start(key, heartbeat_key, ids, os.getpid(), wiring))
    try:
        await_hello(channel)
        ProofTest(channel, key, ids).run(kernel_stimuli)
    except BaseException:
        channel.process.kill()
        channel.process.wait()
        channel.close()
        raise
    return SupervisorClient(channel, ids, has_beam_line=wiring.beam_input != "none")


def launch(start: Start, boot: str = BOOT) -> Channel:
    """Start the process and hand it what it needs, the keys through a pipe that nobody else has.

    It runs isolated from every installed package, and in a session of its own: Ctrl-C and Ctrl-Z in
    the terminal reach the tracking alone.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-I", "-S", "-c", boot, str(ROOT), str(theirs.fileno())]
    process = subprocess.Popen(  # noqa: S603 - this interpreter, this project
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )
    theirs.close()
    if process.stdin is None:
        raise FaultError("the supervisor has no standard input")
    with suppress(BrokenPipeError), process.stdin as pipe:  # `await_hello` finds a dead process
        pipe.write(start_text(start))
    return Channel(ours, start.key, process)


def await_hello(channel: Channel) -> str:
    """Return where the output is. Raises FaultError where it cannot be opened."""
    words = (EventKind.HELLO, EventKind.FAILED)
    channel.wait_for(lambda event: event.kind in words, HELLO_TIMEOUT_S)
    for event in channel.poll():
        if event.kind is EventKind.HELLO:
            return str(event.detail["place"])
        if event.kind is EventKind.FAILED:
            raise FaultError(
                "The supervisor cannot open its output.",
                actual=str(event.detail["what"]),
                remedy="Check [supervisor] in the site file, the cable, and what else runs.",
            )
    raise FaultError(
        "The supervisor does not start.",
        actual=f"no word in {HELLO_TIMEOUT_S:g} s, exit code {channel.process.poll()}",
        remedy="Start again; its own message, if any, stands above.",
    )
