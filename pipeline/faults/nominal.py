"""A perfect session as the kernel sees it: numbers drawn, nothing rendered. Simulation.

Every quantity truly lies inside 0.3 of its tolerance; what is measured scatters about it by its
own sigma, as a registration's would.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from tracking.alignment import Alignment, ApplicatorIdentity
from tracking.bed import BedStatus
from tracking.doubt import LabelDoubt
from tracking.identities import Identities
from tracking.measurement import measured
from tracking.plan import Limits, Plan, Tolerance, VectorTolerance
from tracking.registration import PoseStart, RegistrationStatus
from tracking.second_estimate import SecondOpinion, Status
from tracking.snapshot import Evidence, SessionEvidence, Snapshot
from tracking.survey_alignment import SurveyStatus

PERIOD_NS = 33_333_333
AGE_MS = (36.0, 50.0)  # exposure to decision: transfer 20 ms, a frame's work 16 to 30
WELL_INSIDE = 0.3  # of each tolerance
FIRST_FRAME = 1000
PLAN = Plan(
    id="plan@1",
    plan_id="campaign",
    patient_id="phantom-1",
    approved=True,
    machine="mobetron",
    applicator_id="MOB-D60-B15",
    limits=Limits(
        docking_tilt_deg=Tolerance(0.0, 1.0),
        docking_lateral_mm=Tolerance(0.0, 2.0),
        docking_gap_mm=Tolerance(40.0, 3.0),
        incidence_deg=VectorTolerance((0.0, 0.0), 5.0),
        air_gap_mm=Tolerance(0.0, 3.0),
        ssd_error_mm=Tolerance(0.0, 3.0),
        coverage_minimum_fraction=0.95,
        intrusion_maximum_mm=2.0,
        air_gap_rim_maximum_mm=5.0,
    ),
)
IDENTITIES = Identities(
    plan=PLAN.id,
    patient=PLAN.patient_id,
    machine=PLAN.machine,
    applicator=PLAN.applicator_id,
    rig="rig@1",
    model="model@1",
)
EVIDENCE = SessionEvidence(
    camera_serial=Evidence.PROVEN,
    rig_validity=Evidence.PROVEN,
    qa=Evidence.PROVEN,
    time_out=Evidence.PROVEN,
    fiducial=Evidence.PROVEN,
)
# Typical 1-sigma of each quantity, rig included (`bench alignment` plus 0.05 deg and 0.2 mm)
SIGMAS = {
    "docking_tilt_deg": 0.06,
    "docking_lateral_mm": 0.22,
    "docking_gap_mm": 0.21,
    "incidence_deg": 0.45,
    "air_gap_mm": 0.25,
    "ssd_error_mm": 0.3,
    "air_gap_max_mm": 0.4,
    "air_gap_min_mm": 0.4,
    "coverage_fraction": 0.004,
    "intrusion_mm": 0.2,
}
SCATTER = 0.3  # share of a sigma that changes from frame to frame; the rest is calibration


@dataclass(frozen=True)
class Moment:
    """A frame and when it is decided on the session's monotonic clock."""

    frame: Snapshot
    decided_ns: int

    @property
    def exposed_ns(self) -> int:
        """When the scene looked like this."""
        return self.decided_ns - round(self.frame.age_ms * 1e6)


@dataclass(frozen=True)
class NominalSession:
    """The moments of one seed; moment `i` does not depend on those before it."""

    seed: int

    @cached_property
    def truth(self) -> dict[str, float]:
        """True quantities, the same for the whole session."""
        rng = np.random.default_rng([self.seed, 101])
        limits = PLAN.limits

        def near(tolerance: float) -> float:
            return float(rng.uniform(-WELL_INSIDE, WELL_INSIDE) * tolerance)

        gap, air_gap = near(0.5 * limits.docking_gap_mm.tolerance), near(1.5)
        return {
            "docking_tilt_deg": abs(near(limits.docking_tilt_deg.tolerance)),
            "docking_lateral_mm": abs(near(limits.docking_lateral_mm.tolerance)),
            "docking_gap_mm": limits.docking_gap_mm.planned + gap,
            "incidence_deg": abs(near(limits.incidence_deg.tolerance)),
            "air_gap_mm": air_gap,
            "ssd_error_mm": gap + air_gap,
            "air_gap_max_mm": air_gap + 0.5,
            "air_gap_min_mm": air_gap - 0.5,
            "coverage_fraction": 0.985,
            "intrusion_mm": 0.0,
        }

    @cached_property
    def bias(self) -> dict[str, float]:
        """What rig and depth calibration are off by, the same for the whole session."""
        rng = np.random.default_rng([self.seed, 102])
        steady = np.sqrt(1 - SCATTER**2)
        return {name: float(rng.normal(0.0, steady * sigma)) for name, sigma in SIGMAS.items()}

    @lru_cache(maxsize=128)  # noqa: B019 - a campaign asks for the same moments of few sessions
    def moment(self, index: int) -> Moment:
        """Moment `index` (0 ..) of the session."""
        rng = np.random.default_rng([self.seed, 103, index])
        stamp_ns = 5_000_000_000 + index * PERIOD_NS
        age_ms = float(rng.uniform(*AGE_MS))
        quantities = {
            name: measured(
                value + self.bias[name] + float(rng.normal(0.0, SCATTER * SIGMAS[name])),
                SIGMAS[name],
            )
            for name, value in self.truth.items()
        }
        frame = Snapshot(
            frame_index=FIRST_FRAME + index,
            stamp_ns=stamp_ns,
            age_ms=age_ms,
            depth_sha256=f"{self.seed}-{index}",
            plan=PLAN,
            evidence=EVIDENCE,
            registration=RegistrationStatus.OK,
            pose_start=PoseStart.TRACKED,
            bed=BedStatus.OK,
            alignment=Alignment(
                **quantities,
                applicator_id=ApplicatorIdentity(PLAN.applicator_id, 60.0, 15.0, decided=True),
            ),
            running=IDENTITIES,
            confirmed=IDENTITIES,
            doubt=LabelDoubt(score=0.02, limit=0.5),
            survey=SurveyStatus.OK,
            second=SecondOpinion(
                status=Status.MADE,
                distance_mm=abs(float(rng.normal(0.0, 0.25))),
                angle_deg=abs(float(rng.normal(0.0, 0.1))),
                ring_bound_mm=0.8,
                axis_bound_deg=0.4,
                first_ring_bound_mm=0.3,
                first_axis_bound_deg=0.15,
                applicator_ids=(PLAN.applicator_id,),
            ),
            system_faults=frozenset(),
        )
        return Moment(frame, stamp_ns + round(age_ms * 1e6))
