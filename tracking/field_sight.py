"""Everything that one frame and the survey show of the field, for coverage and intrusion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.applicator import Applicator
from tracking.area import MarkedArea
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.marks import AREA_AT_RISK, Marks, keep_out_name
from tracking.plan import Plan
from tracking.registration import Registration
from tracking.seen_field import SeenField, live_field, mapped_field
from tracking.segmentation import EXACT_LABELS, EdgeQuality, Segmentation
from tracking.survey_alignment import AlignedSurvey


@dataclass(frozen=True, eq=False)
class FieldSight:
    """What is known of the field in one frame.

    Attributes
    ----------
    live, mapped : SeenField or None
        Points that this frame, and that the survey map, shows.
    area_at_risk : MarkedArea or None
        None where the plan marks none, or it has no place (yet).
    keep_out : tuple of MarkedArea or None
        One for each structure of the plan; None where it has no place (yet).
    edge_quality : EdgeQuality
        Of the labels that tell bed from what is not.
    """

    live: SeenField | None = None
    mapped: SeenField | None = None
    area_at_risk: MarkedArea | None = None
    keep_out: tuple[MarkedArea | None, ...] = ()
    edge_quality: EdgeQuality = EXACT_LABELS


NOTHING_SEEN = FieldSight()


def sight_of_field(
    applicator: Applicator,
    registration: Registration,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    survey: AlignedSurvey,
    *,
    plan: Plan,
    marks: Marks,
) -> FieldSight:
    """Gather it; `depth_mm` is corrected for the rig's bias."""
    return FieldSight(
        live=live_field(applicator, registration, segmentation, depth_mm, intrinsics, noise),
        mapped=mapped_field(applicator, registration, survey, noise),
        area_at_risk=marks.area(AREA_AT_RISK),
        keep_out=tuple(marks.area(keep_out_name(name)) for name, _ in plan.keep_out),
        edge_quality=segmentation.edge_quality,
    )
