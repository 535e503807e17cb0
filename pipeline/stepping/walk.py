"""A walk through a session: forward by tracking it, back among what is kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from pipeline.run import Processor
from pipeline.sinks.sink import RunContext
from pipeline.sinks.steadier import PoseSteadier
from pipeline.stepping.block import frame_block
from pipeline.stepping.kept import KeptFrame, kept
from recordings.progress import Report
from recordings.source import Source
from tracking.decision import Verdict
from tracking.errors import SourceError, TrackerError, UsageError

ShowsProgress = Callable[[], AbstractContextManager[Report]]


class Walk:
    """Stands at one frame, first at the recording's first.

    A record depends on the frames before it, so every frame up to the farthest is tracked once, in
    order. A move that is refused leaves everything as it was.

    Raises
    ------
    SourceError
        The recording holds no whole frame.
    """

    def __init__(
        self, source: Source, tracker: Processor, context: RunContext, progress: ShowsProgress
    ) -> None:
        self._source, self._tracker, self._context = source, tracker, context
        self._progress = progress
        self._steadier = PoseSteadier()
        self._frames: list[KeptFrame] = []
        self._ended: TrackerError | None = None
        self._at = 0
        if not self._take():
            self._refuse_end()

    @property
    def frame(self) -> KeptFrame:
        """Where one stands."""
        return self._frames[self._at]

    @property
    def is_damaged(self) -> bool:
        """Whether damage was met."""
        return isinstance(self._ended, SourceError)

    def forward(self) -> None:
        """Go to the next frame. Raises UsageError at the end, SourceError at damage."""
        if self._at + 1 == len(self._frames) and not self._take():
            self._refuse_end()
        self._at += 1

    def back(self) -> None:
        """Go to the frame before. Raises UsageError at the first."""
        if self._at == 0:
            raise UsageError("This is the first frame.", remedy="n goes forward.")
        self._at -= 1

    def go_to(self, position: int) -> None:
        """Go to a position, counted from 0; to the last whole frame where damage lies before it.

        Where the recording does not say how long it is, a position behind its end leads to its end.

        Raises
        ------
        UsageError
            There is no such position.
        SourceError
            Damage lies before it.
        """
        last = self._last_known
        if position < 0 or (last is not None and position > last):
            raise UsageError(
                f"There is no position {position}.",
                expected="0 or more" if last is None else f"0 to {last}",
            )
        if position > len(self._frames):  # more than the one next frame: it takes a while
            with self._progress() as report:
                while len(self._frames) <= position and self._take():
                    report(len(self._frames), position + 1)
        elif position == len(self._frames):
            self._take()
        self._at = min(position, len(self._frames) - 1)
        if self._at < position:
            self._refuse_end()

    def next_verdict(self) -> None:
        """Go on to the next frame whose verdict differs.

        Raises
        ------
        UsageError
            None does, up to the end.
        SourceError
            None does, up to the damage.
        """
        verdict = self.frame.record.decision.verdict
        for frame in self._frames[self._at + 1 :]:
            if frame.record.decision.verdict is not verdict:
                self._at = frame.position
                return
        if self._ended is None and self._take_until_not(verdict):
            self._at = len(self._frames) - 1
            return
        if self.is_damaged:
            self._refuse_end()
        raise UsageError(
            f"No frame behind position {self._at} has another verdict than {verdict}.",
            actual=f"position {len(self._frames) - 1} is the last",
        )

    def _take_until_not(self, verdict: Verdict) -> bool:
        """Whether a frame with another verdict came."""
        with self._progress() as report:
            while self._take():
                report(len(self._frames), self._source.header.n_frames)
                if self._frames[-1].record.decision.verdict is not verdict:
                    return True
        return False

    @property
    def _last_known(self) -> int | None:
        """The last position that the recording names; None where it does not."""
        if self._ended is not None and not self.is_damaged:
            return len(self._frames) - 1
        n_frames = self._source.header.n_frames
        return None if n_frames is None else n_frames - 1

    def _take(self) -> bool:
        """Track one more frame; False where there is none, and then never again."""
        if self._ended is not None:
            return False
        try:
            source_frame = self._source.read()
            result = None if source_frame is None else self._tracker.process(source_frame)
        except SourceError as error:
            self._ended = error
            return False
        if result is None:
            self._ended = self._end()
            return False
        steadied = self._steadier.steadied(result)
        position, n_frames = len(self._frames), self._source.header.n_frames
        n_text = "unknown" if n_frames is None else n_frames
        first = self._frames[0].record if self._frames else result.record
        block = frame_block(
            steadied,
            self._context,
            position_text=f"position {position} (from 0) of {n_text}",
            first_stamp_ns=first.stamp_ns,
            before=self._frames[-1].record if self._frames else None,
        )
        self._frames.append(kept(steadied, position, block))
        return True

    def _end(self) -> TrackerError:
        last = len(self._frames) - 1
        if last < 0:
            return SourceError(
                f"{self._context.source_uri} holds no whole frame.",
                actual=self._source.damage or "an empty recording",
                remedy="Record the session again.",
            )
        if self._source.damage is None:
            return UsageError(
                "The session ends here.",
                actual=f"position {last} is the last",
                remedy="b and g go back, q quits.",
            )
        is_session = self._source.header.kind == "mcap"
        saved = "`sessions recover` saves what is whole behind it; " if is_session else ""
        return SourceError(
            f"The source is damaged behind position {last}.",
            actual=self._source.damage,
            remedy=f"{saved}b and g go back, q quits.",
        )

    def _refuse_end(self) -> None:
        if self._ended is not None:
            raise self._ended
