"""What a benchmark hands over: tables and goals for people, data for machines, plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np

NOTHING = "-"
RULE_OF_THREE = 3.0  # none of n seen: at most 3 / n with 95 % confidence


@dataclass(frozen=True)
class TextTable:
    """A table as it is printed; the caption says what the figures rest on."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True)
class Goal:
    """A figure that must not exceed its limit (`is_most` False: must not fall below it)."""

    name: str
    value: float | None
    limit: float
    is_most: bool = True

    @property
    def is_met(self) -> bool:
        """Fails to: not met, where there is no figure."""
        if self.value is None or not isfinite(self.value):
            return False
        return self.value <= self.limit if self.is_most else self.value >= self.limit


@dataclass(frozen=True)
class Findings:
    """The outcome of one benchmark.

    Attributes
    ----------
    data
        All figures for `--json`; no NaN.
    draw
        Writes plots into a folder and returns their paths; None: nothing to draw.
    is_failed
        The command's exit code is 1: what was compared is not equal.
    """

    tables: Sequence[TextTable]
    goals: Sequence[Goal]
    data: Mapping[str, object]
    draw: Callable[[Path], Sequence[Path]] | None = None
    is_failed: bool = field(default=False)


def percentiles(values: Sequence[float], which: Sequence[float], digits: int) -> str:
    """`a / b / c`, or a dash where there is nothing."""
    if not len(values):
        return NOTHING
    return " / ".join(f"{value:.{digits}f}" for value in np.percentile(values, which))


def rms(values: Sequence[float]) -> float | None:
    """Root mean square; None of nothing."""
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else None


def share(n: int, of: int) -> float | None:
    """Part of a whole; None of nothing."""
    return n / of if of else None


def shown(value: float | None, digits: int = 2, scale: float = 1.0, unit: str = "") -> str:
    """Return a figure as text, a dash for None."""
    return NOTHING if value is None else f"{value * scale:.{digits}f}{unit}"
