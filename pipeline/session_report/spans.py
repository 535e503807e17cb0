"""Verdicts as spans of time, and what of them lies under the beam."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.session_report.facts import BeamSpan, VerdictName, VerdictSpan


@dataclass(frozen=True)
class Decided:
    """One frame's verdict."""

    frame_index: int
    stamp_ns: int
    verdict: VerdictName
    reasons: tuple[str, ...]

    @property
    def first_reason(self) -> str:
        """What people are told first; "" for READY."""
        return self.reasons[0] if self.reasons else ""


@dataclass(frozen=True)
class BeamTold:
    """Beam on or off, told before the decision of frame `frame_index`."""

    frame_index: int
    is_on: bool
    person: str


def spans(decided: Iterable[Decided]) -> tuple[VerdictSpan, ...]:
    """Consecutive frames of the same verdict and first reason, joined."""
    return tuple(_span(group) for group in _groups(decided))


def beam_spans(decided: Sequence[Decided], told: Iterable[BeamTold]) -> tuple[BeamSpan, ...]:
    """Each time the beam was on, with what was not READY meanwhile.

    Saying it twice changes nothing. A beam that nobody ended lasts to the last frame.
    """
    found: list[BeamSpan] = []
    started: BeamTold | None = None
    for word in told:
        if word.is_on and started is None:
            started = word
        elif not word.is_on and started is not None:
            found += _beam(decided, started, word.frame_index)
            started = None
    if started is not None:
        found += _beam(decided, started, None)
    return tuple(found)


def _beam(decided: Sequence[Decided], start: BeamTold, end_frame: int | None) -> Iterator[BeamSpan]:
    """One span, or none where no frame was decided in it."""
    under = [
        d
        for d in decided
        if d.frame_index >= start.frame_index and (end_frame is None or d.frame_index < end_frame)
    ]
    if not under:
        return
    yield BeamSpan(
        from_ns=under[0].stamp_ns,
        to_ns=under[-1].stamp_ns,
        from_frame=under[0].frame_index,
        is_open=end_frame is None,
        told_by=start.person,
        deviations=tuple(s for s in spans(under) if s.verdict != "READY"),
    )


def _groups(decided: Iterable[Decided]) -> Iterator[list[Decided]]:
    group: list[Decided] = []
    for one in decided:
        if group and (one.verdict, one.first_reason) != (group[0].verdict, group[0].first_reason):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _span(group: list[Decided]) -> VerdictSpan:
    return VerdictSpan(
        verdict=group[0].verdict,
        reasons=group[0].reasons,
        first_frame=group[0].frame_index,
        from_ns=group[0].stamp_ns,
        to_ns=group[-1].stamp_ns,
        n_frames=len(group),
    )
