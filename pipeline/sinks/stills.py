"""`overlay.png`, and the pictures of the report: drawn once, at the end.

The most telling frame is the last READY one; in a run without any, the last with a trusted pose;
failing that the last frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.overlay.overlay import draw_overlay
from pipeline.sinks.image_file import write_png
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.arrays import UInt8
from tracking.decision import Verdict


@dataclass(frozen=True, eq=False)
class Still:
    """An overlay with what it is a picture of."""

    caption: str
    color_rgb: UInt8


class StillsSink:
    """Remembers at most six results; draws them when asked."""

    def __init__(self, path: Path, context: RunContext) -> None:
        self._path = path
        self._context = context
        self._last_of: dict[Verdict, FrameResult] = {}
        self._last_with_pose: FrameResult | None = None
        self._last: FrameResult | None = None
        self._is_closed = False

    def emit(self, result: FrameResult) -> None:
        """Remember what may be shown."""
        self._last = result
        self._last_of[result.record.decision.verdict] = result
        if result.record.registration.is_ok:
            self._last_with_pose = result

    def close(self) -> None:
        """Write the most telling frame; safe to call twice."""
        telling = self.most_telling
        if telling is not None and not self._is_closed:
            write_png(self._path, draw_overlay(telling, self._context))
        self._is_closed = True

    @property
    def most_telling(self) -> FrameResult | None:
        """The frame of `overlay.png`; None before the first frame."""
        return self._last_of.get(Verdict.READY) or self._last_with_pose or self._last

    def stills(self) -> tuple[Still, ...]:
        """The last frame of each verdict that occurred, in the order of `Verdict`."""
        return tuple(
            Still(
                f"Last {verdict} frame: {self._last_of[verdict].record.frame_index}",
                draw_overlay(self._last_of[verdict], self._context),
            )
            for verdict in Verdict
            if verdict in self._last_of
        )
