"""Verdicts folded into spans of time as they come: memory grows with changes, not with frames."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.session_report.facts import (
    BeamSpan,
    Deviation,
    Figure,
    VerdictName,
    VerdictSpan,
)


@dataclass(frozen=True)
class Decided:
    """One frame's verdict; `outside`: the quantities that were not inside their limits."""

    frame_index: int
    stamp_ns: int
    verdict: VerdictName
    reasons: tuple[str, ...]
    outside: tuple[Figure, ...] = ()

    @property
    def first_reason(self) -> str:
        """What people are told first; "" for READY."""
        return self.reasons[0] if self.reasons else ""


@dataclass(eq=False)
class SpanFolder:
    """Joins consecutive frames of the same verdict and first reason."""

    _closed: list[VerdictSpan] = field(default_factory=list)
    _first: Decided | None = None
    _last: Decided | None = None
    _count: int = 0
    _closed_worst: list[tuple[Figure, ...]] = field(default_factory=list)
    _worst: dict[str, Figure] = field(default_factory=dict)

    def add(self, one: Decided) -> None:
        """Take the next frame."""
        first = self._first
        if first is None or (one.verdict, one.first_reason) != (first.verdict, first.first_reason):
            self._close()
            self._first, self._count, self._worst = one, 0, {}
        self._last, self._count = one, self._count + 1
        for figure in one.outside:
            known = self._worst.get(figure.name)
            if known is None or figure.excess > known.excess:
                self._worst[figure.name] = figure

    @property
    def is_empty(self) -> bool:
        """Whether no frame has come."""
        return self._first is None

    def spans(self) -> tuple[VerdictSpan, ...]:
        """All spans so far; the last one may still grow."""
        return (*self._closed, *self._open())

    def copied(self) -> SpanFolder:
        """The same, which does not grow."""
        return SpanFolder(
            list(self._closed),
            self._first,
            self._last,
            self._count,
            list(self._closed_worst),
            dict(self._worst),
        )

    def deviations(self) -> tuple[Deviation, ...]:
        """Spans that were not READY, each with the quantities that were outside."""
        worst = (*self._closed_worst, tuple(self._worst.values()))
        return tuple(
            Deviation(**span.model_dump(), worst=outside)
            for span, outside in zip(self.spans(), worst, strict=False)
            if span.verdict != "READY"
        )

    def _close(self) -> None:
        closed = self._open()
        self._closed += closed
        self._closed_worst += [tuple(self._worst.values()) for _ in closed]

    def _open(self) -> tuple[VerdictSpan, ...]:
        if self._first is None or self._last is None:
            return ()
        return (
            VerdictSpan(
                verdict=self._first.verdict,
                reasons=self._first.reasons,
                first_frame=self._first.frame_index,
                from_ns=self._first.stamp_ns,
                to_ns=self._last.stamp_ns,
                n_frames=self._count,
            ),
        )


@dataclass(eq=False)
class BeamFolder:
    """Each time the beam was on, with what was not READY meanwhile.

    Saying it twice changes nothing. A beam that nobody ended lasts to the last frame; one under
    which no frame was decided is none.
    """

    _closed: list[BeamSpan] = field(default_factory=list)
    _told_by: str = ""
    _is_on: bool = False
    _under: SpanFolder = field(default_factory=SpanFolder)

    @property
    def is_on(self) -> bool:
        """Whether the next frame is under the beam."""
        return self._is_on

    @property
    def is_beginning(self) -> bool:
        """Whether the next frame is the first under the beam."""
        return self._is_on and self._under.is_empty

    def tell(self, person: str, *, is_on: bool) -> None:
        """Beam on or off, told before the next frame."""
        if is_on and not self._is_on:
            self._under, self._told_by = SpanFolder(), person
        elif not is_on:
            self._closed += self._last(is_open=False)
            self._under = SpanFolder()
        self._is_on = is_on

    def add(self, one: Decided) -> None:
        """Take the next frame."""
        if self._is_on:
            self._under.add(one)

    def spans(self) -> tuple[BeamSpan, ...]:
        """All so far; the last one may still be on."""
        return (*self._closed, *self._last(is_open=True))

    def copied(self) -> BeamFolder:
        """The same, which does not grow."""
        return BeamFolder(list(self._closed), self._told_by, self._is_on, self._under.copied())

    def _last(self, *, is_open: bool) -> tuple[BeamSpan, ...]:
        under = self._under.spans()
        if not under:
            return ()
        return (
            BeamSpan(
                from_ns=under[0].from_ns,
                to_ns=under[-1].to_ns,
                from_frame=under[0].first_frame,
                is_open=is_open,
                told_by=self._told_by,
                deviations=self._under.deviations(),
            ),
        )
