"""Why a quantity was not measured in one frame, in a sentence."""

from __future__ import annotations

from tracking.bed import BedStatus
from tracking.intrusion import MIN_SEEN_FRACTION
from tracking.plan import Plan
from tracking.record import FrameRecord
from tracking.survey_alignment import SurveyStatus

BED_SENTENCES = {
    BedStatus.NO_BED: "No tumor bed was seen around the rim.",
    BedStatus.TOO_FEW_POINTS: "Too little of the bed was seen around the rim.",
    BedStatus.RIM_HIDDEN: "Less than half of the ring around the rim was seen.",
    BedStatus.POOR_FIT: "No smooth surface fits the bed around the rim.",
    BedStatus.NO_POSE: "The cone was not registered.",
}
SURVEY_SENTENCES = {
    SurveyStatus.STALE: "The bed no longer agreed with its survey.",
    SurveyStatus.LOST: "The surveyed bed was hidden.",
}
OF_ROLL = frozenset({"incidence_x_deg", "incidence_y_deg"})
OF_SLIDE = frozenset({"docking_gap_mm", "ssd_error_mm"})
OF_BED = frozenset(
    {
        *("incidence_deg", "incidence_x_deg", "incidence_y_deg", "beam_incidence_deg"),
        *("air_gap_mm", "air_gap_max_mm", "air_gap_min_mm", "ssd_error_mm"),
    }
)
OF_MAP = frozenset({"coverage_fraction", "intrusion_mm"})


def why_not_measured(name: str, record: FrameRecord, plan: Plan) -> str:
    """Return the sentence for a quantity that was not observable in `record`."""
    registration = record.registration
    if not registration.is_ok:
        return f"The cone was not registered ({registration.status})."
    if name == "coverage_fraction" and plan.area_at_risk is None:
        return "The plan marks no area at risk."
    if name in OF_MAP:
        return _of_map(name, record)
    if name in OF_BED and not record.bed.is_ok:
        return BED_SENTENCES[record.bed.status]
    if name in OF_ROLL and not registration.roll_observable:
        return "The cone's roll about its axis cannot be told: only the size has a meaning."
    if name in OF_SLIDE and not registration.axial_observable:
        return "The cone's place along its axis could not be told."
    return "The frame did not show enough to tell it."


def _of_map(name: str, record: FrameRecord) -> str:
    survey = record.survey
    if survey.survey is None:
        return "The bed was not surveyed before the cone came."
    if survey.status in SURVEY_SENTENCES:
        return SURVEY_SENTENCES[survey.status]
    if name == "intrusion_mm":
        share = f"{100 * MIN_SEEN_FRACTION:.0f} %"
        return f"Less than {share} of the field was seen, or a structure to keep out has no place."
    if not survey.in_plane_observable:
        return "The survey may have slid along the bed: its form shows no place."
    return "The area at risk had no place on the surveyed bed."
