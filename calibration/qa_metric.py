"""One figure of a QA check, on which a protocol can put limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A measured figure with its unit and 1-sigma uncertainty (None: not known)."""

    name: str
    value: float
    unit: str
    sigma: float | None = None
