from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.sequence import Sequence

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.rtplan.import_plan import import_plan
from pipeline.config.site_file import parse_site
from pipeline.faults.made_dicom import (
    Damage,
    dicom_bytes,
    electron_beam,
    rt_plan,
)
from tests.config_texts import IMPORT_SITE
from tests.rtplan_parts import (
    drop,
    first_group,
    refusal,
    second_point,
    set_applicator,
    set_beam,
    set_geometry,
    set_point,
)
from tracking.errors import ConfigurationError


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (lambda p: setattr(p, "ApprovalStatus", "UNAPPROVED"), "is not approved"),
        (lambda p: setattr(p, "ApprovalStatus", "REJECTED"), "is not approved"),
        (lambda p: setattr(p, "ApprovalStatus", ""), "is not approved"),
        (drop("ApprovalStatus"), "is not approved"),
        (lambda p: setattr(p, "PlanIntent", "VERIFICATION"), "Plan Intent (300A,000A)"),
        (lambda p: setattr(p, "PatientID", ""), "Patient ID (0010,0020)"),
        (drop("PatientID"), "Patient ID (0010,0020)"),
        (lambda p: setattr(p, "RTPlanLabel", "JANE boost"), "holds the patient's name"),
        (lambda p: setattr(p, "RTPlanLabel", "xDOEx"), "holds the patient's name"),
        (drop("RTPlanLabel"), "RT Plan Label (300A,0002)"),
        (lambda p: setattr(p, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.481.8"), "another kind"),
        (lambda p: setattr(p, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"), "another kind"),
        (drop("FractionGroupSequence"), "not in one fraction group"),
        (lambda p: setattr(first_group(p), "NumberOfFractionsPlanned", 25), "Number of Fractions"),
        (
            lambda p: setattr(first_group(p).ReferencedBeamSequence[0], "ReferencedBeamNumber", 2),
            "not in one fraction group",
        ),
        (drop("PatientSetupSequence"), "how the patient lies"),
        (set_beam("ReferencedPatientSetupNumber", 2), "how the patient lies"),
        (set_beam("BeamType", "DYNAMIC"), "Beam Type"),
        (set_beam("NumberOfBlocks", 1), "Number of Blocks"),
        (set_beam("NumberOfBoli", 1), "Number of Boli"),
        (set_beam("NumberOfWedges", 2), "Number of Wedges"),
        (set_beam("NumberOfCompensators", 1), "Number of Compensators"),
        (set_beam("TreatmentMachineName", "TRUEBEAM"), "does not declare the plan's machine"),
        (set_beam("TreatmentMachineName", ""), "Treatment Machine Name (300A,00B2)"),
        (set_beam("ControlPointSequence", Sequence([])), "Control Point Sequence"),
        (set_applicator("ApplicatorID", "C6X15"), "cannot read the plan's applicator id"),
        (set_applicator("ApplicatorID", ""), "Applicator ID (300A,0108)"),
        (set_applicator("ApplicatorID", "C60B15"), "is not one entry of the catalogue"),
        (set_applicator("ApplicatorID", "C6B45"), "is not one entry of the catalogue"),
        (set_applicator("ApplicatorID", "C7B15"), "opening of the plan's applicator"),
        (set_applicator("ApplicatorType", "ELECTRON_SQUARE"), "Applicator Type (300A,0109)"),
        (set_applicator("ApplicatorType", "ELECTRON_RECT"), "Applicator Type (300A,0109)"),
        (set_geometry("ApplicatorApertureShape", "SYM_SQUARE"), "Applicator Aperture Shape"),
        (set_geometry("ApplicatorOpening", 6.0), "opening of the plan's applicator"),
        (set_geometry("ApplicatorOpening", 0.06), "opening of the plan's applicator"),
        (set_geometry("ApplicatorOpening", 61.0), "opening of the plan's applicator"),
        (set_point("SourceToSurfaceDistance", 50.0), "source to surface distance"),
        (set_point("SourceToSurfaceDistance", 0.5), "source to surface distance"),
        (set_point("SourceToSurfaceDistance", 645.0), "source to surface distance"),
        (set_point("SourceToSurfaceDistance", None), "Source to Surface Distance (300A,0130)"),
        (set_point("NominalBeamEnergy", 9000.0), "no such energy"),
        (set_point("NominalBeamEnergy", 10.0), "no such energy"),
        (set_point("NominalBeamEnergy", None), "Nominal Beam Energy (300A,0114)"),
        (set_point("GantryAngle", None), "Gantry Angle (300A,011E)"),
        (set_point("GantryAngle", 0.20943951), "multiple of 0.1 deg"),
        (set_point("GantryAngle", 90.0), "beyond what the machine"),
        (set_point("GantryAngle", 192.0), "beyond what the machine"),
        (set_point("GantryPitchAngle", -0.13089969), "multiple of 0.1 deg"),
        (set_point("GantryPitchAngle", 12.5), "beyond what the machine"),
        (set_point("PatientSupportAngle", None), "Patient Support Angle (300A,0122)"),
        (set_point("TableTopPitchAngle", 3.0), "Table Top Pitch Angle"),
        (set_point("TableTopRollAngle", 3.0), "Table Top Roll Angle"),
        (set_point("TableTopEccentricAngle", 3.0), "Table Top Eccentric Angle"),
        (second_point("GantryAngle", 13.0), "Gantry Angle (300A,011E)"),
        (second_point("GantryPitchAngle", 1.0), "Gantry Pitch Angle (300A,014A)"),
        (second_point("SourceToSurfaceDistance", 501.0), "Source to Surface Distance"),
        (second_point("NominalBeamEnergy", 6.0), "Nominal Beam Energy"),
    ],
)
def test_what_cannot_be_held_to_is_refused_by_name(
    tmp_path: Path, damage: Damage, part: str
) -> None:
    error = refusal(tmp_path, damage=damage)
    assert part in f"{error.what} {error.expected}"


@pytest.mark.parametrize(
    ("damage", "unit"),
    [
        (set_point("SourceToSurfaceDistance", 50.0), "in cm?"),
        (set_point("SourceToSurfaceDistance", 0.5), "in m?"),
        (set_point("SourceToSurfaceDistance", 19.685), "in inches?"),
        (set_geometry("ApplicatorOpening", 6.0), "in cm?"),
        (set_geometry("ApplicatorOpening", 0.06), "in m?"),
        (set_point("GantryAngle", 0.20943951), "in radians?"),
    ],
)
def test_a_swapped_unit_is_named(tmp_path: Path, damage: Damage, unit: str) -> None:
    assert unit in refusal(tmp_path, damage=damage).actual


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (b"nan ", "a finite number"),
        (b"inf ", "a finite number"),
        (b"1,5 ", "a number"),
        (b"9\\9 ", "one value"),
        (b"abcd", "a number"),
    ],
)
def test_what_is_no_number_is_refused(tmp_path: Path, value: bytes, part: str) -> None:
    data = dicom_bytes(rt_plan(electron_beam(gantry_deg=13.5)))
    assert data.count(b"13.5") == 1
    path = tmp_path / "plan.dcm"
    path.write_bytes(data.replace(b"13.5", value))
    with pytest.raises(ConfigurationError, match="Gantry Angle") as caught:
        import_plan(path, parse_site(IMPORT_SITE, "site.toml"), read_catalogue())
    assert part in caught.value.expected
