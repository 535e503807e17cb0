"""The session's report while it goes on: facts by a thread, pages by a process of their own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from pipeline.session_report.reporter import SessionReporter
from tracking.errors import TrackerError

RUN_TRACKER = Path(__file__).resolve().parents[2] / "run_tracker.py"
PAGES = {"html": "session_report.html", "pdf": "session_report.pdf"}
LONGEST_S = 120.0


class ReportOnDemand:
    """`begin` returns at once; `paths` are those of the last report that was written."""

    def __init__(self, reporter: SessionReporter, folder: Path, say: Callable[[str], None]) -> None:
        self._reporter, self._folder, self._say = reporter, folder, say
        self._thread: threading.Thread | None = None
        self._paths: dict[str, str] = {}

    def begin(self) -> None:
        """Write the report as things are now; one that is being written goes on."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._write, name="report", daemon=True)
        self._thread.start()

    def path(self, kind: str) -> str:
        """Of the page ("html") or the file for filing ("pdf"); "" where none is written."""
        return self._paths.get(kind, "")

    def _write(self) -> None:
        try:
            if self._reporter.write() is None:
                self._say("No report: no frame was decided yet.")
                return
            command = [sys.executable, str(RUN_TRACKER), "session", "report"]
            options = ["--session", str(self._folder), "--out", str(self._folder / "report")]
            subprocess.run(  # noqa: S603 - this interpreter, this project
                [*command, *options], check=True, capture_output=True, timeout=LONGEST_S
            )
        except (TrackerError, OSError, subprocess.SubprocessError) as error:
            self._say(f"The report could not be written: {error}")
            return
        found = {kind: self._folder / "report" / name for kind, name in PAGES.items()}
        self._paths = {kind: str(path) for kind, path in found.items() if path.exists()}
