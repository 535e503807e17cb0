"""Faults of what is seen and measured: cone, bed, labels, second estimate, quantities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipeline.faults.fault import (
    Case,
    Fault,
    FaultedMoment,
    changed,
    fault,
    with_alignment,
    with_fields,
)
from pipeline.faults.nominal import PLAN, SIGMAS
from tracking.alignment import Alignment
from tracking.bed import BedStatus
from tracking.doubt import UNPROVEN, DoubtCause, LabelDoubt
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.reasons import Reason
from tracking.registration import PoseStart, RegistrationStatus
from tracking.second_estimate import NO_OPINION, SecondOpinion, Status
from tracking.snapshot import Snapshot
from tracking.survey_alignment import SurveyStatus

NAN = float("nan")
# How far outside its tolerance a quantity truly lies, in tolerances. The least is more than three
# sigma of every quantity beyond the limit: nearer, chance alone may measure it inside.
OUTSIDE = (1.35, 1.6, 2.0, 3.0, 6.0)
TOO_UNCERTAIN = (0.4, 0.5, 0.8, 1.5, 10.0)  # sigma, in tolerances


def _lost(status: RegistrationStatus) -> Callable[[Snapshot, Case], Snapshot]:
    def change(frame: Snapshot, _case: Case) -> Snapshot:
        return replace(
            frame,
            registration=status,
            pose_start=PoseStart.SEARCHED,
            bed=BedStatus.NO_POSE,
            alignment=Alignment(),
        )

    return change


def _jumped(case: Case) -> list[FaultedMoment]:
    """The pose is searched anew in the first frame: nine more must follow before READY."""
    moments = case.window[:9]
    moments[0] = replace(moments[0], frame=replace(moments[0].frame, pose_start=PoseStart.SEARCHED))
    return [FaultedMoment(moment) for moment in moments]


def _searched_each_time(frame: Snapshot, _case: Case) -> Snapshot:
    return replace(frame, pose_start=PoseStart.SEARCHED)


def _second(
    change: Callable[[SecondOpinion, int], SecondOpinion],
) -> Callable[[Snapshot, Case], Snapshot]:
    return lambda frame, case: replace(frame, second=change(frame.second, case.severity - 1))


def _tolerance(name: str) -> float:
    limits = PLAN.limits
    special = {
        "air_gap_max_mm": limits.air_gap_rim_maximum_mm,
        "air_gap_min_mm": limits.air_gap_rim_maximum_mm,
        "intrusion_mm": limits.intrusion_maximum_mm,
        "coverage_fraction": 1.0 - (limits.coverage_minimum_fraction or 0.0),
    }
    value = special[name] if name in special else getattr(limits, name).tolerance
    return float(value or NAN)


def _planned(name: str) -> float:
    return {"docking_gap_mm": PLAN.limits.docking_gap_mm.planned, "coverage_fraction": 1.0}.get(
        name, 0.0
    )


def _with(alignment: Alignment, name: str, quantity: Measurement) -> Alignment:
    changes: dict[str, Any] = {name: quantity}
    return replace(alignment, **changes)


def _moved(name: str, sign: float) -> Callable[[Alignment, Case], Alignment]:
    def change(alignment: Alignment, case: Case) -> Alignment:
        was: Measurement = getattr(alignment, name)
        scatter = (was.value or 0.0) - case.session.truth[name]
        value = _planned(name) + sign * OUTSIDE[case.severity - 1] * _tolerance(name) + scatter
        return _with(alignment, name, measured(value, SIGMAS[name]))

    return change


def _vague(name: str) -> Callable[[Alignment, Case], Alignment]:
    def change(alignment: Alignment, case: Case) -> Alignment:
        was: Measurement = getattr(alignment, name)
        sigma = TOO_UNCERTAIN[case.severity - 1] * _tolerance(name)
        return _with(alignment, name, measured(was.value or 0.0, sigma))

    return change


def _hidden(name: str) -> Callable[[Alignment, Case], Alignment]:
    return lambda alignment, _case: _with(alignment, name, NOT_OBSERVABLE)


def _nan(name: str) -> Callable[[Alignment, Case], Alignment]:
    """A number that its own type refuses, put in behind its back."""

    def change(alignment: Alignment, case: Case) -> Alignment:
        broken = measured(0.0, 1.0)
        fields = ("value",) if case.severity % 2 else ("value", "sigma")
        for entry in fields:
            object.__setattr__(broken, entry, NAN)
        return _with(alignment, name, broken)

    return change


_NAMES: tuple[tuple[str, Reason, Reason, Reason], ...] = (
    ("docking_tilt_deg", Reason.TILT_HIGH, Reason.TILT_HIGH, Reason.TILT_UNCERTAIN),
    ("docking_lateral_mm", Reason.LATERAL_HIGH, Reason.LATERAL_HIGH, Reason.LATERAL_UNCERTAIN),
    (
        "docking_gap_mm",
        Reason.DOCKING_GAP_HIGH,
        Reason.DOCKING_GAP_LOW,
        Reason.DOCKING_GAP_UNCERTAIN,
    ),
    ("incidence_deg", Reason.INCIDENCE_HIGH, Reason.INCIDENCE_HIGH, Reason.INCIDENCE_UNCERTAIN),
    ("air_gap_mm", Reason.AIR_GAP_HIGH, Reason.AIR_GAP_LOW, Reason.AIR_GAP_UNCERTAIN),
    ("ssd_error_mm", Reason.SSD_HIGH, Reason.SSD_LOW, Reason.SSD_UNCERTAIN),
    (
        "air_gap_max_mm",
        Reason.AIR_GAP_RIM_HIGH,
        Reason.AIR_GAP_RIM_HIGH,
        Reason.AIR_GAP_UNCERTAIN,
    ),
    ("intrusion_mm", Reason.INTRUSION_HIGH, Reason.INTRUSION_HIGH, Reason.INTRUSION_UNCERTAIN),
    ("coverage_fraction", Reason.COVERAGE_LOW, Reason.COVERAGE_LOW, Reason.COVERAGE_UNCERTAIN),
)
_SIGNED = ("docking_gap_mm", "air_gap_mm", "ssd_error_mm")


def _quantity_faults() -> list[Fault]:
    faults = []
    for name, high, low, uncertain in _NAMES:
        up = -1.0 if name == "coverage_fraction" else 1.0
        faults.append(fault(f"{name} off", with_alignment(_moved(name, up)), high))
        if name in _SIGNED:
            faults.append(fault(f"{name} off, below", with_alignment(_moved(name, -1.0)), low))
        faults.append(fault(f"{name} uncertain", with_alignment(_vague(name)), uncertain))
        faults.append(fault(f"{name} hidden", with_alignment(_hidden(name)), uncertain))
        faults.append(fault(f"{name} not a number", with_alignment(_nan(name)), uncertain))
    return faults


SIGHT_FAULTS: tuple[Fault, ...] = (
    fault("no applicator", changed(_lost(RegistrationStatus.NO_APPLICATOR)), Reason.NO_APPLICATOR),
    fault("depth missing", changed(_lost(RegistrationStatus.DEPTH_MISSING)), Reason.DEPTH_MISSING),
    fault("depth false", changed(_lost(RegistrationStatus.DEPTH_FALSE)), Reason.DEPTH_FALSE),
    fault(
        "two applicators",
        changed(_lost(RegistrationStatus.SEVERAL_APPLICATORS)),
        Reason.SEVERAL_APPLICATORS,
    ),
    fault(
        "a bottle",
        changed(_lost(RegistrationStatus.NOT_THE_APPLICATOR)),
        Reason.NOT_THE_APPLICATOR,
    ),
    fault(
        "too little seen",
        changed(_lost(RegistrationStatus.WEAK_GEOMETRY)),
        Reason.REGISTRATION_WEAK,
    ),
    fault("poor fit", changed(_lost(RegistrationStatus.POOR_FIT)), Reason.REGISTRATION_FAILED),
    fault("pose jumped", _jumped, Reason.ARMING),
    fault("pose searched each time", changed(_searched_each_time), Reason.ARMING),
    fault("labels unvouched", with_fields(doubt=UNPROVEN), Reason.LABELS_DOUBTFUL),
    fault(
        "labels doubtful",
        with_fields(doubt=LabelDoubt(0.8, 0.5, DoubtCause.UNFAMILIAR)),
        Reason.LABELS_DOUBTFUL,
    ),
    fault(
        "light",
        with_fields(doubt=LabelDoubt(0.8, 0.5, DoubtCause.LIGHT)),
        Reason.LIGHT_UNSUITABLE,
    ),
    fault("no bed", with_fields(bed=BedStatus.NO_BED), Reason.NO_BED),
    fault("rim hidden", with_fields(bed=BedStatus.RIM_HIDDEN), Reason.BED_HIDDEN),
    fault("bed unclear", with_fields(bed=BedStatus.POOR_FIT), Reason.BED_UNCLEAR),
    fault("bed changed", with_fields(survey=SurveyStatus.STALE), Reason.SURVEY_STALE),
    fault("bed elsewhere", with_fields(survey=SurveyStatus.LOST), Reason.SURVEY_STALE),
    fault(
        "second estimate weak",
        changed(_second(lambda o, s: replace(o, ring_bound_mm=(2.01, 2.5, NAN, 10.0, None)[s]))),
        Reason.SECOND_ESTIMATE_WEAK,
    ),
    fault(
        "second axis weak",
        changed(_second(lambda o, s: replace(o, axis_bound_deg=(1.01, 1.5, NAN, 10.0, None)[s]))),
        Reason.SECOND_ESTIMATE_WEAK,
    ),
    fault(
        "second ring elsewhere",
        changed(_second(lambda o, s: replace(o, distance_mm=(2.2, 3.0, NAN, 30.0, None)[s]))),
        Reason.SECOND_ESTIMATE_DISAGREES,
    ),
    fault(
        "second axis elsewhere",
        changed(_second(lambda o, s: replace(o, angle_deg=(1.1, 1.5, NAN, 20.0, None)[s]))),
        Reason.SECOND_ESTIMATE_DISAGREES,
    ),
    fault("no second estimate", with_fields(second=NO_OPINION), Reason.NO_SECOND_ESTIMATE),
    fault(
        "collar hidden",
        with_fields(second=SecondOpinion(status=Status.NOT_SEEN)),
        Reason.NO_SECOND_ESTIMATE,
    ),
    *_quantity_faults(),
)
