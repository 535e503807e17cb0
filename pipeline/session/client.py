"""Sends one command to a running session and waits for its answer."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from pipeline.session.answers import MAX_ANSWER_BYTES, Answer, parse_answer
from pipeline.session.commands import ClientMessage, line_of
from pipeline.session.control_socket import socket_path
from tracking.errors import UsageError

TIMEOUT_SECONDS = 8.0  # the inbox answers by itself after 5


def ask(
    folder: Path, message: ClientMessage, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> Answer:
    """Send `message` to the session in `folder` and return its answer.

    Raises
    ------
    UsageError
        No session of this user is running there, or it does not answer.
    """
    path = socket_path(folder)
    _require_own_socket(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_seconds)
        try:
            connection.connect(str(path))
            connection.sendall(line_of(message))
            answer = _read(connection)
        except (ConnectionRefusedError, FileNotFoundError) as error:
            raise _no_session(path) from error
        except (OSError, ValueError) as error:
            raise UsageError(
                "The session did not answer.",
                actual=str(error) or type(error).__name__,
                remedy="Look whether frames are being decided; `session status` tells what holds.",
            ) from error
    return answer


def _require_own_socket(path: Path) -> None:
    """A PIN goes to a session of this very user, not to whoever made a socket of that name."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _no_session(path) from error
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise UsageError(
            "This is not the socket of a session of yours.",
            expected="a socket that the current user owns",
            actual=str(path),
            remedy="Name the folder of the running session with --session.",
        )


def _read(connection: socket.socket) -> Answer:
    received = bytearray()
    while b"\n" not in received:
        part = connection.recv(MAX_ANSWER_BYTES)
        if not part:
            raise ConnectionAbortedError("it hung up without an answer")
        received += part
        if len(received) > MAX_ANSWER_BYTES:
            raise ValueError("its answer is too long to be one")
    return parse_answer(bytes(received.partition(b"\n")[0]))


def _no_session(path: Path) -> UsageError:
    return UsageError(
        "No session is running in this folder.",
        expected="the folder of a running `live` session",
        actual=str(path.parent),
        remedy="Name the folder that the session printed when it started.",
    )
