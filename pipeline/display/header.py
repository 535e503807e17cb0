"""What a frame tells the page: codes and numbers of `PROTOCOL.md`, made of one result.

Words for people are the page's. After a FAULT no bar, dial or move carries a number: its input is
broken. What the server draws from stands under `drawn_from` and never reaches a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from calibration.directions import direction_words
from pipeline.display.wire import FRAME, PICTURE, PROTOCOL, Image
from pipeline.overlay.dial import DialReading
from pipeline.overlay.footer import is_device
from pipeline.overlay.guidance import Move, moves
from pipeline.overlay.limits import LimitedQuantity, limited_quantities
from pipeline.overlay.marked_areas import marked_lines
from pipeline.overlay.panel import dial_readings
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.alignment import Alignment
from tracking.arrays import Float
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.frame import RgbdFrame
from tracking.marks import AREA_AT_RISK, keep_out_name
from tracking.record import FrameRecord, alignment_json

UNITS = {"°": "deg"}
DIALS = (("docking_lateral_mm", "mm"), ("docking_tilt_deg", "deg"))
NO_SURVEY = "NONE"


def frame_header(
    result: FrameResult,
    context: RunContext,
    *,
    sequence: int,
    picture: int,
    holds_lease: bool,
    view: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the header of one frame, ready for JSON.

    Parameters
    ----------
    picture
        Number of the picture that belongs to it.
    holds_lease
        Whether the supervisor holds READY for this frame.
    view
        `session` (the workflow's state) and `drawing` (marked areas); None where there are none.
    """
    record, context = result.record, context.of(result)
    decision = record.decision
    view = view or {}
    shown = record.alignment if decision.verdict is not Verdict.FAULT else Alignment()
    bars = limited_quantities(shown, context.plan.limits)
    dials = dial_readings(shown, {bar.name: bar for bar in bars})
    height, width = result.source_frame.frame.intrinsics.shape
    return {
        "protocol": PROTOCOL,
        "kind": FRAME,
        "sequence": sequence,
        "frame_index": record.frame_index,
        "stamp_ns": record.stamp_ns,
        "origin": context.origin,
        "recording": not is_device(context),
        "verdict": str(decision.verdict),
        "reasons": [str(reason) for reason in decision.reasons],
        "arming": {"passed": decision.arming_passed, "needed": FRAMES_TO_ARM},
        "holds_lease": holds_lease,
        "alignment": alignment_json(record.alignment),
        "bars": [_bar(bar) for bar in bars],
        "dials": [_dial(*name, dial) for name, dial in zip(DIALS, dials, strict=True)],
        "labels": vars(direction_words(context.rig.labels)),
        "moves": [_move(move) for move in moves(result, context)],
        "picture": {
            "number": picture,
            "width": width,
            "height": height,
            "grey": result.source_frame.frame.color_rgb is None,
        },
        "evidence": _evidence(record, result),
        "mask": None,
        "stage_ms": dict(record.stage_ms),
        "session": view.get("session"),
        "drawn_from": {
            "areas": _areas(result, view.get("drawing") or {}),
            **_drawn_from(result, context),
        },
    }


def picture_header(frame: RgbdFrame, number: int) -> dict[str, Any]:
    """What is told of a picture that goes ahead of its frame."""
    return {
        "protocol": PROTOCOL,
        "kind": PICTURE,
        "number": number,
        "drawn_from": _camera(frame),
    }


def picture_images(frame: RgbdFrame) -> dict[str, Image]:
    """The image that a picture is made of: colour, or depth where there is none."""
    if frame.color_rgb is None:
        return {"depth": frame.depth_raw}
    return {"colour": frame.color_rgb}


def frame_images(result: FrameResult, *, with_picture: bool = True) -> dict[str, Image]:
    """The images that the server draws a frame from; without its picture where that went ahead."""
    picture = picture_images(result.source_frame.frame) if with_picture else {}
    return {**picture, "labels": result.segmentation.labels}


def _bar(bar: LimitedQuantity) -> dict[str, Any]:
    return {
        "name": bar.name,
        "unit": UNITS.get(bar.unit, bar.unit),
        "value": bar.measurement.value,
        "sigma": bar.measurement.sigma,
        "lower": bar.lower,
        "upper": bar.upper,
        "planned": bar.planned,
        "inside": bar.is_inside,
    }


def _dial(name: str, unit: str, dial: DialReading) -> dict[str, Any]:
    return {
        "name": name,
        "unit": unit,
        "x": dial.x,
        "y": dial.y,
        "sigma": dial.sigma,
        "tolerance": dial.tolerance,
        "inside": dial.is_inside,
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "mover": move.mover,
        "quantity": move.quantity,
        "amount": move.amount,
        "unit": UNITS.get(move.unit, move.unit),
        "way": move.way,
        "label": move.direction if move.way == "label" else None,
    }


def _evidence(record: FrameRecord, result: FrameResult) -> dict[str, Any]:
    registration, survey = record.registration, record.survey
    depth = result.source_frame.frame.depth_raw
    return {
        "fill_rate": np.count_nonzero(depth) / depth.size,
        "inlier_fraction": registration.inlier_fraction,
        "residual_spread": registration.residual_spread,
        "axis_sigma_deg": registration.axis_sigma_deg,
        "exit_sigma_mm": registration.exit_sigma_mm,
        "n_points": registration.n_points,
        "registration": str(registration.status),
        "bed": str(record.bed.status),
        "bed_seen_deg": record.bed.seen_deg,
        "bed_residual_rms_mm": record.bed.residual_rms_mm,
        "survey": NO_SURVEY if survey.survey is None else str(survey.status),
        "survey_frames": 0 if survey.survey is None else survey.survey.n_frames,
        "doubt": record.doubt.score,
        "doubt_limit": record.doubt.limit,
    }


def _areas(result: FrameResult, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Lines of what people drew and of what the plan itself marks, where it lies now."""
    keep_out = list(drawn.get("keep_out", []))
    at_risk = list(drawn.get(AREA_AT_RISK, []))
    known = {keep_out_name(area["name"]) for area in keep_out} | (
        {AREA_AT_RISK} if at_risk else set()
    )
    for name, outlines in marked_lines(result, known).items():
        lines = [_closed(outline) for outline in outlines]
        if name == AREA_AT_RISK:
            at_risk = lines
        elif lines:
            keep_out.append({"name": name.removeprefix(keep_out_name("")), "lines": lines})
    return {**drawn, AREA_AT_RISK: at_risk, "keep_out": keep_out}


def _closed(outline: Float) -> list[list[float]]:
    lines: list[list[float]] = np.round(np.concatenate([outline, outline[:1]]), 1).tolist()
    return lines


def _drawn_from(result: FrameResult, context: RunContext) -> dict[str, Any]:
    pose, cone = result.drawn_pose, context.applicator
    return {
        "pose": None if pose is None else pose.tolist(),
        "trusted": result.record.registration.is_ok,
        **_camera(result.source_frame.frame),
        "applicator": {
            "id": cone.id,
            "machine": cone.machine,
            "inner_diameter_mm": cone.inner_diameter_mm,
            "wall_mm": cone.wall_mm,
            "length_mm": cone.length_mm,
            "bevel_deg": cone.bevel_deg,
            "ring_diameter_mm": cone.ring_diameter_mm,
            "ring_height_mm": cone.ring_height_mm,
        },
    }


def _camera(frame: RgbdFrame) -> dict[str, Any]:
    return {"intrinsics": asdict(frame.intrinsics), "depth_unit_mm": frame.depth_unit_mm}
