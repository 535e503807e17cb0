"""A simulated docking as a camera would hand it over, paced by the workflow: for training and demo.

Simulation. Its frames come in an order that follows the steps: the open bed until the cone is
placed, then the docking, then the docked cone again and again. A frame that comes again has another
value in one pixel without depth, as a sensor's noise would give it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from pipeline.workflow.step import STEPS, Step
from recordings.source import Freshness, SourceHeader
from tracking.arrays import frozen
from tracking.errors import SourceError
from tracking.frame import SourceFrame

TRANSFER_NS = 20_000_000  # exposure to arrival
OPEN_BED = ("survey",)
DOCKED = ("docked", "held")
ALWAYS_OPEN_UNTIL = Step.PLACE


class TrainingSource:
    """A source of simulated frames with stamps of now.

    Parameters
    ----------
    step : callable
        Where the workflow is.
    is_over : callable
        Whether the session is to end.
    """

    freshness = Freshness.EVERY_FRAME
    n_skipped = 0
    damage: str | None = None

    def __init__(
        self,
        header: SourceHeader,
        frames: Sequence[SourceFrame],
        step: Callable[[], Step],
        is_over: Callable[[], bool],
    ) -> None:
        self._phases = _phases(frames)
        self.header: SourceHeader = replace(header, n_frames=None, recorded_at="")
        self._period_ns = round(1e9 / self.header.frame_rate_hz)
        self._step, self._is_over = step, is_over
        self._queue: list[SourceFrame] = []
        self._is_docked = False
        self._n = 0
        self._due_ns = 0

    def read(self) -> SourceFrame | None:
        """The next frame once it is due; None when the session is over."""
        if self._is_over():
            return None
        if not self._queue:
            self._queue = list(self._following())
        kept = self._queue.pop(0)
        now_ns = time.monotonic_ns()
        if self._due_ns > now_ns:
            time.sleep((self._due_ns - now_ns) / 1e9)
        self._due_ns = max(self._due_ns, now_ns) + self._period_ns
        depth = kept.frame.depth_raw.copy()
        empty = np.flatnonzero(depth == 0)
        at = int(empty[0]) if len(empty) else 0
        depth.flat[at] = self._n % 1000 + 1  # a micrometre to a millimetre: no surface
        arrival_ns = time.time_ns()
        frame = replace(
            kept.frame,
            frame_index=self._n,
            stamp_ns=arrival_ns - TRANSFER_NS,
            arrival_ns=arrival_ns,
            depth_raw=frozen(depth),
        )
        self._n += 1
        return replace(kept, frame=frame, truth=None)

    def close(self) -> None:
        """Nothing is held."""

    def _following(self) -> Sequence[SourceFrame]:
        """What is played next, by the step that people are at."""
        is_open = STEPS.index(self._step()) < STEPS.index(ALWAYS_OPEN_UNTIL)
        if is_open:
            self._is_docked = False
            return self._phases[0]
        if not self._is_docked:
            self._is_docked = True
            return self._phases[1]
        return self._phases[2]


def _phases(frames: Sequence[SourceFrame]) -> tuple[list[SourceFrame], ...]:
    """Open bed; placing and docking; docked."""
    parts: tuple[list[SourceFrame], ...] = ([], [], [])
    for phase, group in groupby(frames, key=lambda f: "" if f.truth is None else f.truth.phase):
        found = list(group)
        if phase in OPEN_BED:
            parts[0].extend(found)
        elif phase in DOCKED:
            parts[2].extend(found)
        elif not parts[2]:
            parts[1].extend(found)
    if not all(parts):
        raise SourceError(
            "The recording holds no whole docking story.",
            expected="frames of the phases survey, docked and those between them",
        )
    return parts
