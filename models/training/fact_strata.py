"""Groups of a rendered frame by what only its renderer knows."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Final

from models.evaluation.strata import bucket

EDGES: Final = {
    "occluded_fraction": (0.01, 0.1, 0.25, 0.5),
    "smoke_level": (0.01, 0.25, 0.5),
}
MEASURED: Final = frozenset({"distance_mm", "applicator_width_px"})  # told from the labels instead


def fact_strata(facts: object) -> dict[str, str]:
    """Group of every fact: its name for text, yes or no, an interval for numbers.

    A number without edges is a code of few values and stands for itself; None is "unknown".
    """
    if not is_dataclass(facts) or isinstance(facts, type):
        raise TypeError(f"facts: expected a dataclass, got {type(facts).__name__}")
    return {
        entry.name.replace("_", " "): _group(entry.name, getattr(facts, entry.name))
        for entry in fields(facts)
        if entry.name not in MEASURED
    }


def _group(name: str, value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and name in EDGES:
        return bucket(float(value), EDGES[name])
    return f"{value:g}" if isinstance(value, float) else str(value)
