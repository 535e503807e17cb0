"""Writes a running session's report in a process of its own: `python -m` this module.

Drawing holds the interpreter for tens of milliseconds at a time, which the tracking loop must not
pay for. The parent hands over a pickled `Snapshot` on stdin: it is our own, through a private pipe.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

from pipeline.precedence import stand_back
from pipeline.session_report.facts_file import write_facts
from pipeline.session_report.reporter import Snapshot, facts_of
from pipeline.session_report.write import write_report
from tracking.errors import TrackerError

NICENESS = 15  # the tracking loop comes first


def main(out: Path) -> int:
    """Write facts into the session's folder and pages into `out`; return the exit code."""
    stand_back()
    os.nice(NICENESS)
    snapshot = pickle.load(sys.stdin.buffer)  # noqa: S301 - the parent's own
    if not isinstance(snapshot, Snapshot):
        raise TypeError(f"expected a snapshot, got {type(snapshot).__name__}")
    try:
        facts, pictures = facts_of(snapshot)
        write_facts(snapshot.session.folder, facts, pictures)
        write_report(out, facts, pictures, with_dicom=True)
    except (TrackerError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code if isinstance(error, TrackerError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
