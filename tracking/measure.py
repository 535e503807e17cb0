"""All quantities of one frame from registration, bed, rig and plan."""

from __future__ import annotations

from tracking.alignment import Alignment
from tracking.applicator import Applicator
from tracking.bed import BedSurface
from tracking.coverage import measure_coverage
from tracking.docking import measure_docking
from tracking.field_sight import NOTHING_SEEN, FieldSight
from tracking.identity import Peers, identify
from tracking.intrusion import measure_intrusion
from tracking.plan import Plan
from tracking.registration import Registration
from tracking.rig import Rig
from tracking.source_distance import measure_ssd_error
from tracking.standoff import measure_standoff
from tracking.survey_alignment import AlignedSurvey

NO_SURVEY = AlignedSurvey()


def measure_alignment(
    applicator: Applicator,
    peers: Peers,
    registration: Registration,
    bed: BedSurface,
    rig: Rig,
    plan: Plan,
    survey: AlignedSurvey = NO_SURVEY,
    sight: FieldSight = NOTHING_SEEN,
) -> Alignment:
    """Measure every quantity that this frame shows.

    A cone that is recognised as another of `peers` than the planned one is named, registered or
    not.

    Fails to: quantities that are not observable.
    """
    identity = identify(registration.dimensions, applicator, peers)
    if not registration.is_ok:
        return Alignment(applicator_id=identity)
    docking = measure_docking(applicator, registration, rig)
    standoff = measure_standoff(applicator, registration, bed)
    planned = (plan.limits.docking_gap_mm.planned, plan.limits.air_gap_mm.planned)
    return Alignment(
        **vars(docking),
        **vars(standoff),
        ssd_error_mm=measure_ssd_error(applicator, registration, bed, rig, planned),
        coverage_fraction=measure_coverage(applicator, registration, survey, sight.area_at_risk),
        intrusion_mm=measure_intrusion(applicator, registration, bed, survey, sight),
        applicator_id=identity,
    )
