"""Adds the steadied pose to results on their way to the drawing sinks; decides nothing."""

from __future__ import annotations

from dataclasses import replace

from pipeline.sinks.sink import FrameResult
from tracking.display_filter import DisplayState, follow


class PoseSteadier:
    """Remembers the drawn pose from frame to frame. Records keep the pose as measured."""

    def __init__(self) -> None:
        self._state: DisplayState | None = None

    def steadied(self, result: FrameResult) -> FrameResult:
        """Return the result with its `steadied_pose`; call it once for each frame, in order."""
        record = result.record
        self._state = follow(self._state, record.registration, record.stamp_ns)
        pose = None if self._state is None else self._state.camera_from_applicator
        return replace(result, steadied_pose=pose)
