"""Frames that are described before they are built: what is wrong with one is known in words.

The reference (`reference.py`) reads the description, the kernel the snapshot built from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from tests.builders import (
    AGREEING,
    ALL_PROVEN,
    IDENTITIES,
    LIMITS,
    ON_PLAN,
    PLANNED_IDENTITY,
    make_plan,
)
from tracking.alignment import Alignment
from tracking.bed import BedStatus
from tracking.doubt import STORED_LABELS, DoubtCause, LabelDoubt
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.reasons import Reason
from tracking.registration import PoseStart, RegistrationStatus
from tracking.second_estimate import SecondOpinion, Status
from tracking.snapshot import Evidence, Snapshot
from tracking.survey_alignment import SurveyStatus

PLAN = make_plan(
    limits=replace(
        LIMITS,
        coverage_minimum_fraction=0.75,
        intrusion_maximum_mm=2.0,
        air_gap_rim_maximum_mm=5.0,
    )
)
PLANS = {
    (plan_id, approved): replace(PLAN, id=plan_id, approved=approved)
    for plan_id in (PLAN.id, "plan@2")
    for approved in (True, False)
}
SCALES = {
    "docking_tilt_deg": (0.0, 1.0),
    "docking_lateral_mm": (0.0, 2.0),
    "docking_gap_mm": (40.0, 3.0),
    "incidence_deg": (0.0, 5.0),
    "air_gap_mm": (0.0, 3.0),
    "ssd_error_mm": (0.0, 3.0),
    "air_gap_max_mm": (0.0, 5.0),
    "air_gap_min_mm": (0.0, 5.0),
    "intrusion_mm": (0.0, 2.0),
    "coverage_fraction": (1.0, 0.25),
}
"""Planned value and tolerance of everything that the plan limits."""

# Deviation and sigma as shares of the tolerance
WHERE = {
    "inside": (0.5, 0.05),
    "band": (0.75, 0.05),  # 0.9: stays, does not arm
    "near": (0.95, 0.05),  # inside, but the bound is not
    "vague": (0.5, 0.5),
    "out": (1.5, 0.1),
}
PASSING = ("inside", "band")


@dataclass
class Frame:
    """One frame in words; as it stands nothing is wrong with it.

    Attributes
    ----------
    index, stamp_ns, content
        As the kernel sees them.
    where : dict
        Quantity to a key of `WHERE`, or "hidden". What is not named is as planned.
    below : bool
        The deviations are to the lower side.
    broken : set of str or None
        System faults by name.
    states : dict
        Evidence by name.
    """

    index: int
    stamp_ns: int
    content: str
    age_ms: float = 40.0
    is_tracked: bool = True
    is_approved: bool = True
    plan_id: str = PLAN.id
    broken: frozenset[str] | None = frozenset()
    states: dict[str, str] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)
    is_confirmed: bool = True
    acknowledged: int | None = None
    doubt: str = ""
    registration: str = "OK"
    shown: str = "planned"  # or "another", "undecided"
    codes: tuple[str, ...] = ()
    bed: str = "OK"
    survey: str = "OK"
    second: str = "agrees"  # or another of `_SECONDS`
    where: dict[str, str] = field(default_factory=dict)
    below: bool = False

    def snapshot(self) -> Snapshot:
        """As the kernel gets it."""
        states = {name: Evidence(value) for name, value in self.states.items()}
        faults = None if self.broken is None else frozenset(Reason(name) for name in self.broken)
        return Snapshot(
            frame_index=self.index,
            stamp_ns=self.stamp_ns,
            depth_sha256=self.content,
            age_ms=self.age_ms,
            pose_start=PoseStart.TRACKED if self.is_tracked else PoseStart.SEARCHED,
            plan=PLANS[self.plan_id, self.is_approved],
            evidence=replace(ALL_PROVEN, **states) if states else ALL_PROVEN,
            registration=RegistrationStatus(self.registration),
            bed=BedStatus(self.bed),
            survey=SurveyStatus(self.survey),
            alignment=self._alignment(),
            running=replace(IDENTITIES, **self.running) if self.running else IDENTITIES,
            confirmed=IDENTITIES if self.is_confirmed else None,
            doubt=LabelDoubt(0.5, 0.2, DoubtCause(self.doubt)) if self.doubt else STORED_LABELS,
            second=_second(self.second, self.codes),
            acknowledged_frame=self.acknowledged,
            system_faults=faults,
        )

    def _alignment(self) -> Alignment:
        key = (tuple(sorted(self.where.items())), self.below, self.shown)
        if key not in _ALIGNMENTS:
            changed = {name: _measurement(name, at, self.below) for name, at in self.where.items()}
            _ALIGNMENTS[key] = replace(_PLANNED, **changed, applicator_id=_SHOWN[self.shown])
        return _ALIGNMENTS[key]


def _measurement(name: str, at: str, below: bool) -> Measurement:
    if at == "hidden":
        return NOT_OBSERVABLE
    planned, tolerance = SCALES[name]
    share, sigma = WHERE[at]
    return measured(planned + (-share if below else share) * tolerance, sigma * tolerance)


_QUANTITIES: dict[str, Any] = {name: measured(value, 0.02) for name, value in ON_PLAN.items()}
_PLANNED = Alignment(**_QUANTITIES)
_SHOWN = {
    "planned": PLANNED_IDENTITY,
    "another": replace(PLANNED_IDENTITY, value="D65-B15"),
    "undecided": replace(PLANNED_IDENTITY, decided=False),
}
_ALIGNMENTS: dict[tuple[tuple[tuple[str, str], ...], bool, str], Alignment] = {}
_SECONDS: dict[str, dict[str, Any]] = {
    "agrees": {},
    "none": {"status": Status.NONE},
    "not_seen": {"status": Status.NOT_SEEN},
    "weak": {"ring_bound_mm": 2.01},
    "boundless": {"axis_bound_deg": float("nan")},
    "apart": {"distance_mm": 2.11},
    "askew": {"angle_deg": 1.01},
    "unheard": {"first_ring_bound_mm": float("inf")},
}


@cache
def _second(name: str, codes: tuple[str, ...]) -> SecondOpinion:
    return replace(AGREEING, **_SECONDS[name], applicator_ids=codes)
