"""Hands a live session's frames to the recorder's process, and never waits for it.

`write` puts a frame into a bounded queue; a thread sends. A frame for which there is no room is
dropped and counted. A recorder that can write no more is a failure, which the session makes a
fault: a session that shall be recorded is evidence, and is not. One that is behind, or a disk that
is nearly full, is a warning: what is missing is counted and told.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from pipeline.display.publisher import send_all
from pipeline.recorder.handed import Handed
from pipeline.recorder.recorder_status import RecorderStatus, StorageTrouble
from pipeline.recorder.wire import END, message_of
from recordings.session.convert import header_record
from recordings.session.part_limit import LIMIT_BYTES
from recordings.source import SourceHeader
from tracking.errors import TrackerError, UsageError

ROOT = Path(__file__).resolve().parents[2]
MAX_WAITING = 30  # frames, a second: some 80 MB at 848x480
START_S, END_S = 30.0, 30.0
STUCK_S = 10.0  # a disk that takes nothing for so long does not come back by itself
TICK_S = 0.25
LOOK_S = 1.0
BEHIND, CAUGHT_UP = 8, 2  # frames that wait
LOW_BYTES = 2_000_000_000  # a few minutes
TOLD_S = 30.0  # a warning of dropped frames stays so long
# Of glibc (`man 3 mallopt`): the recorder's process keeps the memory that a frame takes, rather
# than hand it back and take it anew for the next one. It then holds what it needed at most.
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "33554432"}


class LiveRecorder:
    """One recording; use `recording_to`. No file of it becomes larger than `limit_bytes`.

    Raises
    ------
    UsageError
        The file exists or its folder cannot be written.
    """

    def __init__(
        self,
        path: Path,
        header: SourceHeader,
        max_waiting: int = MAX_WAITING,
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        self._path, self._max_waiting = path, max_waiting
        self._waiting: deque[Callable[[], Handed]] = deque()
        self._free_bytes: int | None = None
        self._looked_s, self._was_behind = -LOOK_S, False
        self._changed = threading.Condition()
        self._is_ending, self._is_finished = False, False
        self._status = RecorderStatus()
        self._dropped_s, self._n_taken = -TOLD_S, 0
        self._heard = b""
        self._server, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "pipeline.recorder.process", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                cwd=ROOT,
                env={**os.environ, **_MEMORY},
                start_new_session=True,
            )
        start = {
            "path": str(path.resolve()),
            "header": header_record(header).model_dump(mode="json"),
            "limit_bytes": limit_bytes,
        }
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(BrokenPipeError), pipe:
                pipe.write(json.dumps(start).encode())
        self._wait_until_ready()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def status(self) -> RecorderStatus:
        """As of now; never waits."""
        with self._changed:
            status, n_waiting = self._status, len(self._waiting)
            has_dropped = time.monotonic() - self._dropped_s < TOLD_S
        if status.failure:
            n_lost = self._n_taken - status.n_written
            stopped = frozenset({StorageTrouble.STOPPED})
            return replace(status, n_dropped=status.n_dropped + n_lost, troubles=stopped)
        free_bytes, troubles = self._free_bytes, set[StorageTrouble]()
        if has_dropped:
            troubles.add(StorageTrouble.DROPPING)
        elif self._is_behind(n_waiting):
            troubles.add(StorageTrouble.BEHIND)
        if free_bytes is not None and free_bytes < LOW_BYTES:
            troubles.add(StorageTrouble.NEARLY_FULL)
        return replace(
            status, n_waiting=n_waiting, troubles=frozenset(troubles), free_bytes=free_bytes
        )

    def _is_behind(self, n_waiting: int) -> bool:
        """Once it is, until it has caught up: a number about the limit would tell it ever anew."""
        self._was_behind = n_waiting >= (CAUGHT_UP if self._was_behind else BEHIND)
        return self._was_behind

    @property
    def process_id(self) -> int:
        """Of the process that writes."""
        return self._process.pid

    def write(self, made: Callable[[], Handed]) -> bool:
        """Queue one frame; False where there is no room for it, or nothing is written any more.

        `made` is called by the thread that sends: it may read only what is never changed.
        """
        with self._changed:
            has_room = len(self._waiting) < self._max_waiting and not self._status.failure
            if has_room:
                self._waiting.append(made)
                self._n_taken += 1
                self._changed.notify()
            else:
                self._dropped_s = time.monotonic()
                self._status = replace(self._status, n_dropped=self._status.n_dropped + 1)
        return has_room

    def close(self) -> RecorderStatus:
        """Let what waits be written, finish the file, and end the process; safe to call twice."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()
        self._thread.join(STUCK_S + END_S)  # longer than it waits for the recorder itself
        self._server.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        return self.status

    def _wait_until_ready(self) -> None:
        self._server.settimeout(START_S)
        told = b""
        with suppress(OSError):
            while not told.endswith(b"\n") and (part := self._server.recv(4096)):
                told += part
        answer = json.loads(told) if told.endswith(b"\n") else {"failure": "it did not start"}
        if not answer.get("is_ready"):
            self._process.kill()
            self._process.wait()
            self._server.close()
            raise UsageError(
                f"--record: {self._path} cannot be recorded to.",
                actual=str(answer.get("failure")).splitlines()[0],
                remedy="Name a new file in a folder that can be written.",
            )
        self._server.setblocking(False)

    def _run(self) -> None:
        silence = f"the disk has taken nothing for {STUCK_S:.0f} s"
        try:
            while (made := self._next()) is not None:
                send_all(self._server, message_of(made()), time.monotonic() + STUCK_S)
                self._hear()
            send_all(self._server, [memoryview(END)], time.monotonic() + STUCK_S)
            silence = f"the recorder has not finished its file, and said nothing for {END_S:.0f} s"
            self._server.setblocking(True)
            self._server.settimeout(END_S)
            while not self._is_finished:
                self._hear()
        except TimeoutError:
            self._fail(silence)
        except OSError as error:
            with suppress(OSError):
                self._hear()  # its last words say more
            self._fail(f"the recorder is gone: {error.strerror or error}")
        except TrackerError as error:
            self._fail(str(error).splitlines()[0])
        except Exception as error:  # noqa: BLE001 - of a frame that cannot be told: never silently
            self._fail(f"a frame cannot be told: {type(error).__name__} {error}".splitlines()[0])

    def _next(self) -> Callable[[], Handed] | None:
        """The next frame; None at the end. Looks after process and disk while it waits."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_ending, TICK_S)
                made = self._waiting.popleft() if self._waiting else None
            self._look()
            if made is not None or self._is_ending:
                return made
            self._hear()

    def _hear(self) -> None:
        """Take what the process says; ConnectionError where it is gone."""
        try:
            part = self._server.recv(4096)
        except BlockingIOError:
            return
        if not part and not self._is_finished:
            raise ConnectionResetError("its process has ended")
        *lines, self._heard = (self._heard + part).split(b"\n")
        for line in lines:
            told = json.loads(line)
            self._is_finished |= bool(told.get("is_finished"))
            if "failure" in told:
                self._fail(str(told["failure"]).splitlines()[0])
            if "n_written" in told:
                with self._changed:
                    self._status = replace(
                        self._status,
                        n_written=int(told["n_written"]),
                        n_parts=int(told["n_parts"]),
                    )

    def _fail(self, why: str) -> None:
        with self._changed:
            if self._status.failure:
                return
            self._waiting.clear()
            self._status = replace(self._status, failure=why, n_waiting=0)

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_S:
            return
        self._looked_s, free_bytes = now_s, None
        with suppress(OSError):
            free_bytes = shutil.disk_usage(self._path.parent).free
        self._free_bytes = free_bytes  # at once: the session reads it meanwhile


@contextmanager
def recording_to(
    path: Path,
    header: SourceHeader,
    max_waiting: int = MAX_WAITING,
    limit_bytes: int = LIMIT_BYTES,
) -> Iterator[LiveRecorder]:
    """Record until the context ends. Raises UsageError where the file cannot be made."""
    recorder = LiveRecorder(path, header, max_waiting, limit_bytes)
    try:
        yield recorder
    finally:
        recorder.close()
