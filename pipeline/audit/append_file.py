"""A file that only grows, has one writer, and says when its bytes are on the disk."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from pipeline.audit.errors import AuditError
from pipeline.audit.lines import open_regular

FILE_MODE = 0o640
LOCK_TRIES = 50
LOCK_PAUSE_S = 0.1  # times the tries: another session's opening or closing takes far less


class AppendFile:
    """Whole lines at the end of one file, under an exclusive lock.

    Parameters
    ----------
    path
        Where it is, or shall be.
    is_new
        True: the file must not exist. False: it must.
    waits
        Whether to wait for another process's lock, as for a ledger; a log has one writer only.

    Raises
    ------
    AuditError
        It exists or does not, against `is_new`; another process writes it; the disk refuses.
    """

    def __init__(self, path: Path, *, is_new: bool, waits: bool = False) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            if is_new:
                self._descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, FILE_MODE)
            else:
                open_regular(path, "The audit file").close()
                self._descriptor = os.open(path, flags)
        except OSError as error:
            raise _failed(path, "cannot be opened for writing", error) from error
        try:
            self._lock(waits)
            if is_new:
                sync_folder(path.parent)
        except BaseException:
            self.close()
            raise

    def append(self, data: bytes) -> None:
        """Write all of `data` and wait until the disk has it.

        Raises
        ------
        OSError
            Part of it may have been written: the file then ends with a torn line.
        """
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fdatasync(self._descriptor)

    def cut(self, size: int) -> None:
        """Drop what follows `size`: only for torn bytes that have been set aside."""
        os.ftruncate(self._descriptor, size)
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file and its lock; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _lock(self, waits: bool) -> None:
        for remaining in reversed(range(LOCK_TRIES if waits else 1)):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if remaining == 0:
                    raise _failed(
                        self.path, "is being written by another process", error
                    ) from error
                time.sleep(LOCK_PAUSE_S)
            else:
                return


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file's name durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(path: Path, what: str, error: OSError) -> AuditError:
    return AuditError(
        f"The audit file {path}: {what}.",
        actual=error.strerror or str(error),
        remedy="Choose a place on a local disk with space, and a new session id.",
    )
