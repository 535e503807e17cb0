"""The one electron beam of an RT Plan, and everything it asks for that could not be held to."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config.rtplan.angles import BeamAngles, without_noise
from pipeline.config.rtplan.attributes import Attributes
from tracking.errors import ConfigurationError

SAME_MM = 1e-3  # two control points that restate a length mean the same within rounding noise
CONE_TYPES = ("INTRAOPERATIVE", "ELECTRON_CIRC")
CIRCULAR = "SYM_CIRCULAR"

# What shapes or shifts the dose and has no place in a plan for this software.
MODIFIERS = ("NumberOfWedges", "NumberOfCompensators", "NumberOfBoli", "NumberOfBlocks")
TURNED_TABLE = ("TableTopPitchAngle", "TableTopRollAngle", "TableTopEccentricAngle")
ANGLES = ("GantryAngle", "GantryPitchAngle", "BeamLimitingDeviceAngle", "PatientSupportAngle")


@dataclass(frozen=True)
class ElectronBeam:
    """One beam as the file has it; lengths in mm, angles in degrees without rounding noise."""

    number: int
    machine_name: str
    applicator_id: str
    opening_mm: float | None
    energy_mev: float
    ssd_mm: float
    angles: BeamAngles
    collimator_deg: float
    isocentre_lps_mm: tuple[float, float, float] | None
    tolerance_table: int | None
    patient_setup: int | None


def choose_beam(plan: Attributes, number: int | None) -> Attributes:
    """Choose the plan's one electron beam with an applicator, or the one that is asked for.

    Raises
    ------
    ConfigurationError
        There is none, or more than one and nobody has said which.
    """
    beams = plan.items("BeamSequence")
    if not beams:
        is_brachy = plan.has("ApplicationSetupSequence")
        raise ConfigurationError(
            f"{plan.where}: the plan has no beams.",
            expected="a plan with an electron beam",
            actual="a brachytherapy plan" if is_brachy else "no Beam Sequence (300A,00B0)",
            remedy="Name the plan of the electron beam.",
        )
    listed = ", ".join(_line(beam) for beam in beams)
    if number is not None:
        chosen = [beam for beam in beams if beam.whole("BeamNumber") == number]
        remedy = "Name a beam with --beam that has electrons and an applicator."
    else:
        chosen = [beam for beam in beams if _is_treatment(beam)]
        remedy = "Name the plan of the electron beam."
    chosen = [beam for beam in chosen if _is_electron(beam) and beam.has("ApplicatorSequence")]
    if len(chosen) == 1:
        return chosen[0]
    raise ConfigurationError(
        f"{plan.where}: it is not clear which beam is meant."
        if chosen
        else f"{plan.where}: no such electron beam with an applicator.",
        expected="one treatment beam with radiation type ELECTRON and an applicator",
        actual=listed,
        remedy="Say which with --beam N." if chosen and number is None else remedy,
    )


def read_beam(beam: Attributes) -> ElectronBeam:
    """Read one electron beam.

    Raises
    ------
    ConfigurationError
        Something is missing, or it asks for what this software cannot hold it to.
    """
    _refuse_modifiers(beam)
    points = beam.items("ControlPointSequence")
    if not points:
        beam.refuse("ControlPointSequence", "control points", "none")
    first = points[0]
    _refuse_movement(beam, points)
    applicator_id, opening_mm = _applicator(beam)
    return ElectronBeam(
        number=beam.whole("BeamNumber"),
        machine_name=beam.text("TreatmentMachineName"),
        applicator_id=applicator_id,
        opening_mm=opening_mm,
        energy_mev=first.number("NominalBeamEnergy"),
        ssd_mm=first.number("SourceToSurfaceDistance"),
        angles=BeamAngles(
            gantry_deg=without_noise(first.number("GantryAngle")),
            pitch_deg=without_noise(first.optional_number("GantryPitchAngle") or 0.0),
            couch_deg=without_noise(first.number("PatientSupportAngle")),
        ),
        collimator_deg=without_noise(first.number("BeamLimitingDeviceAngle")),
        isocentre_lps_mm=_isocentre(first),
        tolerance_table=_reference(beam, "ReferencedToleranceTableNumber"),
        patient_setup=_reference(beam, "ReferencedPatientSetupNumber"),
    )


def _is_electron(beam: Attributes) -> bool:
    return beam.optional_text("RadiationType") == "ELECTRON"


def _is_treatment(beam: Attributes) -> bool:
    return beam.optional_text("TreatmentDeliveryType") in (None, "TREATMENT")


def _line(beam: Attributes) -> str:
    number = beam.optional_number("BeamNumber")
    kind = beam.optional_text("RadiationType") or "no radiation type"
    cone = "with applicator" if beam.has("ApplicatorSequence") else "without applicator"
    use = "" if _is_treatment(beam) else ", not for treatment"
    return f"beam {'?' if number is None else f'{number:g}'} ({kind}, {cone}{use})"


def _refuse_modifiers(beam: Attributes) -> None:
    for keyword in MODIFIERS:
        if beam.optional_number(keyword):
            beam.refuse(keyword, "0", f"{beam.number(keyword):g}")
    if beam.has("ReferencedBolusSequence"):
        beam.refuse("ReferencedBolusSequence", "none", "a bolus")
    if not _is_treatment(beam):
        found = beam.text("TreatmentDeliveryType")
        beam.refuse("TreatmentDeliveryType", "TREATMENT", found)


def _refuse_movement(beam: Attributes, points: tuple[Attributes, ...]) -> None:
    """Refuse a beam whose geometry changes while it is on, or whose table is turned."""
    if beam.optional_text("BeamType") not in (None, "STATIC"):
        beam.refuse("BeamType", "STATIC", beam.text("BeamType"))
    first = points[0]
    for point in points:
        for keyword in TURNED_TABLE:
            if without_noise(point.optional_number(keyword) or 0.0):
                point.refuse(keyword, "0", f"{point.number(keyword):g}")
    for point in points[1:]:
        for keyword in ANGLES:
            again = point.optional_number(keyword)
            before = first.optional_number(keyword) or 0.0
            if again is not None and without_noise(again - before):
                point.refuse(keyword, f"{before:g} throughout", f"{again:g}")
        for keyword in ("SourceToSurfaceDistance", "NominalBeamEnergy"):
            again, stated = point.optional_number(keyword), first.number(keyword)
            if again is not None and not abs(again - stated) <= SAME_MM:
                point.refuse(keyword, f"{stated:g} throughout", f"{again:g}")


def _applicator(beam: Attributes) -> tuple[str, float | None]:
    """(id, opening in mm where it is given) of the one circular applicator."""
    applicators = beam.items("ApplicatorSequence")
    if len(applicators) != 1:
        beam.refuse("ApplicatorSequence", "one applicator", str(len(applicators)))
    applicator = applicators[0]
    kind = applicator.text("ApplicatorType")
    if kind not in CONE_TYPES:
        applicator.refuse("ApplicatorType", f"one of {', '.join(CONE_TYPES)}", kind)
    geometries = applicator.items("ApplicatorGeometrySequence")
    if not geometries:
        return applicator.text("ApplicatorID"), None
    if len(geometries) != 1:
        applicator.refuse("ApplicatorGeometrySequence", "one geometry", str(len(geometries)))
    shape = geometries[0].text("ApplicatorApertureShape")
    if shape != CIRCULAR:
        geometries[0].refuse("ApplicatorApertureShape", CIRCULAR, shape)
    return applicator.text("ApplicatorID"), geometries[0].number("ApplicatorOpening")


def _isocentre(point: Attributes) -> tuple[float, float, float] | None:
    numbers = point.numbers("IsocenterPosition")
    if not numbers:
        return None
    if len(numbers) != 3:
        point.refuse("IsocenterPosition", "three numbers", str(len(numbers)))
    x, y, z = numbers
    return x, y, z


def _reference(beam: Attributes, keyword: str) -> int | None:
    return beam.whole(keyword) if beam.has(keyword) else None
