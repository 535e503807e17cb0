"""What a run's summary and report are made of: columns of numbers, one row for each frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.overlay.limits import LimitedQuantity, limited_quantities
from tracking.alignment import Alignment
from tracking.decision import Verdict
from tracking.frame import GroundTruth
from tracking.measurement import measured
from tracking.plan import Limits
from tracking.record import FrameRecord, RecordIds
from tracking.transforms import angle_between_deg


@dataclass(frozen=True)
class TruthRow:
    """The truth of one frame beside what was measured. Errors are measured minus true.

    `limited` are the true quantities against the plan's limits.
    """

    errors: dict[str, float]
    limited: tuple[LimitedQuantity, ...]
    axis_error_deg: float | None
    exit_error_mm: float | None

    @property
    def is_outside(self) -> bool:
        """Whether any true quantity is outside its limit."""
        return any(quantity.is_inside is False for quantity in self.limited)

    @property
    def is_unchecked(self) -> bool:
        """Whether nothing is known to be outside, but not every limited quantity is known."""
        return not self.is_outside and any(q.is_inside is None for q in self.limited)

    def is_well_inside(self, share: float) -> bool:
        """Whether every limited quantity is known and inside a share of its tolerance."""
        return all(quantity.is_within_share(share) for quantity in self.limited)


@dataclass(frozen=True)
class Row:
    """One frame, without its pictures."""

    frame_index: int
    stamp_ns: int
    verdict: Verdict
    reasons: tuple[str, ...]
    registration_status: str
    alignment: Alignment
    limited: tuple[LimitedQuantity, ...]
    stage_ms: dict[str, float]
    phase: str
    truth: TruthRow | None


@dataclass
class History:
    """Grows by one row for each frame."""

    limits: Limits
    rows: list[Row] = field(default_factory=list)
    ids: RecordIds | None = None

    def append(self, record: FrameRecord, truth: GroundTruth | None) -> None:
        """Take the numbers of one frame."""
        self.ids = self.ids or record.ids
        self.rows.append(
            Row(
                record.frame_index,
                record.stamp_ns,
                record.decision.verdict,
                tuple(str(reason) for reason in record.decision.reasons),
                str(record.registration.status),
                record.alignment,
                limited_quantities(record.alignment, self.limits),
                dict(record.stage_ms),
                "" if truth is None else truth.phase,
                None if truth is None else _truth_row(record, truth, self.limits),
            )
        )

    @property
    def seconds(self) -> list[float]:
        """Time of each row since the first, by the exposure stamps."""
        return [(row.stamp_ns - self.rows[0].stamp_ns) / 1e9 for row in self.rows]


def true_alignment(truth: GroundTruth) -> Alignment:
    """The true quantities as an alignment without uncertainty."""
    known = {name for name, _ in Alignment().measurements()}
    values: dict[str, Any] = {
        name: measured(value, 0.0) for name, value in truth.quantities.items() if name in known
    }
    return Alignment(**values)


def _truth_row(record: FrameRecord, truth: GroundTruth, limits: Limits) -> TruthRow:
    errors = {
        name: measurement.value - truth.quantities[name]
        for name, measurement in record.alignment.measurements()
        if measurement.value is not None and name in truth.quantities
    }
    axis_error_deg, exit_error_mm = None, None
    registration, true_pose = record.registration, truth.camera_from_applicator
    if registration.is_ok and true_pose is not None:
        axis_error_deg = angle_between_deg(registration.axis_camera, true_pose[:3, 2])
        offset = registration.exit_centre_camera_mm - true_pose[:3, 3]
        exit_error_mm = float((offset @ offset) ** 0.5)
    limited = limited_quantities(true_alignment(truth), limits)
    return TruthRow(errors, limited, axis_error_deg, exit_error_mm)
