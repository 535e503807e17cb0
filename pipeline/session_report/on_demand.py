"""The session's report while it goes on: drawn and written by a process of its own."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from pipeline.say import Say
from pipeline.session.beam import beam_told
from pipeline.session.events import Event
from pipeline.session_report.reporter import SessionReporter, Snapshot
from pipeline.session_report.write import DICOM_NAME, HTML_NAME, PDF_NAME

ROOT = Path(__file__).resolve().parents[2]
CHILD = "pipeline.session_report.child"
PAGES = {"html": HTML_NAME, "pdf": PDF_NAME, "dicom": DICOM_NAME}
LONGEST_S, CLOSING_S = 120.0, 5.0
NO_FRAME = "no frame was decided yet"


class ReportOnDemand:
    """`begin` returns at once; `path` is that of the last report, until the beam goes on or off.

    Attributes
    ----------
    has_failed : bool
        The last one could not be written.
    """

    def __init__(self, reporter: SessionReporter, folder: Path, say: Say) -> None:
        self._reporter, self._out, self._say = reporter, folder / "report", say
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_asked = False
        self._is_beam_on: bool | None = None
        self._n_beam_changes = 0
        self._paths: dict[str, str] = {}
        self.has_failed = False

    def begin(self) -> None:
        """Write the report as things are now; where one is being written, another one after it."""
        with self._lock:
            self._is_asked = True
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="report", daemon=True)
                self._thread.start()

    def note(self, events: Sequence[Event]) -> None:
        """Take what was said before a frame: a report from before a beam event tells too little.

        What is said again, by a person or for the supervisor, changes nothing.
        """
        for event in events:
            is_on = beam_told(event)
            if is_on is not None and is_on != self._is_beam_on:
                with self._lock:
                    self._is_beam_on = is_on
                    self._n_beam_changes += 1
                    self._paths = {}

    def wait(self, timeout_s: float = LONGEST_S) -> None:
        """Until the one that is being written is."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def close(self) -> None:
        """Let what is being written be written, and begin nothing more.

        To be called before the reporter ends: an older report would take its facts' place.
        """
        with self._lock:
            self._is_asked = False
        self.wait(LONGEST_S + CLOSING_S)

    def path(self, kind: str) -> str:
        """Of the page ("html"), or the files for filing ("pdf", "dicom"); "" where none is."""
        return self._paths.get(kind, "")

    def _run(self) -> None:
        while self._is_next():
            self._write()

    def _is_next(self) -> bool:
        with self._lock:
            is_asked, self._is_asked = self._is_asked, False
            if not is_asked:
                self._thread = None
            return is_asked

    def _write(self) -> None:
        n_before, snapshot = self._n_beam_changes, self._reporter.snapshot()
        failure = NO_FRAME if snapshot is None else self._failure(snapshot)
        self.has_failed = bool(failure)
        if failure:
            self._say(f"The report could not be written: {failure}")
            return
        found = {kind: self._out / name for kind, name in PAGES.items()}
        is_behind = snapshot is None or snapshot.is_behind
        with self._lock:
            if n_before == self._n_beam_changes and not is_behind:
                self._paths = {kind: str(path) for kind, path in found.items() if path.exists()}

    def _failure(self, snapshot: Snapshot) -> str:
        """Why it was not written; "" where it was."""
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, this project
                [sys.executable, "-m", CHILD, str(self._out.resolve())],
                input=pickle.dumps(snapshot),
                cwd=ROOT,
                check=False,
                capture_output=True,
                timeout=LONGEST_S,
            )
        except (OSError, subprocess.SubprocessError, pickle.PicklingError, TypeError) as error:
            return str(error)
        if done.returncode:
            return done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        return ""
