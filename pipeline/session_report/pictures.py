"""Pictures of the reported frame: what the team saw, and the surface under the cone."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from pipeline.overlay.overlay import draw_overlay
from pipeline.session_report.facts_file import Picture
from pipeline.session_report.surface_view import surface_png
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.arrays import UInt8

OVERLAY_CAPTION = (
    "The view with the registered cone (white), its exit (blue) and the labels: tumor bed (pink), "
    "applicator (blue tint), things in the way (light)."
)
SURFACE_CAPTION = (
    "The measured surface in the applicator's axes. Left: section through the axis, with the "
    "measured points within 2 mm of it, the catalogued cone (black), and the bed that was measured "
    "with (line, band of 3 sigma). Right: standoff over the field, along the axis; dots were seen "
    "in this frame, the disc is the bed that was measured with."
)


def session_pictures(result: FrameResult, context: RunContext) -> tuple[Picture, ...]:
    """Draw the pictures of one frame; the same frame always gives the same bytes."""
    overlay = Picture("report_overlay", OVERLAY_CAPTION, png_bytes(draw_overlay(result, context)))
    section = surface_png(result, context)
    if section is None:
        return (overlay,)
    return overlay, Picture("report_surface", SURFACE_CAPTION, section)


def png_bytes(color_rgb: UInt8) -> bytes:
    """Encode RGB pixels."""
    out = BytesIO()
    Image.fromarray(color_rgb).save(out, "PNG", optimize=False)
    return out.getvalue()
