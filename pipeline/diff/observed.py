"""A quantity of a record as numbers. Whatever else a record may say there is no observation."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.diff.records import Record

LARGEST = 1e100  # of a number that counts: squares, sums and quotients of such stay finite


@dataclass(frozen=True)
class Observed:
    """What was measured, in mm or degrees; `sigma` 0: none is told."""

    value: float
    sigma: float


def quantity_names(record: Record) -> list[str]:
    """Names of what the record tells with a sigma, in its order."""
    told = record["alignment"].items()
    return [name for name, value in told if isinstance(value, dict) and "sigma" in value]


def observed(record: Record, name: str) -> Observed | None:
    """The quantity; None where it was not observed, or no finite number tells it."""
    told = record["alignment"].get(name)
    if not isinstance(told, dict):
        return None
    value = _number(told.get("value"))
    return None if value is None else Observed(value, _number(told.get("sigma")) or 0.0)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= LARGEST else None  # NaN is not
