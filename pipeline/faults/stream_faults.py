"""Faults of the stream itself: what comes when, and whether it is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.faults.fault import WINDOW, Case, Fault, FaultedMoment, changed, fault, with_fields
from pipeline.faults.nominal import PERIOD_NS, Moment
from tracking.reasons import Reason
from tracking.snapshot import Snapshot

WRAP = 2**32  # the camera's frame counter
HOUR_MS = 3.6e6


def _dropped(case: Case) -> list[FaultedMoment]:
    """Frames are lost; the first ones after the gap are good and must arm anew."""
    n_lost = (7, 9, 12, 20, 60)[case.severity - 1]
    later = [case.session.moment(case.onset + n_lost + i) for i in range(9)]
    return [FaultedMoment(moment) for moment in later]


def _silent(_case: Case) -> list[FaultedMoment]:
    """Nothing comes any more: a worker died, a cable was pulled, a process was stopped."""
    return []


def _repeated(case: Case, moments: Sequence[Moment], **kept: bool) -> list[FaultedMoment]:
    """Frames of the past come again as today's, with or without new counter and stamp."""
    result = []
    for today, old in zip(case.window, moments, strict=True):
        frame = old.frame
        if kept.get("new_counter", False):
            frame = replace(frame, frame_index=today.frame.frame_index)
        if kept.get("new_stamp", False):
            frame = replace(frame, stamp_ns=today.frame.stamp_ns)
        result.append(FaultedMoment(Moment(frame, today.decided_ns)))
    return result


def _last(case: Case) -> Moment:
    return case.session.moment(case.onset - 1)


def _duplicated(case: Case) -> list[FaultedMoment]:
    """The last frame comes `severity` times more; then the stream goes on, latched."""
    again = _repeated(case, [_last(case)] * WINDOW)[: case.severity]
    return [*again, *(FaultedMoment(moment) for moment in case.window[case.severity :])]


def _frozen(case: Case) -> list[FaultedMoment]:
    return _repeated(case, [_last(case)] * WINDOW, new_counter=True, new_stamp=True)


def _looped(case: Case) -> list[FaultedMoment]:
    period = 1 + case.severity  # 2 .. 6 frames
    moments = [case.session.moment(case.onset - period + i % period) for i in range(WINDOW)]
    return _repeated(case, moments, new_counter=True, new_stamp=True)


def _replayed(case: Case) -> list[FaultedMoment]:
    """An older stretch of the session comes again, as it was."""
    start = max(0, case.onset - WINDOW - case.severity)
    moments = [case.session.moment(start + i) for i in range(WINDOW)]
    return _repeated(case, moments)


def _reordered(case: Case) -> list[FaultedMoment]:
    """Two frames change places; the one that comes late is the fault."""
    window = case.window
    i = case.severity
    window[i], window[i - 1] = (
        Moment(window[i - 1].frame, window[i].decided_ns),
        Moment(window[i].frame, window[i - 1].decided_ns),
    )
    return [FaultedMoment(moment, is_faulted=k >= i) for k, moment in enumerate(window)]


def _shifted(frame: Snapshot, *, stamp_ns: int = 0, index: int = 0) -> Snapshot:
    return replace(frame, stamp_ns=frame.stamp_ns + stamp_ns, frame_index=frame.frame_index + index)


def _clock_reset(case: Case) -> list[FaultedMoment]:
    back_ns = case.window[0].frame.stamp_ns - (case.severity - 1) * PERIOD_NS // 4
    return [
        FaultedMoment(replace(moment, frame=_shifted(moment.frame, stamp_ns=-back_ns)))
        for moment in case.window
    ]


def _counter_wrapped(case: Case) -> list[FaultedMoment]:
    first = case.window[0].frame.frame_index
    return [
        FaultedMoment(
            replace(moment, frame=replace(moment.frame, frame_index=k % WRAP + case.severity - 1))
        )
        for k, moment in enumerate(case.window)
        if first > WINDOW
    ]


def _aged(moment: Moment, by_ms: float) -> Moment:
    return replace(moment, frame=replace(moment.frame, age_ms=moment.frame.age_ms + by_ms))


def _slow(case: Case) -> list[FaultedMoment]:
    """Every frame waits for its turn: it is decided late, and old by then."""
    late_ms = (115.0, 130.0, 150.0, 400.0, 5e3)[case.severity - 1]
    return [
        FaultedMoment(
            replace(_aged(moment, late_ms), decided_ns=moment.decided_ns + round(late_ms * 1e6))
        )
        for moment in case.window
    ]


def _stepped_forward(case: Case) -> list[FaultedMoment]:
    """The wall clock jumped ahead: every frame seems old."""
    step_ms = (115.0, 1e3, 6e4, HOUR_MS, 24 * HOUR_MS)[case.severity - 1]
    return [FaultedMoment(_aged(moment, step_ms)) for moment in case.window]


def _from_the_future(frame: Snapshot, case: Case) -> Snapshot:
    """The wall clock stepped back, or the camera's runs ahead."""
    return replace(frame, age_ms=frame.age_ms - (60.0, 100.0, 1e3, 1e6, 3.6e6)[case.severity - 1])


STREAM_FAULTS: tuple[Fault, ...] = (
    fault("frames dropped", _dropped, Reason.ARMING),
    fault("worker dead", _silent),
    fault("frame duplicated", _duplicated, Reason.CLOCK_WENT_BACK, Reason.FAULT_LATCHED),
    fault("frozen with moving stamps", _frozen, Reason.FRAME_REPEATED),
    fault("frozen in a loop", _looped, Reason.FRAME_REPEATED),
    fault("old stretch replayed", _replayed, Reason.CLOCK_WENT_BACK),
    fault("frames reordered", _reordered, Reason.CLOCK_WENT_BACK, Reason.FAULT_LATCHED),
    fault(
        "stamp stuck",
        changed(lambda frame, case: replace(frame, stamp_ns=_last(case).frame.stamp_ns)),
        Reason.CLOCK_WENT_BACK,
    ),
    fault(
        "counter stuck",
        changed(lambda frame, case: replace(frame, frame_index=_last(case).frame.frame_index)),
        Reason.CLOCK_WENT_BACK,
    ),
    fault("counter wrapped", _counter_wrapped, Reason.CLOCK_WENT_BACK, Reason.FAULT_LATCHED),
    fault("device clock reset", _clock_reset, Reason.CLOCK_WENT_BACK, Reason.FAULT_LATCHED),
    fault("processor slow", _slow, Reason.FRAME_STALE),
    fault("wall clock stepped forward", _stepped_forward, Reason.FRAME_STALE),
    fault("wall clock stepped back", changed(_from_the_future), Reason.FRAME_STALE),
    fault("age not a number", with_fields(age_ms=float("nan")), Reason.FRAME_STALE),
    fault("frame without content", with_fields(depth_sha256=""), Reason.FRAME_REPEATED),
)
