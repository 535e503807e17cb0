"""The recorder's process: `python -m pipeline.recorder.process FD`, started by `client.py`.

It writes until the session's socket ends, and finishes the file also where the session was
killed. Every frame ends its chunk and is handed to the system: whoever is killed, what was written
stays. It answers in lines of JSON: that it is ready, how many frames are written, why it failed.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.precedence import RECORDER_NICENESS, stand_behind_the_session
from pipeline.recorder.seam import Seam
from pipeline.recorder.viewer_notes import ViewerNotes
from pipeline.recorder.wire import receive
from recordings.session.convert import source_header
from recordings.session.rotating import RotatingWriter
from recordings.session.schema import HeaderRecord
from recordings.session.writer import EncodedFrame
from tracking.errors import TrackerError

MAX_START_BYTES = 16 * 1024 * 1024


def main() -> int:
    """Write one session; return the exit code."""
    for ignored in (signal.SIGINT, signal.SIGHUP):  # Ctrl-C ends the session, which ends this
        signal.signal(ignored, signal.SIG_IGN)
    stand_behind_the_session(RECORDER_NICENESS)
    session = socket.socket(fileno=int(sys.argv[1]))
    start = json.loads(sys.stdin.buffer.read(MAX_START_BYTES))
    record = TypeAdapter(HeaderRecord).validate_python(
        start["header"] | {"embedded": tuple(tuple(pair) for pair in start["header"]["embedded"])}
    )
    try:
        _write(session, Path(start["path"]), record, int(start["limit_bytes"]))
    except (TrackerError, OSError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        _say(session, {"failure": why})
        return 1
    return 0


def _write(session: socket.socket, path: Path, record: HeaderRecord, limit_bytes: int) -> None:
    header, seam, viewer = source_header(record, "", None), Seam(), ViewerNotes()

    def begin_part(frame: EncodedFrame) -> EncodedFrame:
        return viewer.begun(seam.begun(frame))

    with RotatingWriter(
        path, header, each_frame=True, limit_bytes=limit_bytes, begin_part=begin_part
    ) as writer:
        _say(session, {"is_ready": True})
        with suppress(EOFError):
            while (handed := receive(session)) is not None:
                writer.write_encoded(viewer.added(handed.encoded()))
                seam.passed(handed.notes)
                _say(session, {"n_written": writer.n_frames, "n_parts": writer.n_parts})
    _say(session, {"is_finished": True})


def _say(session: socket.socket, told: dict[str, object]) -> None:
    with suppress(OSError):  # nobody is left to be told
        session.sendall(json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
