"""Wall time of each stage of a frame; goes into records, never into a decision."""

from __future__ import annotations

from time import perf_counter


class StageClock:
    """Started with a frame; every lap ends one stage."""

    def __init__(self) -> None:
        self._start = self._last = perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = perf_counter()
        self._laps[stage] = (now - self._last) * 1e3
        self._last = now

    def stage_ms(self) -> dict[str, float]:
        """Milliseconds by stage, and their total."""
        return {**self._laps, "total": (self._last - self._start) * 1e3}
