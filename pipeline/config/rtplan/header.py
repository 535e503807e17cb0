"""What an RT Plan says about itself: approval, patient, fractions, position, tolerance table."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config.rtplan.angles import ORIENTATION_SIGNS
from pipeline.config.rtplan.attributes import FIX_IN_PLANNING, Attributes
from pipeline.config.rtplan.beam import ElectronBeam
from tracking.errors import ConfigurationError

APPROVED = "APPROVED"
TREATMENT_INTENTS = (None, "CURATIVE", "PALLIATIVE", "PROPHYLACTIC")
MIN_NAME_LETTERS = 3  # shorter parts of a name occur by chance in any label


@dataclass(frozen=True)
class PlanHeader:
    """What of it a plan file keeps."""

    plan_id: str
    patient_id: str
    sop_instance_uid: str
    is_in_patient_space: bool
    structure_set_uids: tuple[str, ...]


def require_approved(attributes: Attributes) -> None:
    """Refuse what nobody has approved; there is no way around it."""
    status = attributes.optional_text("ApprovalStatus")
    if status != APPROVED:
        raise ConfigurationError(
            f"{attributes.where} is not approved.",
            expected=f"Approval Status (300E,0002) {APPROVED}",
            actual=status or "none",
            remedy="Approve it in the planning system and export it again.",
        )


def read_header(plan: Attributes, plan_id: str | None) -> PlanHeader:
    """Read the header of a plan; `plan_id` replaces the plan's own label.

    Raises
    ------
    ConfigurationError
        The plan is not approved or not meant for treatment, something is missing, or its label
        holds the patient's name.
    """
    require_approved(plan)
    intent = plan.optional_text("PlanIntent")
    if intent not in TREATMENT_INTENTS:
        plan.refuse("PlanIntent", "a plan for treatment", str(intent))
    structure_sets = plan.items("ReferencedStructureSetSequence")
    return PlanHeader(
        plan_id=plan_id or _label_without_name(plan),
        patient_id=plan.text("PatientID"),
        sop_instance_uid=plan.text("SOPInstanceUID"),
        is_in_patient_space=plan.text("RTPlanGeometry") == "PATIENT",
        structure_set_uids=tuple(s.text("ReferencedSOPInstanceUID") for s in structure_sets),
    )


def check_fractions(plan: Attributes, beam: ElectronBeam) -> None:
    """Refuse a beam that no fraction group, or more than one, or more than one fraction uses."""
    groups = [
        group
        for group in plan.items("FractionGroupSequence")
        if beam.number
        in {r.whole("ReferencedBeamNumber") for r in group.items("ReferencedBeamSequence")}
    ]
    if len(groups) != 1:
        raise ConfigurationError(
            f"{plan.where}: beam {beam.number} is not in one fraction group.",
            expected="one item of Fraction Group Sequence (300A,0070) that refers to it",
            actual=str(len(groups)),
            remedy=FIX_IN_PLANNING,
        )
    n_planned = groups[0].optional_number("NumberOfFractionsPlanned")
    if n_planned not in (None, 1.0):
        groups[0].refuse("NumberOfFractionsPlanned", "1", f"{n_planned:g}")


def patient_position(plan: Attributes, beam: ElectronBeam) -> str:
    """Patient Position of the beam's setup: HFS, HFP, FFS or FFP.

    Raises
    ------
    ConfigurationError
        There is no one setup for the beam, or the patient lies on the side.
    """
    setups = plan.items("PatientSetupSequence")
    if beam.patient_setup is not None:
        setups = tuple(s for s in setups if s.whole("PatientSetupNumber") == beam.patient_setup)
    if len(setups) != 1:
        raise ConfigurationError(
            f"{plan.where}: it is not clear how the patient lies for beam {beam.number}.",
            expected="one item of Patient Setup Sequence (300A,0180) for the beam",
            actual=str(len(setups)),
            remedy=FIX_IN_PLANNING,
        )
    found = setups[0].text("PatientPosition")
    if found not in ORIENTATION_SIGNS:
        setups[0].refuse("PatientPosition", f"one of {', '.join(ORIENTATION_SIGNS)}", found)
    return found


def _label_without_name(plan: Attributes) -> str:
    label = plan.text("RTPlanLabel")
    name = (plan.optional_text("PatientName") or "").replace("^", " ").replace("=", " ")
    parts = [part.casefold() for part in name.split() if len(part) >= MIN_NAME_LETTERS]
    if any(part in label.casefold() for part in parts):
        raise ConfigurationError(
            f"{plan.where}: the plan's label holds the patient's name.",
            expected="an RT Plan Label (300A,0002) without it",
            remedy="Give another id with --plan-id.",
        )
    return label
