"""A QA protocol: what is checked, with which limits, and how long a run of it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import isfinite
from typing import Literal

from calibration.qa.figure_sources import OWN, STEPS_UNCONFIRMED, command_of

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


MAX_AGE = timedelta(hours=24)  # of figures that are handed over: the same day's
LONGEST_AGE = timedelta(days=7)  # no protocol takes older ones


@dataclass(frozen=True)
class Step:
    """What is done before the measurement; `needs_person`: counts as undone until confirmed."""

    text: str
    needs_person: bool = False


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
    is_manual : bool
        A person reads the figure and enters it; only of what no part of the software measures.
    nominals : tuple of float
        What a figure of a command must have been measured against: block angles, heights, minutes.
    max_age : timedelta
        Of a figure that is handed over, against the run's frames.
    """

    id: str
    title: str
    metric: str
    unit: str
    limits: CheckLimits
    is_required: bool = True
    advice: str = ""
    is_manual: bool = False
    nominals: tuple[float, ...] = ()
    max_age: timedelta = MAX_AGE

    def __post_init__(self) -> None:
        command = command_of(self.metric)
        is_measured = self.metric in OWN or command is not None
        if self.is_manual and is_measured:
            who = f"`qa {command}`" if command else "the run"
            raise ValueError(f"check.{self.id}: {self.metric} is measured by {who}, not by hand")
        if not timedelta(0) < self.max_age <= LONGEST_AGE:
            raise ValueError(f"check.{self.id}: figures are at most {LONGEST_AGE} old")


@dataclass(frozen=True)
class Protocol:
    """A protocol as read.

    Attributes
    ----------
    id : str
        Name and content hash.
    n_frames : int
        Frames that are measured.
    steps : tuple of Step
        What is done before the measurement, one sentence each.
    """

    id: str
    name: ProtocolName
    title: str
    valid_for: timedelta
    n_frames: int
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]

    def __post_init__(self) -> None:
        if not timedelta(0) < self.valid_for <= MAX_VALID[self.name]:
            raise ValueError(
                f"a {self.name} protocol holds at most {MAX_VALID[self.name]}, got {self.valid_for}"
            )
        missing = [name for name in MANDATORY_METRICS if name not in set(self.required_metrics())]
        if missing:
            raise ValueError(f"no required check of {', '.join(missing)}")
        for check in self.checks:
            if not (check.is_manual or check.metric in OWN or command_of(check.metric)):
                raise ValueError(
                    f"check.{check.id}: nothing measures {check.metric}; a figure that a person "
                    "enters is marked manual = true"
                )

    def required_metrics(self) -> Iterator[str]:
        """Figures without which a run fails."""
        return (check.metric for check in self.checks if check.is_required)

    @property
    def n_person_steps(self) -> int:
        """Steps that a person has to confirm."""
        return sum(step.needs_person for step in self.steps)

    @property
    def manual_checks(self) -> tuple[Check, ...]:
        """Checks whose figure a person enters."""
        return tuple(check for check in self.checks if check.is_manual)

    @property
    def personal_metrics(self) -> frozenset[str]:
        """Figures that need a person at the camera: a simulation and a file of others have none."""
        return frozenset({STEPS_UNCONFIRMED, *(check.metric for check in self.manual_checks)})


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
