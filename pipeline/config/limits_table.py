"""`[limits]` of a plan, and a machine's `plan_limits` in a site file: the same keys."""

from __future__ import annotations

from pipeline.config.planned import goals_of_deviations
from tracking.plan import Limits, Tolerance, VectorTolerance
from tracking.strict_toml import Pair, StrictTable


class ToleranceTable(StrictTable):
    """`{planned, tolerance}` of one number."""

    planned: float
    tolerance: float


class VectorToleranceTable(StrictTable):
    """`{planned = [x, y], tolerance}`."""

    planned: Pair
    tolerance: float


class MinimumTable(StrictTable):
    """`{minimum}`."""

    minimum: float


class MaximumTable(StrictTable):
    """`{maximum}`."""

    maximum: float


class LimitsTable(StrictTable):
    """The first six are mandatory."""

    docking_tilt_deg: ToleranceTable
    docking_lateral_mm: ToleranceTable
    docking_gap_mm: ToleranceTable
    incidence_deg: VectorToleranceTable
    air_gap_mm: ToleranceTable
    ssd_error_mm: ToleranceTable
    coverage_fraction: MinimumTable | None = None
    intrusion_mm: MaximumTable | None = None
    air_gap_rim_mm: MaximumTable | None = None


def limits_of(table: LimitsTable) -> Limits:
    """Return the limits. Raises ValueError where one makes no sense."""
    coverage, intrusion, rim = table.coverage_fraction, table.intrusion_mm, table.air_gap_rim_mm
    limits = Limits(
        docking_tilt_deg=_tolerance("docking_tilt_deg", table.docking_tilt_deg),
        docking_lateral_mm=_tolerance("docking_lateral_mm", table.docking_lateral_mm),
        docking_gap_mm=_tolerance("docking_gap_mm", table.docking_gap_mm),
        incidence_deg=_vector_tolerance("incidence_deg", table.incidence_deg),
        air_gap_mm=_tolerance("air_gap_mm", table.air_gap_mm),
        ssd_error_mm=_tolerance("ssd_error_mm", table.ssd_error_mm),
        coverage_minimum_fraction=None if coverage is None else coverage.minimum,
        intrusion_maximum_mm=None if intrusion is None else intrusion.maximum,
        air_gap_rim_maximum_mm=None if rim is None else rim.maximum,
    )
    moved = "; ".join(goals_of_deviations(limits))
    if moved:
        raise ValueError(moved)
    return limits


def _tolerance(name: str, table: ToleranceTable) -> Tolerance:
    try:
        return Tolerance(table.planned, table.tolerance)
    except ValueError as error:
        raise ValueError(f"limits.{name}: {error}") from error


def _vector_tolerance(name: str, table: VectorToleranceTable) -> VectorTolerance:
    x, y = table.planned
    try:
        return VectorTolerance((x, y), table.tolerance)
    except ValueError as error:
        raise ValueError(f"limits.{name}: {error}") from error
