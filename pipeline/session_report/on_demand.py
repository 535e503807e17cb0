"""The session's report while it goes on: drawn and written by a process of its own."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from pipeline.session_report.reporter import SessionReporter
from pipeline.session_report.write import DICOM_NAME, HTML_NAME, PDF_NAME

ROOT = Path(__file__).resolve().parents[2]
CHILD = "pipeline.session_report.child"
PAGES = {"html": HTML_NAME, "pdf": PDF_NAME, "dicom": DICOM_NAME}
LONGEST_S = 120.0


class ReportOnDemand:
    """`begin` returns at once; `path` is that of the last report that was written.

    Attributes
    ----------
    has_failed : bool
        The last one could not be written.
    """

    def __init__(self, reporter: SessionReporter, folder: Path, say: Callable[[str], None]) -> None:
        self._reporter, self._out, self._say = reporter, folder / "report", say
        self._thread: threading.Thread | None = None
        self._paths: dict[str, str] = {}
        self.has_failed = False

    def begin(self) -> None:
        """Write the report as things are now; one that is being written goes on."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._write, name="report", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float = LONGEST_S) -> None:
        """Until the one that is being written is."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def path(self, kind: str) -> str:
        """Of the page ("html"), or the files for filing ("pdf", "dicom"); "" where none is."""
        return self._paths.get(kind, "")

    def _write(self) -> None:
        failure = self._failure()
        self.has_failed = bool(failure)
        if failure:
            self._say(f"The report could not be written: {failure}")
            return
        found = {kind: self._out / name for kind, name in PAGES.items()}
        self._paths = {kind: str(path) for kind, path in found.items() if path.exists()}

    def _failure(self) -> str:
        """Why it was not written; "" where it was."""
        snapshot = self._reporter.snapshot()
        if snapshot is None:
            return "no frame was decided yet"
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
