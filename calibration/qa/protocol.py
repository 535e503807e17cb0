"""A QA protocol: what is checked, with which limits, and how long a run of it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import isfinite
from typing import Literal

LimitKind = Literal["deviation", "maximum", "minimum"]


class ProtocolName(StrEnum):
    """The four protocols (DOMAIN.md)."""

    DAILY = "daily"
    MONTHLY = "monthly"
    ANNUAL = "annual"
    AFTER_CHANGE = "after-change"


FULL_PROTOCOL = ProtocolName.AFTER_CHANGE
"""The one that checks everything: it alone opens a lock and accepts a change."""

MAX_VALID: Mapping[ProtocolName, timedelta] = {
    ProtocolName.DAILY: timedelta(hours=24),
    ProtocolName.MONTHLY: timedelta(days=40),
    ProtocolName.ANNUAL: timedelta(days=400),
    ProtocolName.AFTER_CHANGE: timedelta(hours=24),
}
"""No edited protocol holds longer. A full run counts as that day's daily one, no longer."""


@dataclass(frozen=True)
class CheckLimits:
    """Limits of one figure, each milder than the next.

    Attributes
    ----------
    kind : str
        "deviation": of |value - target|; "maximum": of the value; "minimum": the value must not
        fall below.
    target : float
        Only of "deviation".
    note, alert : float or None
        None: that outcome does not exist here.
    failure : float
        Beyond it the check fails.
    """

    kind: LimitKind
    failure: float
    alert: float | None = None
    note: float | None = None
    target: float = 0.0

    def __post_init__(self) -> None:
        rising = [x for x in (self.note, self.alert, self.failure) if x is not None]
        if not all(isfinite(x) for x in (*rising, self.target)):
            raise ValueError("limits must be finite numbers")
        if self.kind == "minimum":
            rising.reverse()
        if rising != sorted(rising):
            raise ValueError("note, alert and failure must go from mild to severe")
        if self.kind == "deviation" and min(rising) < 0:
            raise ValueError("limits of a deviation must not be negative")
        if self.kind != "deviation" and self.target:
            raise ValueError("a target belongs to a deviation")


@dataclass(frozen=True)
class Check:
    """One line of a protocol.

    Attributes
    ----------
    id : str
        Its key in the protocol.
    metric, unit : str
        The figure that is judged.
    is_required : bool
        A required figure that is missing fails; another one gives a note.
    """

    id: str
    title: str
    metric: str
    unit: str
    limits: CheckLimits
    is_required: bool = True
    advice: str = ""


@dataclass(frozen=True)
class Protocol:
    """A protocol as read.

    Attributes
    ----------
    id : str
        Name and content hash.
    n_frames : int
        Frames that are measured.
    steps : tuple of str
        What a person does before the measurement, one sentence each.
    """

    id: str
    name: ProtocolName
    title: str
    valid_for: timedelta
    n_frames: int
    steps: tuple[str, ...]
    checks: tuple[Check, ...]

    def __post_init__(self) -> None:
        if not timedelta(0) < self.valid_for <= MAX_VALID[self.name]:
            raise ValueError(
                f"a {self.name} protocol holds at most {MAX_VALID[self.name]}, got {self.valid_for}"
            )
        missing = [name for name in MANDATORY_METRICS if name not in set(self.required_metrics())]
        if missing:
            raise ValueError(f"no required check of {', '.join(missing)}")

    def required_metrics(self) -> Iterator[str]:
        """Figures without which a run fails."""
        return (check.metric for check in self.checks if check.is_required)


MANDATORY_METRICS = (
    "serial_matches",
    "depth_unit_change",
    "calibration_days_left",
    "frames_used",
    "frames_repeated",
    "phantom_shift",
    "phantom_turn",
    "plane_bias",
)
"""What every edited protocol still has to check: camera, calibration, place and depth."""
