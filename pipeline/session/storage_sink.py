"""Says in the record how the session's recording stands: the display alone is soon forgotten."""

from __future__ import annotations

from pipeline.recorder.client import LiveRecorder
from pipeline.session.shell import SessionShell
from pipeline.sinks.sink import FrameResult


class StorageSink:
    """Looks at the recorder after every frame; the shell notes what has changed."""

    def __init__(self, recorder: LiveRecorder, shell: SessionShell) -> None:
        self._recorder, self._shell = recorder, shell

    def emit(self, result: FrameResult) -> None:
        """Look once."""
        self._shell.recorded(self._recorder.status, result.record.frame_index)

    def close(self) -> None:
        """Nothing stays open."""
