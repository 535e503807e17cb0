"""One frame as a block of text: what was decided, why, what was measured, what has changed."""

from __future__ import annotations

from pipeline.overlay.banner import VERDICT_WORDS, sentences
from pipeline.overlay.footer import survey_text
from pipeline.overlay.guidance import moves
from pipeline.overlay.limits import LimitedQuantity, limited_quantities
from pipeline.overlay.panel import INVALID_TEXT
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.reasons import TEXTS
from tracking.record import FrameRecord

INDENT = "  "


def frame_block(
    result: FrameResult,
    context: RunContext,
    *,
    position_text: str,
    first_stamp_ns: int,
    before: FrameRecord | None,
) -> str:
    """Return the lines of one frame; `before` is the record of the frame before it."""
    record = result.record
    seconds = (record.stamp_ns - first_stamp_ns) / 1e9
    lines = [f"{position_text}   frame {record.frame_index}   {seconds:.3f} s since the first"]
    lines += [INDENT + line for line in _decided(result, context)]
    lines += [INDENT + line for line in _measured(result, context)]
    lines.append(INDENT + change_text(record, before))
    return "\n".join(lines)


def _decided(result: FrameResult, context: RunContext) -> list[str]:
    decision = result.record.decision
    word = VERDICT_WORDS[decision.verdict]
    first = " ".join(sentences(result, context))
    if not decision.reasons:
        return [f"{word}: {first}"]
    lines = [f"{word}   {decision.arming_passed} of {FRAMES_TO_ARM} armed"]
    for k, reason in enumerate(decision.reasons):
        text = TEXTS[reason]
        lines.append(f"- {reason}: {first if k == 0 else f'{text.sentence} {text.action}'}")
    told = moves(result, context)
    if told:
        lines.append("to move: " + ", ".join(move.text for move in told))
    return lines


def _measured(result: FrameResult, context: RunContext) -> list[str]:
    record = result.record
    start = "" if record.registration.camera_from_applicator is None else record.registration.start
    pose = f"pose {record.registration.status} {start}".rstrip()
    lines = [f"{pose}   bed {record.bed.status}   {survey_text(record.survey)}"]
    if record.decision.verdict is Verdict.FAULT:
        return [*lines, f"{INVALID_TEXT}; r shows the record"]
    limited = limited_quantities(record.alignment, context.plan.limits)
    return [*lines, *(quantity_line(quantity) for quantity in limited)]


def quantity_line(quantity: LimitedQuantity) -> str:
    """Label, value with its sigma, what the plan allows, and whether the value lies outside."""
    value, sigma = quantity.measurement.value, quantity.measurement.sigma
    told = "not seen" if value is None or sigma is None else f"{value:.2f} ±{sigma:.2f}"
    allowed = f"{quantity.allowed_text} {quantity.unit}".rstrip()
    outside = "   outside" if quantity.is_inside is False else ""
    return f"{quantity.label:<12}{told:>14}   allowed {allowed}{outside}"


def change_text(record: FrameRecord, before: FrameRecord | None) -> str:
    """What is new against the frame before: verdict and reasons."""
    if before is None:
        return "the first frame"
    now, then = record.decision, before.decision
    changes = []
    if now.verdict is not then.verdict:
        changes.append(f"{VERDICT_WORDS[then.verdict]} -> {VERDICT_WORDS[now.verdict]}")
    new = [str(reason) for reason in now.reasons if reason not in then.reasons]
    gone = [str(reason) for reason in then.reasons if reason not in now.reasons]
    changes += [
        f"{word} {', '.join(names)}" for word, names in (("new", new), ("gone", gone)) if names
    ]
    return f"since frame {before.frame_index}: {'; '.join(changes) or 'same verdict and reasons'}"
