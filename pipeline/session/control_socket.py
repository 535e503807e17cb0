"""The file `control.sock` in a session's folder, which only its owner may use."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import closing
from pathlib import Path

from tracking.errors import UsageError

SOCKET_NAME = "control.sock"
SOCKET_MODE = 0o600
MAX_PATH_BYTES = 107  # of a Unix socket on Linux
N_WAITING = 8  # clients whose connection the kernel keeps for the inbox


def socket_path(folder: Path) -> Path:
    """Path of the socket of the session in `folder`. Raises UsageError where it is too long."""
    path = folder / SOCKET_NAME
    length = len(os.fsencode(path))
    if length > MAX_PATH_BYTES:
        raise UsageError(
            "The path of the session's folder is too long for its socket.",
            expected=f"at most {MAX_PATH_BYTES} bytes with {SOCKET_NAME}",
            actual=f"{length} bytes: {path}",
            remedy="Use a shorter path, or one relative to the current folder.",
        )
    return path


def listen(folder: Path) -> socket.socket:
    """Open the socket of a session; one that a dead session left is replaced.

    Raises
    ------
    UsageError
        There is no such folder, a session is running in it, or something else bears the name.
    """
    path = socket_path(folder)
    if not folder.is_dir():
        raise UsageError(
            "The session's folder does not exist.", actual=str(folder), remedy="Create it."
        )
    _remove_dead(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)  # before `listen` nobody can connect
        listener.listen(N_WAITING)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise UsageError(
            "The session's socket cannot be opened.",
            actual=f"{path}: {error.strerror}",
            remedy="Choose a folder on a local disk that this user may write to.",
        ) from error
    return listener


def _remove_dead(path: Path) -> None:
    """Remove the socket of a session that is gone."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise UsageError(
            "Something that is no socket bears the name of the session's socket.",
            actual=str(path),
            remedy="Move it away, or choose another folder.",
        )
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError:
            pass  # it is alive and busy, or not ours
    raise UsageError(
        "Another session is running in this folder.",
        actual=str(path),
        remedy="Use another folder, or end the other session.",
    )
