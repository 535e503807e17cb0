"""What people did in a session, kept in its folder: a restart knows what was chosen and drawn.

One JSON line each, handed to the system before a command is answered: the end of this process, a
SIGKILL too, loses none. To the disk they go by a thread (`syncer`), a moment later: a power cut can
take the last ones. What only the running process knew, the survey that carries an outline, is gone
with it: outlines come back as lost, and have to be drawn again. A torn line is left out; what
follows it is read.

The first line names the plan that the session was begun with by its content's id, which covers the
patient: as in the audit log, no patient is named. What was done for one plan is restored for no
other. A file of an older version has no such line; nobody knows whose it is, and it is refused as
another's.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.workflow.syncer import Syncer
from tracking.errors import UsageError

FILE_NAME = "workflow.jsonl"
MAX_BYTES = 16 << 20
SESSION = "session"  # kind of the first entry
MAX_WAITING = 1000  # of what happened and could not be written yet


class WorkflowStore:
    """Entries of one session, of the plan with the content id `plan_id`.

    Raises
    ------
    UsageError
        The file cannot be read or opened, is larger than `max_bytes`, or is another plan's.
    """

    def __init__(self, folder: Path, plan_id: str, max_bytes: int = MAX_BYTES) -> None:
        self._path, self._max_bytes = folder / FILE_NAME, max_bytes
        try:
            content = self._content()
            entries = _entries(content)
            _check_plan(self._path, entries, plan_id)
            self._file = self._path.open("ab", buffering=0)
        except OSError as error:
            raise _unusable(self._path, error.strerror or str(error)) from error
        self.earlier = entries[1:]
        self._size = len(content)
        self._is_torn = bool(content) and not content.endswith(b"\n")
        self._waiting: deque[Mapping[str, Any]] = deque(maxlen=MAX_WAITING)
        self._failure = ""
        self._syncer = Syncer(lambda: os.fsync(self._file.fileno()))
        if not entries:
            self.note({"kind": SESSION, "plan": plan_id})

    @property
    def warning(self) -> str:
        """Why what is done is not kept just now; "" where it is."""
        return self._failure or self._syncer.failure

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write one line, and before it what waits.

        Raises
        ------
        OSError
            It could not be written, and is not in the file.
        """
        try:
            while self._waiting:
                self._write(self._waiting[0])
                self._waiting.popleft()
            self._write(entry)
        except OSError as error:
            self._failure = error.strerror or str(error)
            raise
        self._failure = ""
        self._syncer.ask()

    def note(self, entry: Mapping[str, Any]) -> None:
        """Write what has happened, whether it can be written or not: else it waits for `add`."""
        try:
            self.add(entry)
        except OSError:
            self._waiting.append(entry)

    def close(self) -> None:
        """Write what waits, close the file; safe to call twice."""
        if self._file.closed:
            return
        with contextlib.suppress(OSError):
            while self._waiting:
                self._write(self._waiting.popleft())
        self._syncer.close()
        self._file.close()

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry).encode() + b"\n"
        if self._is_torn:
            line = b"\n" + line
        if self._size + len(line) > self._max_bytes:
            raise OSError(errno.EFBIG, f"{FILE_NAME} is full: use another --session folder")
        try:
            n_written = self._file.write(line)
        except OSError:
            self._undo()
            raise
        if n_written != len(line):
            self._undo()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += len(line)
        self._is_torn = False

    def _undo(self) -> None:
        """Take back a part of a line; where that fails too, the next line begins anew."""
        try:
            os.ftruncate(self._file.fileno(), self._size)
        except OSError:
            self._is_torn = True

    def _content(self) -> bytes:
        try:
            with self._path.open("rb") as stream:
                content = stream.read(self._max_bytes + 1)
        except FileNotFoundError:
            return b""
        if len(content) > self._max_bytes:
            raise _unusable(self._path, f"more than {self._max_bytes} bytes")
        return content


def _entries(content: bytes) -> tuple[dict[str, Any], ...]:
    """Lines of an earlier process, oldest first."""
    found = []
    for line in content.split(b"\n"):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue  # torn by a crash; what came after it is whole
        if isinstance(entry, dict) and isinstance(entry.get("kind"), str):
            found.append(entry)
    return tuple(found)


def _check_plan(path: Path, entries: Sequence[Mapping[str, Any]], plan_id: str) -> None:
    """Raise UsageError where there are entries, and they are not known to be this plan's."""
    if not entries:
        return
    first = entries[0]
    held = first.get("plan") if first["kind"] == SESSION else None
    if held != plan_id:
        raise UsageError(
            f"The session's workflow {path} is not known to be of this plan.",
            expected=f"what was done in a session of {plan_id}",
            actual="a file that names no plan" if held is None else f"that of {held}",
            remedy="Name another --session folder: each plan, and so each patient, has its own.",
        )


def _unusable(path: Path, why: str) -> UsageError:
    return UsageError(
        f"The session's workflow {path} cannot be used.",
        expected=f"a file that can be read and written, of at most {MAX_BYTES} bytes",
        actual=why,
        remedy="Use another --session folder.",
    )
