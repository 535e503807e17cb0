"""The verdict, readable from across the room: word, shape, first reason, what to do."""

from __future__ import annotations

import cv2

from pipeline.overlay.canvas import BANNER_BOX, Canvas
from pipeline.overlay.guidance import Way, moves
from pipeline.overlay.palette import BANNERS
from pipeline.overlay.shapes import draw_verdict_shape
from pipeline.overlay.text import draw_text, text_width
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.reasons import TEXTS, Reason

VERDICT_WORDS: dict[Verdict, str] = {
    Verdict.READY: "GEOMETRY READY",
    Verdict.HOLD: "HOLD",
    Verdict.UNSURE: "UNSURE",
    Verdict.FAULT: "FAULT",
}
READY_SENTENCE = "Every checked quantity is inside the plan."
READY_ACTION = "Keep still."

WORD_PX, LINE_PX = 76, 40  # cap heights of 55 and 29 px: 23 and 12 mm on a 24 inch screen
SHAPE_RADIUS_PX = 72
TEXT_LEFT_PX = 182
MARGIN_PX = 24


class Banner:
    """Fills the top of the canvas with the verdict."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw word, shape, sentence and action; for ARMING also how far it is."""
        decision = result.record.decision
        colours = BANNERS[decision.verdict]
        box = BANNER_BOX
        band = canvas.pixels[box.top : box.bottom, box.left : box.right]
        cv2.rectangle(band, (0, 0), (box.width, box.height), colours.fill, cv2.FILLED)
        shape_centre = (TEXT_LEFT_PX // 2, box.height // 2)
        draw_verdict_shape(
            band, decision.verdict, shape_centre, SHAPE_RADIUS_PX, colours.text, colours.fill
        )
        word = VERDICT_WORDS[decision.verdict]
        draw_text(band, word, (TEXT_LEFT_PX, 45), WORD_PX, colours.text)
        room = box.width - TEXT_LEFT_PX - MARGIN_PX
        for text, height in zip(sentences(result, context), (108, 152), strict=True):
            draw_text(band, text, (TEXT_LEFT_PX, height), LINE_PX, colours.text, max_width_px=room)
        aside = _aside(decision)
        draw_text(band, aside, (box.width - MARGIN_PX, 45), LINE_PX, colours.text, anchor="right")
        if decision.reasons == (Reason.ARMING,):
            _arming_bar(canvas, decision, text_width(word, WORD_PX) + TEXT_LEFT_PX + MARGIN_PX)


def sentences(result: FrameResult, context: RunContext) -> tuple[str, str]:
    """What is the matter, and what to do: the first reason's texts.

    For a HOLD, and where all checks pass but not all limits are inside their arming fraction, the
    measured move stands in for the reason's general action, so that banner and panel never ask
    for different things.
    """
    decision = result.record.decision
    if not decision.reasons:
        return READY_SENTENCE, READY_ACTION
    text = TEXTS[decision.reasons[0]]
    told = moves(result, context)
    way = ONLY.get(decision.reasons[0])
    for quantity in CURED_BY.get(decision.reasons[0], ()):
        found = [m for m in told if m.quantity == quantity and way in (None, m.way)]
        if found:
            parts = [found[0].text, *(move.short_text for move in found[1:])]
            return text.sentence, ", ".join(parts) + "."
    return text.sentence, text.action


_DISTANCES = ("air_gap_mm", "docking_gap_mm", "ssd_error_mm")
CURED_BY: dict[Reason, tuple[str, ...]] = {
    Reason.SSD_HIGH: _DISTANCES,
    Reason.SSD_LOW: _DISTANCES,
    Reason.COVERAGE_LOW: ("coverage_fraction",),
    Reason.AIR_GAP_HIGH: ("air_gap_mm",),
    Reason.AIR_GAP_LOW: ("air_gap_mm",),
    Reason.AIR_GAP_RIM_HIGH: ("incidence_deg",),
    Reason.INCIDENCE_HIGH: ("incidence_deg",),
    Reason.DOCKING_GAP_HIGH: ("docking_gap_mm",),
    Reason.DOCKING_GAP_LOW: ("docking_gap_mm",),
    Reason.LATERAL_HIGH: ("docking_lateral_mm",),
    Reason.TILT_HIGH: ("docking_tilt_deg",),
    Reason.ARMING: (
        "incidence_deg",
        "coverage_fraction",
        "air_gap_mm",
        "docking_gap_mm",
        "docking_lateral_mm",
        "docking_tilt_deg",
        "ssd_error_mm",
    ),
}


# The bed's distance from the source is docking gap and air gap together: a move the other way,
# right as it may be for one of the two, does not take the reason away.
ONLY: dict[Reason, Way] = {Reason.SSD_HIGH: "down", Reason.SSD_LOW: "up"}


def _aside(decision: GateDecision) -> str:
    if decision.reasons == (Reason.ARMING,):
        return f"{decision.arming_passed} of {FRAMES_TO_ARM}"
    more = len(decision.reasons) - 1
    return f"and {more} more" if more > 0 else ""


def _arming_bar(canvas: Canvas, decision: GateDecision, left: int) -> None:
    """One box for each frame that must pass, filled where it has."""
    colours = BANNERS[decision.verdict]
    for step in range(FRAMES_TO_ARM):
        corner = (left + step * 40, 28)
        opposite = (corner[0] + 30, 64)
        is_passed = step < decision.arming_passed
        cv2.rectangle(canvas.pixels, corner, opposite, colours.text, -1 if is_passed else 3)
