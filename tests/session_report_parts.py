"""A session for its report: confirmed by two, beam on, one deviation under it, beam off."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from pipeline.audit.head import PrintedHead, head_text
from pipeline.config.load import RunConfig
from pipeline.session.events import Event, EventKind
from pipeline.session.refusals import Refusal
from pipeline.session_report.build import SessionTold, build_facts
from pipeline.session_report.facts import SessionFacts, StateFacts
from pipeline.session_report.facts_file import Picture
from pipeline.session_report.gather import Gatherer
from pipeline.session_report.in_force import InForce
from pipeline.sinks.sink import FrameResult
from tests.builders_results import (
    APPLICATOR,
    PLAN,
    Geometry,
    hidden,
    make_alignment,
    make_context,
    make_result,
    make_rig,
)
from tracking.decision import Verdict
from tracking.reasons import Reason

BEAM_ON, DEVIATION, BEAM_OFF = 4, 6, 8
PERSONS = ("physicist-1", "surgeon-1")
EPOCH_NS = 1_767_258_000 * 10**9  # 2026-01-01T09:00:00Z
CONFIG = RunConfig(
    rig=make_rig(),
    plan=PLAN,
    applicator=APPLICATOR,
    applicators={APPLICATOR.id: APPLICATOR},
    catalogue_id="catalogue@1",
    site=None,
    texts={},
)
TOLD = SessionTold(
    session_id="20260101T090000Z-abcdef",
    source="realsense:123",
    recorded_at="2026-01-01T09:00:00+00:00",
    camera_serial="123",
    states=(
        StateFacts(name="Daily QA", holds=True, sentence="Passed today at 07:40 UTC."),
        StateFacts(name="Rig calibration", holds=True, sentence="Holds until 2026-01-31."),
    ),
    audit_head=head_text(
        PrintedHead("20260101T090000Z-abcdef", 41, "ab" * 32, "cd" * 8, "2026-01-01T09:10Z", True)
    ),
)
IN_FORCE = InForce(CONFIG, make_context("live", "realsense:123"), 3, "oncologist-1")
EVENTS = {
    0: (Event(EventKind.TIME_OUT_REFUSED, 0, person="surgeon-1", refusal=Refusal.WRONG_PIN),),
    1: (Event(EventKind.TIME_OUT_CONFIRMED, 1, person="physicist-1"),),
    2: (Event(EventKind.TIME_OUT_COMPLETE, 2, person="surgeon-1", persons=PERSONS),),
    BEAM_ON: (Event(EventKind.BEAM_ON, BEAM_ON, person="physicist-1"),),
    BEAM_OFF: (Event(EventKind.BEAM_OFF, BEAM_OFF, person="physicist-1"),),
}


def frame(index: int) -> FrameResult:
    """READY from frame 3 on, but for one frame under the beam."""
    if index < 3:
        result = make_result(Verdict.UNSURE, (Reason.NO_TIMEOUT,), frame_index=index)
    elif index == DEVIATION:
        moved = Geometry(lateral_x_mm=4.0)
        reasons = (Reason.LATERAL_HIGH,)
        result = make_result(Verdict.HOLD, reasons, moved, frame_index=index, arming_passed=0)
    else:
        alignment = hidden(make_alignment(Geometry()), "coverage_fraction", "intrusion_mm")
        result = make_result(frame_index=index, alignment=alignment)
    record = result.record
    return replace(result, record=replace(record, stamp_ns=EPOCH_NS + record.stamp_ns))


def gathered(n_frames: int = 10) -> Gatherer:
    """The session's frames, each after its events."""
    found = Gatherer()
    for index in range(n_frames):
        found.note(EVENTS.get(index, ()))
        found.emit(frame(index), IN_FORCE)
    return found


AGAIN_ON, AGAIN_OFF = 12, 14


def gathered_twice() -> Gatherer:
    """The same, then a revision, another air gap, and a second beam."""
    found = gathered()
    revised = replace(IN_FORCE, revision=4, approved_by="surgeon-1")
    for index in range(10, 16):
        if index in (AGAIN_ON, AGAIN_OFF):
            kind = EventKind.BEAM_ON if index == AGAIN_ON else EventKind.BEAM_OFF
            found.note((Event(kind, index, person="physicist-1"), Event(kind, index)))
        result = make_result(Verdict.READY, (), Geometry(air_gap_mm=1.5), frame_index=index)
        stamp_ns = EPOCH_NS + result.record.stamp_ns
        found.emit(replace(result, record=replace(result.record, stamp_ns=stamp_ns)), revised)
    return found


@lru_cache(maxsize=1)
def live_session() -> tuple[SessionFacts, tuple[Picture, ...]]:
    """Facts and pictures of a live session."""
    return build_facts(gathered(), TOLD)


def simulated() -> SessionFacts:
    """The same facts, said to be simulated."""
    return live_session()[0].model_copy(update={"origin": "simulated"})
