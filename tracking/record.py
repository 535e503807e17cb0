"""One record per frame, failed frames too: the line of `records.jsonl`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracking.alignment import Alignment
from tracking.arrays import Float
from tracking.bed import BedSurface
from tracking.decision import FRAMES_TO_ARM, GateDecision
from tracking.doubt import UNPROVEN, LabelDoubt
from tracking.measurement import Measurement
from tracking.registration import Registration
from tracking.survey_alignment import AlignedSurvey

STAGES = ("segment", "register", "surface", "align", "second", "gate", "total")


@dataclass(frozen=True)
class RecordIds:
    """Identities of everything a decision rests on."""

    software: str
    model: str
    plan: str
    rig: str
    catalogue: str


@dataclass(frozen=True, eq=False)
class FrameRecord:
    """What was measured and decided for one frame, and on what grounds."""

    frame_index: int
    stamp_ns: int
    decision: GateDecision
    registration: Registration
    bed: BedSurface
    alignment: Alignment
    stage_ms: Mapping[str, float]
    ids: RecordIds
    survey: AlignedSurvey = field(default_factory=AlignedSurvey)
    doubt: LabelDoubt = UNPROVEN

    def to_json(self) -> dict[str, Any]:
        """The record's contract (DESIGN section 5), ready for `json.dumps`."""
        return {
            "frame_index": self.frame_index,
            "stamp_ns": self.stamp_ns,
            "verdict": str(self.decision.verdict),
            "reasons": [str(reason) for reason in self.decision.reasons],
            "checks_passed": self.decision.checks_passed,
            "arming": {"passed": self.decision.arming_passed, "needed": FRAMES_TO_ARM},
            "labels": {
                "doubt": self.doubt.score,
                "limit": self.doubt.limit,
                "cause": str(self.doubt.cause),
            },
            "registration": _registration_json(self.registration),
            "bed": {
                "status": str(self.bed.status),
                "seen_deg": self.bed.seen_deg,
                "residual_rms_mm": self.bed.residual_rms_mm,
                "from_survey": self.bed.from_survey,
            },
            "survey": _survey_json(self.survey),
            "alignment": alignment_json(self.alignment),
            "stage_ms": {name: self.stage_ms.get(name, 0.0) for name in STAGES},
            "ids": vars(self.ids).copy(),
        }


def alignment_json(alignment: Alignment) -> dict[str, Any]:
    """Every quantity by its name, and the applicator's identity."""
    result: dict[str, Any] = {name: _measurement(m) for name, m in alignment.measurements()}
    identity = alignment.applicator_id
    result["applicator_id"] = {
        "value": identity.value,
        "diameter_mm": identity.diameter_mm,
        "bevel_deg": identity.bevel_deg,
        "decided": identity.decided,
    }
    return result


def _measurement(measurement: Measurement) -> dict[str, Any]:
    return {
        "value": measurement.value,
        "sigma": measurement.sigma,
        "observable": measurement.observable,
    }


def _registration_json(registration: Registration) -> dict[str, Any]:
    return {
        "status": str(registration.status),
        "start": None if registration.camera_from_applicator is None else str(registration.start),
        "camera_from_applicator": _rows(registration.camera_from_applicator),
        "axis_cov_deg2": _rows(registration.axis_cov_deg2),
        "exit_cov_mm2": _rows(registration.exit_cov_mm2),
        "axis_sigma_deg": registration.axis_sigma_deg,
        "exit_sigma_mm": registration.exit_sigma_mm,
        "inlier_fraction": registration.inlier_fraction,
        "residual_spread": registration.residual_spread,
        "n_points": registration.n_points,
        "excluded": dict(registration.excluded),
        "observable": {
            "roll": registration.roll_observable,
            "axial": registration.axial_observable,
        },
    }


def _survey_json(survey: AlignedSurvey) -> dict[str, Any]:
    return {
        "status": str(survey.status),
        "frames": 0 if survey.survey is None else survey.survey.n_frames,
        "agreement_mm": survey.agreement_mm,
        "in_plane_observable": survey.in_plane_observable,
    }


def _rows(matrix: Float | None) -> list[list[float]] | None:
    return None if matrix is None else [[float(x) for x in row] for row in matrix]
