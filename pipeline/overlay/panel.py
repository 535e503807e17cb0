"""The docking panel: what to move in words, two dials, four bars."""

from __future__ import annotations

import cv2

from calibration.directions import direction_words
from pipeline.overlay.bars import draw_bar, value_text
from pipeline.overlay.canvas import PANEL_BOX, Box, Canvas
from pipeline.overlay.dial import DialReading, draw_dial
from pipeline.overlay.guidance import Move, moves
from pipeline.overlay.limits import LimitedQuantity, limited_quantities
from pipeline.overlay.palette import FAINT, MUTED, OUTSIDE, PANEL, WHITE
from pipeline.overlay.text import draw_text
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.alignment import Alignment
from tracking.arrays import UInt8
from tracking.decision import GateDecision, Verdict
from tracking.reasons import Reason

MARGIN_PX = 16
MOVE_PX, MOVE_STEP_PX, MAX_MOVES = 30, 36, 4
DIAL_RADIUS_PX, DIAL_MIDDLE_PX = 66, 272
BARS_TOP_PX, BAR_STEP_PX = 384, 34
BAR_NAMES = ("docking_gap_mm", "air_gap_mm", "incidence_deg", "ssd_error_mm")  # hidden: optional
INVALID_TEXT = "Numbers are not valid"


class DockingPanel:
    """Right of the picture. After a FAULT no number is shown: its input is broken."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw the whole panel."""
        box = PANEL_BOX
        panel = canvas.pixels[box.top : box.bottom, box.left : box.right]
        cv2.rectangle(panel, (0, 0), (box.width, box.height), PANEL, cv2.FILLED)
        cv2.line(panel, (0, 0), (0, box.height), FAINT, 2)
        if result.record.decision.verdict is Verdict.FAULT:
            middle = (box.width // 2, box.height // 2)
            draw_text(panel, INVALID_TEXT, middle, MOVE_PX, WHITE, anchor="centre")
            return
        _draw_moves(panel, result, moves(result, context))
        quantities = {
            quantity.name: quantity
            for quantity in limited_quantities(result.record.alignment, context.plan.limits)
        }
        words = direction_words(context.rig.labels)
        readings = dial_readings(result.record.alignment, quantities)
        for reading, share in zip(readings, (0.25, 0.75), strict=True):
            centre = (round(box.width * share), DIAL_MIDDLE_PX)
            draw_dial(panel, centre, DIAL_RADIUS_PX, reading, words)
        for row, name in enumerate(BAR_NAMES):
            top = BARS_TOP_PX + row * BAR_STEP_PX - BAR_STEP_PX // 2
            row_box = Box(MARGIN_PX, top, box.width - MARGIN_PX, top + BAR_STEP_PX)
            draw_bar(panel, row_box, quantities[name])


def dial_readings(
    alignment: Alignment, quantities: dict[str, LimitedQuantity]
) -> tuple[DialReading, DialReading]:
    """Readings of the lateral cross-hair and of the tilt ring (the cone's top as seen above)."""
    lateral, tilt = quantities["docking_lateral_mm"], quantities["docking_tilt_deg"]
    tilt_x = alignment.tilt_x_deg.value
    return (
        _reading("Lateral", lateral, alignment.lateral_x_mm.value, alignment.lateral_y_mm.value),
        _reading("Tilt", tilt, alignment.tilt_y_deg.value, None if tilt_x is None else -tilt_x),
    )


def _reading(
    title: str, quantity: LimitedQuantity, x: float | None, y: float | None
) -> DialReading:
    tolerance = quantity.upper if quantity.upper is not None else 1.0
    return DialReading(
        title,
        x,
        y,
        quantity.measurement.sigma,
        tolerance,
        value_text(quantity),
        quantity.is_inside,
    )


def _draw_moves(panel: UInt8, result: FrameResult, found: tuple[Move, ...]) -> None:
    room = panel.shape[1] - 2 * MARGIN_PX
    if not found:
        text = no_move_text(result.record.decision)
        at = (MARGIN_PX, 20 + MOVE_STEP_PX // 2)
        draw_text(panel, text, at, MOVE_PX, MUTED, max_width_px=room)
        return
    shown = found if len(found) <= MAX_MOVES else found[: MAX_MOVES - 1]
    for row, move in enumerate(shown):
        middle = 8 + MOVE_STEP_PX // 2 + row * MOVE_STEP_PX
        panel[middle - 13 : middle + 13, MARGIN_PX : MARGIN_PX + 6] = OUTSIDE
        at = (MARGIN_PX + 16, middle)
        draw_text(panel, move.text, at, MOVE_PX, WHITE, max_width_px=room - 16)
    if len(shown) < len(found):
        text = f"then {len(found) - len(shown)} more"
        middle = 8 + MOVE_STEP_PX // 2 + len(shown) * MOVE_STEP_PX
        draw_text(panel, text, (MARGIN_PX + 16, middle), MOVE_PX - 6, MUTED)


def no_move_text(decision: GateDecision) -> str:
    """What stands where the moves would."""
    is_arming = decision.reasons == (Reason.ARMING,) and decision.arming_passed > 0
    passes = decision.verdict is Verdict.READY or is_arming
    return "Nothing to move" if passes else "No move can be told"
