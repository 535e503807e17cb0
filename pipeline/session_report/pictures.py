"""Pictures of the reported frame: what the team saw, and the surface under the cone."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image

from pipeline.overlay.bed_normal import BedNormal
from pipeline.overlay.canvas import blank_canvas
from pipeline.overlay.cone import ConeAxis, ConeOutline, ExitPlane
from pipeline.overlay.layer import Layer
from pipeline.overlay.picture import MaskTint
from pipeline.overlay.picture import Picture as CameraPicture
from pipeline.session_report.areas import AreaLines
from pipeline.session_report.facts_file import Picture
from pipeline.session_report.surface_view import surface_png
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.arrays import UInt8

LAYERS: tuple[Layer, ...] = (
    CameraPicture(),
    MaskTint(),
    ExitPlane(),
    ConeAxis(),
    ConeOutline(),
    BedNormal(),
    AreaLines(),
)
VIEW_CAPTION = (
    "The camera's view. White: the registered cone and its axis. Blue: its exit. Arrow: the bed's "
    "normal. Tints: tumor bed (pink), applicator (blue), things in the way (light). Thin lines on "
    "the bed: area at risk (white), structures to keep out (orange)."
)
SURFACE_CAPTION = (
    "The measured surface in the applicator's axes. Left: section through the axis, with the "
    "measured points within 2 mm of it, the catalogued cone (black), and the bed that was measured "
    "with (line, band of 3 sigma). Right: standoff over the field, along the axis; dots were seen "
    "in this frame, the disc is the bed that was measured with. Lines: area at risk (green), "
    "structures to keep out (orange)."
)


def session_pictures(result: FrameResult, context: RunContext) -> tuple[Picture, ...]:
    """Draw the pictures of one frame, at its own pose; the same frame gives the same bytes."""
    result = replace(result, steadied_pose=None)
    view = Picture("report_view", VIEW_CAPTION, png_bytes(_view(result, context)))
    section = surface_png(result, context)
    if section is None:
        return (view,)
    return view, Picture("report_surface", SURFACE_CAPTION, section)


def _view(result: FrameResult, context: RunContext) -> UInt8:
    """The camera's picture with what was found in it, without banner and panel."""
    canvas = blank_canvas(result.source_frame.frame.intrinsics.shape)
    context = context.of(result)
    for layer in LAYERS:
        layer.draw(canvas, result, context)
    return np.ascontiguousarray(canvas.picture)


def png_bytes(color_rgb: UInt8) -> bytes:
    """Encode RGB pixels."""
    out = BytesIO()
    Image.fromarray(color_rgb).save(out, "PNG", optimize=False)
    return out.getvalue()
