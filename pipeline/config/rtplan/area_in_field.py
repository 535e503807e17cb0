"""Whether the planned beam meets the area at risk: a wrong orientation or sign rarely does."""

from __future__ import annotations

from math import sqrt

from pipeline.config.rtplan.beam import ElectronBeam
from tracking.applicator import Applicator
from tracking.errors import ConfigurationError
from tracking.patient_region import PatientRegion, Point


def check_area_in_field(
    region: PatientRegion, beam: ElectronBeam, direction_lps: Point, applicator: Applicator
) -> None:
    """Refuse a region whose middle lies outside the cone's field, seen along the beam.

    Raises
    ------
    ConfigurationError
        It does, or the plan has no isocentre to tell.
    """
    isocentre = beam.isocentre_lps_mm
    if isocentre is None:
        raise ConfigurationError(
            "The area at risk cannot be held against the beam.",
            expected="Isocenter Position (300A,012C)",
            actual="none",
            remedy="Plan the beam in the patient's images, or import the plan without --rtstruct.",
        )
    distance_mm = distance_from_axis_mm(region.centroid_lps_mm, isocentre, direction_lps)
    if not distance_mm <= applicator.inner_radius_mm:
        raise ConfigurationError(
            "The planned beam does not meet the area at risk.",
            expected=f"its middle at most {applicator.inner_radius_mm:g} mm from the beam's axis",
            actual=f"{distance_mm:.0f} mm",
            remedy="Look for a wrong patient position, a mirrored angle or another structure set.",
        )


def distance_from_axis_mm(point: Point, origin: Point, direction: Point) -> float:
    """Distance of a point from the line through `origin` along the unit vector `direction`."""
    offset = [p - o for p, o in zip(point, origin, strict=True)]
    along = sum(a * d for a, d in zip(offset, direction, strict=True))
    return sqrt(sum((a - along * d) ** 2 for a, d in zip(offset, direction, strict=True)))
