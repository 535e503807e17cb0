"""The closed set of reasons why a frame is not READY, each with what a person reads.

`Severity` orders them: FAULT before UNSURE before HOLD; within one severity the order of
definition is the order of precedence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """Verdict that a reason asks for, in order of precedence."""

    FAULT = 0
    UNSURE = 1
    HOLD = 2


class Reason(StrEnum):
    """Closed enumeration; the value is the code in records."""

    # FAULT: broken input or system, latched
    SOURCE_FAILED = "SOURCE_FAILED"
    CLOCK_WENT_BACK = "CLOCK_WENT_BACK"
    FRAME_REPEATED = "FRAME_REPEATED"
    WRONG_CAMERA = "WRONG_CAMERA"
    RIG_EXPIRED = "RIG_EXPIRED"
    CAMERA_BUMPED = "CAMERA_BUMPED"
    QA_FAILED = "QA_FAILED"
    WRONG_PATIENT = "WRONG_PATIENT"
    WRONG_PLAN = "WRONG_PLAN"
    WRONG_MACHINE = "WRONG_MACHINE"
    WRONG_RIG = "WRONG_RIG"
    WRONG_MODEL = "WRONG_MODEL"
    SUPERVISOR_LOST = "SUPERVISOR_LOST"
    OUTPUT_FAILED = "OUTPUT_FAILED"
    AUDIT_FAILED = "AUDIT_FAILED"
    RECORDER_FAILED = "RECORDER_FAILED"
    CHECK_MISSING = "CHECK_MISSING"
    FAULT_LATCHED = "FAULT_LATCHED"
    # UNSURE: cannot tell
    PLAN_NOT_APPROVED = "PLAN_NOT_APPROVED"
    NO_QA = "NO_QA"
    NO_TIMEOUT = "NO_TIMEOUT"
    NO_SECOND_ESTIMATE = "NO_SECOND_ESTIMATE"
    SECOND_ESTIMATE_WEAK = "SECOND_ESTIMATE_WEAK"
    SECOND_ESTIMATE_DISAGREES = "SECOND_ESTIMATE_DISAGREES"
    NO_FIDUCIAL = "NO_FIDUCIAL"
    FRAME_STALE = "FRAME_STALE"
    NO_APPLICATOR = "NO_APPLICATOR"
    DEPTH_MISSING = "DEPTH_MISSING"
    DEPTH_FALSE = "DEPTH_FALSE"
    SEVERAL_APPLICATORS = "SEVERAL_APPLICATORS"
    NOT_THE_APPLICATOR = "NOT_THE_APPLICATOR"
    LABELS_DOUBTFUL = "LABELS_DOUBTFUL"
    LIGHT_UNSUITABLE = "LIGHT_UNSUITABLE"
    REGISTRATION_FAILED = "REGISTRATION_FAILED"
    REGISTRATION_WEAK = "REGISTRATION_WEAK"
    APPLICATOR_UNDECIDED = "APPLICATOR_UNDECIDED"
    NO_BED = "NO_BED"
    BED_HIDDEN = "BED_HIDDEN"
    BED_UNCLEAR = "BED_UNCLEAR"
    SURVEY_STALE = "SURVEY_STALE"
    TILT_UNCERTAIN = "TILT_UNCERTAIN"
    LATERAL_UNCERTAIN = "LATERAL_UNCERTAIN"
    DOCKING_GAP_UNCERTAIN = "DOCKING_GAP_UNCERTAIN"
    INCIDENCE_UNCERTAIN = "INCIDENCE_UNCERTAIN"
    AIR_GAP_UNCERTAIN = "AIR_GAP_UNCERTAIN"
    SSD_UNCERTAIN = "SSD_UNCERTAIN"
    COVERAGE_UNCERTAIN = "COVERAGE_UNCERTAIN"
    INTRUSION_UNCERTAIN = "INTRUSION_UNCERTAIN"
    ARMING = "ARMING"
    # HOLD: measured, and out of tolerance
    WRONG_APPLICATOR = "WRONG_APPLICATOR"
    SSD_HIGH = "SSD_HIGH"
    SSD_LOW = "SSD_LOW"
    AIR_GAP_HIGH = "AIR_GAP_HIGH"
    AIR_GAP_LOW = "AIR_GAP_LOW"
    AIR_GAP_RIM_HIGH = "AIR_GAP_RIM_HIGH"
    INCIDENCE_HIGH = "INCIDENCE_HIGH"
    DOCKING_GAP_HIGH = "DOCKING_GAP_HIGH"
    DOCKING_GAP_LOW = "DOCKING_GAP_LOW"
    LATERAL_HIGH = "LATERAL_HIGH"
    TILT_HIGH = "TILT_HIGH"
    COVERAGE_LOW = "COVERAGE_LOW"
    INTRUSION_HIGH = "INTRUSION_HIGH"


@dataclass(frozen=True)
class ReasonText:
    """What a person reads: the sentence, and what to do about it."""

    severity: Severity
    sentence: str
    action: str


_F, _U, _H = Severity.FAULT, Severity.UNSURE, Severity.HOLD

TEXTS: dict[Reason, ReasonText] = {
    Reason.SOURCE_FAILED: ReasonText(_F, "The camera stopped.", "Check cable and power."),
    Reason.CLOCK_WENT_BACK: ReasonText(_F, "The camera's clock went back.", "Restart the camera."),
    Reason.FRAME_REPEATED: ReasonText(_F, "The picture is frozen.", "Restart the camera."),
    Reason.WRONG_CAMERA: ReasonText(
        _F, "Another camera than the calibrated one.", "Use the calibrated camera."
    ),
    Reason.RIG_EXPIRED: ReasonText(_F, "The rig calibration has expired.", "Calibrate the rig."),
    Reason.CAMERA_BUMPED: ReasonText(_F, "The camera moved on the head.", "Calibrate the rig."),
    Reason.QA_FAILED: ReasonText(_F, "The daily QA failed.", "Have the physicist look into it."),
    Reason.WRONG_PATIENT: ReasonText(
        _F, "Another patient than at the time-out.", "Load this patient; hold the time-out again."
    ),
    Reason.WRONG_PLAN: ReasonText(
        _F, "Another plan than at the time-out.", "Load the plan; hold the time-out again."
    ),
    Reason.WRONG_MACHINE: ReasonText(
        _F, "Another machine than at the time-out.", "Load the plan; hold the time-out again."
    ),
    Reason.WRONG_RIG: ReasonText(
        _F, "Another rig than at the time-out.", "Load the rig; hold the time-out again."
    ),
    Reason.WRONG_MODEL: ReasonText(
        _F, "Another model than at the time-out.", "Restart; hold the time-out again."
    ),
    Reason.SUPERVISOR_LOST: ReasonText(
        _F, "The supervisor does not answer.", "Restart the session."
    ),
    Reason.OUTPUT_FAILED: ReasonText(
        _F, "The supervisor's output or input broke.", "Check relay and cable; restart."
    ),
    Reason.AUDIT_FAILED: ReasonText(
        _F, "The audit log cannot be written.", "Free the disk; restart the session."
    ),
    Reason.RECORDER_FAILED: ReasonText(
        _F, "The session is not being recorded.", "Free the disk; restart the session."
    ),
    Reason.CHECK_MISSING: ReasonText(
        _F, "A check did not run.", "Restart; if it stays, call the engineer."
    ),
    Reason.PLAN_NOT_APPROVED: ReasonText(_U, "The plan is not approved.", "Approve the plan."),
    Reason.FAULT_LATCHED: ReasonText(
        _F, "A fault waits for acknowledgement.", "Acknowledge the fault."
    ),
    Reason.NO_QA: ReasonText(_U, "No QA today.", "Run the daily QA."),
    Reason.NO_TIMEOUT: ReasonText(_U, "No time-out: not ready.", "Hold the time-out."),
    Reason.NO_SECOND_ESTIMATE: ReasonText(
        _U, "No second estimate of the pose.", "Fit the marker collar."
    ),
    Reason.SECOND_ESTIMATE_WEAK: ReasonText(
        _U, "The second estimate is too uncertain.", "Clear the view of the marker collar."
    ),
    Reason.SECOND_ESTIMATE_DISAGREES: ReasonText(
        _U, "Two estimates of the pose disagree.", "Check the collar; clear the applicator."
    ),
    Reason.NO_FIDUCIAL: ReasonText(
        _U, "The camera mount is not watched.", "Calibrate the rig with its fiducial."
    ),
    Reason.FRAME_STALE: ReasonText(
        _U, "The picture is too old.", "Wait; if it stays, restart the camera."
    ),
    Reason.NO_APPLICATOR: ReasonText(
        _U, "No applicator is seen.", "Bring the applicator into view."
    ),
    Reason.DEPTH_MISSING: ReasonText(
        _U, "The camera cannot measure the applicator.", "Fit the sleeve or remove glare."
    ),
    Reason.DEPTH_FALSE: ReasonText(
        _U,
        "The depth on the applicator is false.",
        "Fit the sleeve or remove glare.",
    ),
    Reason.SEVERAL_APPLICATORS: ReasonText(
        _U,
        "More than the applicator is seen.",
        "Leave only the planned applicator in view.",
    ),
    Reason.NOT_THE_APPLICATOR: ReasonText(
        _U,
        "What is seen is not the applicator.",
        "Show the planned applicator; clear its view.",
    ),
    Reason.LABELS_DOUBTFUL: ReasonText(
        _U,
        "The picture cannot be read with certainty.",
        "Clear the view; check light and lens.",
    ),
    Reason.LIGHT_UNSUITABLE: ReasonText(
        _U,
        "The picture is too dark, bright or blurred.",
        "Adjust the light; wipe the lens.",
    ),
    Reason.REGISTRATION_FAILED: ReasonText(
        _U, "The applicator cannot be fitted.", "Clear the view of the applicator."
    ),
    Reason.REGISTRATION_WEAK: ReasonText(
        _U, "Too little of the applicator is seen.", "Clear the view of the applicator."
    ),
    Reason.APPLICATOR_UNDECIDED: ReasonText(
        _U, "The applicator cannot be identified.", "Clear the view of rim and ring."
    ),
    Reason.NO_BED: ReasonText(_U, "No tumor bed is seen.", "Clear the view of the bed."),
    Reason.BED_HIDDEN: ReasonText(
        _U, "The bed around the rim is hidden.", "Clear the bed around the rim."
    ),
    Reason.BED_UNCLEAR: ReasonText(
        _U, "The bed's surface is unclear.", "Clear the bed around the rim."
    ),
    Reason.SURVEY_STALE: ReasonText(
        _U,
        "The bed has changed since the survey.",
        "Lift the cone and survey the bed again.",
    ),
    Reason.TILT_UNCERTAIN: ReasonText(
        _U,
        "Tilt is not proven inside its limit.",
        "Come closer to the plan; clear the applicator.",
    ),
    Reason.LATERAL_UNCERTAIN: ReasonText(
        _U,
        "Lateral is not proven inside its limit.",
        "Come closer to the plan; clear the ring.",
    ),
    Reason.DOCKING_GAP_UNCERTAIN: ReasonText(
        _U,
        "Docking gap is not proven inside its limit.",
        "Come closer to the plan; clear the ring.",
    ),
    Reason.INCIDENCE_UNCERTAIN: ReasonText(
        _U,
        "Incidence is not proven inside its limit.",
        "Come closer to the plan; clear the bed at the rim.",
    ),
    Reason.AIR_GAP_UNCERTAIN: ReasonText(
        _U,
        "Air gap is not proven inside its limit.",
        "Come closer to the plan; clear the bed at the rim.",
    ),
    Reason.SSD_UNCERTAIN: ReasonText(
        _U,
        "Source distance is not proven in its limit.",
        "Come closer to the plan; clear the bed at the rim.",
    ),
    Reason.COVERAGE_UNCERTAIN: ReasonText(
        _U,
        "Coverage is not proven inside its limit.",
        "Come closer to the plan; clear the bed at the rim.",
    ),
    Reason.INTRUSION_UNCERTAIN: ReasonText(
        _U,
        "Intrusion is not proven inside its limit.",
        "Come closer to the plan; clear the field.",
    ),
    Reason.ARMING: ReasonText(_U, "All checks pass: arming.", "Hold still."),
    Reason.WRONG_APPLICATOR: ReasonText(
        _H, "Not the planned applicator.", "Take the planned applicator."
    ),
    Reason.SSD_HIGH: ReasonText(_H, "The bed is too far from the source.", "Lower the head."),
    Reason.SSD_LOW: ReasonText(_H, "The bed is too near the source.", "Raise the head."),
    Reason.AIR_GAP_HIGH: ReasonText(_H, "Air gap too large.", "Move the cone towards the bed."),
    Reason.AIR_GAP_LOW: ReasonText(
        _H, "Tissue bulges into the cone.", "Move the cone away from the bed."
    ),
    Reason.AIR_GAP_RIM_HIGH: ReasonText(
        _H, "The rim stands off on one side.", "Level the cone on the bed."
    ),
    Reason.INCIDENCE_HIGH: ReasonText(
        _H, "The cone is oblique to the bed.", "Level the cone on the bed."
    ),
    Reason.DOCKING_GAP_HIGH: ReasonText(_H, "Docking gap too large.", "Lower the head."),
    Reason.DOCKING_GAP_LOW: ReasonText(_H, "Docking gap too small.", "Raise the head."),
    Reason.LATERAL_HIGH: ReasonText(_H, "The head is off centre.", "Move the head."),
    Reason.TILT_HIGH: ReasonText(_H, "The head is tilted.", "Tilt the head."),
    Reason.COVERAGE_LOW: ReasonText(
        _H, "The area at risk is not covered.", "Move the cone over the area at risk."
    ),
    Reason.INTRUSION_HIGH: ReasonText(_H, "Something reaches into the field.", "Clear the field."),
}

_ORDER = {reason: (TEXTS[reason].severity, rank) for rank, reason in enumerate(Reason)}


def in_precedence(reasons: set[Reason]) -> tuple[Reason, ...]:
    """Sort reasons: FAULT, UNSURE, HOLD, then in the order of the enumeration."""
    return tuple(sorted(reasons, key=_ORDER.__getitem__))
