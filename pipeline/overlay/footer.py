"""Which frame of what is shown, under the picture; and whether it is live at all."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2

from pipeline.overlay.canvas import FOOTER_BOX, VIEW_BOX, Canvas
from pipeline.overlay.palette import BLACK, MUTED, PANEL, WHITE
from pipeline.overlay.text import draw_text, text_width
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.survey_alignment import AlignedSurvey, SurveyStatus

WALL_CLOCK_NS = 10**17  # stamps above (1973) count from the epoch, below from the start
_SURVEY_WORDS = {
    SurveyStatus.STALE: "survey out of date",
    SurveyStatus.LOST: "survey hidden",
}
TEXT_PX, TAG_PX = 18, 30
MARGIN_PX = 14


class Footer:
    """Frame index, time, phase, plan, applicator, survey, source; the tag that says "not live"."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw one line at the bottom and the tag in the picture's corner."""
        box = FOOTER_BOX
        corners = (box.left, box.top), (box.right, box.bottom)
        cv2.rectangle(canvas.pixels, *corners, PANEL, cv2.FILLED)
        left = footer_text(result, context)
        source = source_text(context)
        middle = box.centre[1]
        at, room = (MARGIN_PX, middle), box.width - 2 * MARGIN_PX
        width = draw_text(canvas.pixels, left, at, TEXT_PX, MUTED, bold=False, max_width_px=room)
        draw_text(
            canvas.pixels,
            source,
            (box.right - MARGIN_PX, middle),
            TEXT_PX,
            MUTED,
            bold=False,
            anchor="right",
            max_width_px=max(box.width - width - 3 * MARGIN_PX, 1),
        )
        _tag(canvas, origin_tag(context))


def footer_text(result: FrameResult, context: RunContext) -> str:
    """Frame, time, phase, plan, applicator and survey, as far as known."""
    record, truth = result.record, result.source_frame.truth
    parts = [f"frame {record.frame_index}", stamp_text(record.stamp_ns)]
    if truth is not None and truth.phase:
        parts.append(f"phase {truth.phase}")
    parts += [f"plan {context.plan.plan_id}", context.applicator.id]
    parts.append(survey_text(record.survey))
    return "  ·  ".join(parts)


def survey_text(survey: AlignedSurvey) -> str:
    """Whether the survey of the bed stands behind this frame's quantities."""
    if survey.survey is None:
        return "no survey"
    if survey.status is SurveyStatus.OK:
        return f"survey of {survey.survey.n_frames} frames"
    return _SURVEY_WORDS[survey.status]


def source_text(context: RunContext) -> str:
    """Last part of the source's name: folders above it say nothing to a reader."""
    return context.source_uri.rstrip("/").rsplit("/", 1)[-1]


def stamp_text(stamp_ns: int) -> str:
    """Seconds since the start, or the clock (UTC) where stamps count from the epoch."""
    seconds, rest = divmod(stamp_ns, 10**9)
    if stamp_ns < WALL_CLOCK_NS:
        return f"{seconds}.{rest // 10**6:03d} s"
    clock = datetime.fromtimestamp(seconds, tz=UTC).strftime("%H:%M:%S")
    return f"{clock}.{rest // 10**6:03d} UTC"


def origin_tag(context: RunContext) -> str:
    """What keeps a recording from being taken for the room: only a device is LIVE."""
    if context.origin == "simulated":
        return "SIMULATED, NOT LIVE"
    return "LIVE" if is_device(context) else "RECORDING, NOT LIVE"


def is_device(context: RunContext) -> bool:
    """Whether the frames come from a camera now, and not from a recording."""
    return context.origin == "live" and context.source_uri.split(":", 1)[0] == "realsense"


def _tag(canvas: Canvas, text: str) -> None:
    width = text_width(text, TAG_PX)
    right, bottom = VIEW_BOX.right - 8, VIEW_BOX.bottom - 8
    left, top = right - width - 20, bottom - 44
    cv2.rectangle(canvas.pixels, (left, top), (right, bottom), BLACK, -1)
    cv2.rectangle(canvas.pixels, (left, top), (right, bottom), WHITE, 2)
    middle = (left + right) // 2, (top + bottom) // 2 + 1
    draw_text(canvas.pixels, text, middle, TAG_PX, WHITE, anchor="centre")
