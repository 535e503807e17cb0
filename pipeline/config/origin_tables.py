"""`[dicom]` and `[area_at_risk_patient]` of a plan: what came out of DICOM files, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from tracking.errors import ConfigurationError
from tracking.patient_region import PatientRegion
from tracking.plan_origin import PlanOrigin
from tracking.strict_toml import StrictTable, Text
from tracking.toml_text import TomlValue

Triple = Annotated[list[float], Field(min_length=3, max_length=3)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DicomTable(StrictTable):
    """`[dicom]`: where the plan came from."""

    file_sha256: Sha256
    sop_instance_sha256: Sha256
    site: Text
    beam_number: int
    angle_convention: Text
    gantry_angle_deg: float
    gantry_pitch_deg: float
    collimator_deg: float
    couch_deg: float
    beam_direction_lps: Triple
    tightened_by_table: list[Text] = Field(default=[])


class RegionTable(StrictTable):
    """`[area_at_risk_patient]`: contours in the patient's space."""

    name: Text
    structure_set: Sha256
    frame_of_reference: Sha256
    contours_lps_mm: list[list[Triple]]


def origin_of(table: DicomTable, what: str) -> PlanOrigin:
    """Return the origin. Raises ConfigurationError where it makes no sense."""
    x, y, z = table.beam_direction_lps
    values = {**table.model_dump(), "tightened_by_table": tuple(table.tightened_by_table)}
    try:
        return PlanOrigin(**{**values, "beam_direction_lps": (x, y, z)})
    except ValueError as error:
        raise _refused(what, "dicom", error) from error


def origin_table(origin: PlanOrigin) -> Mapping[str, TomlValue]:
    """Return the keys of `[dicom]`."""
    return {
        **vars(origin),
        "beam_direction_lps": list(origin.beam_direction_lps),
        "tightened_by_table": list(origin.tightened_by_table),
    }


def region_of(table: RegionTable, what: str) -> PatientRegion:
    """Return the region. Raises ConfigurationError where it makes no sense."""
    contours = tuple(tuple((x, y, z) for x, y, z in contour) for contour in table.contours_lps_mm)
    try:
        return PatientRegion(table.name, table.structure_set, table.frame_of_reference, contours)
    except ValueError as error:
        raise _refused(what, "area_at_risk_patient", error) from error


def region_table(region: PatientRegion) -> Mapping[str, TomlValue]:
    """Return the keys of `[area_at_risk_patient]`."""
    contours = [[list(point) for point in contour] for contour in region.contours_lps_mm]
    return {**vars(region), "contours_lps_mm": contours}


def _refused(what: str, table: str, error: ValueError) -> ConfigurationError:
    return ConfigurationError(
        f"{what}: the table [{table}] makes no sense.",
        actual=str(error),
        remedy="Import the plan again; do not edit what came out of DICOM.",
    )
