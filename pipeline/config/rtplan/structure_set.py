"""The one region of an RT Structure Set that is the area at risk, as contours in the patient."""

from __future__ import annotations

import hashlib
import re

from pipeline.config.rtplan.attributes import FIX_IN_PLANNING, Attributes
from pipeline.config.rtplan.header import PlanHeader, require_approved
from tracking.errors import ConfigurationError
from tracking.patient_region import PatientRegion, Point

CLOSED = "CLOSED_PLANAR"


def read_region(
    structures: Attributes, file_sha256: str, pattern: re.Pattern[str], header: PlanHeader
) -> PatientRegion:
    """Read the region whose name matches `pattern` as a whole.

    Raises
    ------
    ConfigurationError
        The structure set is not approved or belongs to another plan or patient, no region or more
        than one matches, or its contours are no region.
    """
    require_approved(structures)
    _require_same(structures, header)
    regions = structures.items("StructureSetROISequence")
    found = [r for r in regions if pattern.fullmatch(r.optional_text("ROIName") or "")]
    if len(found) != 1:
        raise ConfigurationError(
            f"{structures.where}: it is not clear which region is the area at risk.",
            expected=f"one region whose name matches {pattern.pattern}",
            actual=f"{len(found)} of {len(regions)} regions",
            remedy="Rename the region, or correct area_at_risk_pattern in the site file.",
        )
    number = found[0].whole("ROINumber")
    frame = found[0].text("ReferencedFrameOfReferenceUID")
    try:
        return PatientRegion(
            name=found[0].text("ROIName"),
            structure_set=file_sha256,
            frame_of_reference=uid_sha256(frame),
            contours_lps_mm=_contours(structures, number),
        )
    except ValueError as error:
        raise ConfigurationError(
            f"{structures.where}: the contours of the area at risk make no sense.",
            expected="closed contours in mm, in the patient's space",
            actual=str(error),
            remedy=FIX_IN_PLANNING,
        ) from error


def uid_sha256(uid: str) -> str:
    """Hash of an identifier, by which two files can be compared and nobody be found."""
    return hashlib.sha256(uid.encode()).hexdigest()


def _require_same(structures: Attributes, header: PlanHeader) -> None:
    if structures.text("PatientID") != header.patient_id:
        raise ConfigurationError(
            f"{structures.where}: the structure set is another patient's than the plan.",
            expected="one Patient ID (0010,0020) in both files",
            actual="two",
            remedy="Name the structure set that the plan was made on.",
        )
    if structures.text("SOPInstanceUID") not in header.structure_set_uids:
        raise ConfigurationError(
            f"{structures.where}: the plan was not made on this structure set.",
            expected="the one that the plan refers to (300C,0060)",
            actual="another, perhaps a later one"
            if header.structure_set_uids
            else "the plan refers to none",
            remedy="Export plan and structure set together.",
        )


def _contours(structures: Attributes, number: int) -> tuple[tuple[Point, ...], ...]:
    items = structures.items("ROIContourSequence")
    found = [item for item in items if item.whole("ReferencedROINumber") == number]
    if len(found) != 1:
        structures.refuse(
            "ROIContourSequence", f"one item for region {number}", f"{len(found)} items"
        )
    return tuple(_contour(item) for item in found[0].items("ContourSequence"))


def _contour(item: Attributes) -> tuple[Point, ...]:
    kind = item.text("ContourGeometricType")
    if kind != CLOSED:
        item.refuse("ContourGeometricType", CLOSED, kind)
    numbers = item.numbers("ContourData")
    n_points = item.whole("NumberOfContourPoints")
    if len(numbers) != 3 * n_points:
        item.refuse("ContourData", f"{n_points} points", f"{len(numbers)} numbers")
    points = zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=True)
    return tuple(points)
