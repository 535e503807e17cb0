"""Draws a whole overlay: one call, one picture."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.overlay.banner import Banner
from pipeline.overlay.bed_normal import BedNormal
from pipeline.overlay.canvas import blank_canvas
from pipeline.overlay.cone import ConeAxis, ConeOutline, ExitPlane
from pipeline.overlay.footer import Footer
from pipeline.overlay.layer import Layer
from pipeline.overlay.marked_areas import MarkedAreas
from pipeline.overlay.panel import DockingPanel
from pipeline.overlay.picture import MaskTint, Picture
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.arrays import UInt8, frozen

LAYERS: tuple[Layer, ...] = (
    Picture(),
    MaskTint(),
    ExitPlane(),
    ConeAxis(),
    ConeOutline(),
    MarkedAreas(),
    BedNormal(),
    DockingPanel(),
    Footer(),
    Banner(),  # last: nothing may ever cover the verdict
)


def draw_overlay(
    result: FrameResult, context: RunContext, layers: Sequence[Layer] = LAYERS
) -> UInt8:
    """Return the overlay of one frame, RGB, (720, 1280, 3), read-only."""
    canvas = blank_canvas(result.source_frame.frame.intrinsics.shape)
    context = context.of(result)
    for layer in layers:
        layer.draw(canvas, result, context)
    return frozen(canvas.pixels)
