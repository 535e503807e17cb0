"""The protocol of everything that is drawn."""

from __future__ import annotations

from typing import Protocol

from pipeline.overlay.canvas import Canvas
from pipeline.sinks.sink import FrameResult, RunContext


class Layer(Protocol):
    """Draws one thing; reads the result, keeps nothing, decides nothing."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw onto the canvas in place."""
        ...
