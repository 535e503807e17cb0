"""Faults of what stands around the frames: camera, calibration, plan, persons, processes."""

from __future__ import annotations

from dataclasses import replace

from pipeline.faults.fault import (
    Case,
    Fault,
    FaultedMoment,
    changed,
    fault,
    with_alignment,
    with_evidence,
    with_fields,
)
from pipeline.faults.nominal import IDENTITIES, PLAN
from tracking.alignment import Alignment, ApplicatorIdentity
from tracking.identities import Identities
from tracking.reasons import Reason
from tracking.snapshot import Evidence, Snapshot


def _running(**changes: str) -> Identities:
    return replace(IDENTITIES, **changes)


def _early_acknowledgement(case: Case) -> list[FaultedMoment]:
    """A fault of one frame, acknowledged before it came: it has to stay."""
    moments = case.window
    early = case.onset - case.severity
    acknowledged = case.session.moment(early).frame.frame_index
    frames = [replace(moment.frame, acknowledged_frame=acknowledged) for moment in moments]
    frames[0] = replace(frames[0], system_faults=frozenset({Reason.RECORDER_FAILED}))
    return [
        FaultedMoment(replace(moment, frame=frame))
        for moment, frame in zip(moments, frames, strict=True)
    ]


def _acknowledged_while_it_lasts(case: Case) -> list[FaultedMoment]:
    """The acknowledgement names the frame before the last one that showed the cause."""
    moments = case.window
    lasts = 1 + case.severity
    acknowledged = moments[lasts - 2].frame.frame_index
    return [
        FaultedMoment(
            replace(
                moment,
                frame=replace(
                    moment.frame,
                    acknowledged_frame=acknowledged,
                    system_faults=frozenset({Reason.AUDIT_FAILED} if k < lasts else ()),
                ),
            )
        )
        for k, moment in enumerate(moments)
    ]


def _another_cone(value: str, diameter_mm: float, bevel_deg: float) -> ApplicatorIdentity:
    return ApplicatorIdentity(value, diameter_mm, bevel_deg, decided=True)


def _cone_swapped(alignment: Alignment, case: Case) -> Alignment:
    diameter = (55, 65, 50, 70, 100)[case.severity - 1]
    return replace(
        alignment, applicator_id=_another_cone(f"MOB-D{diameter}-B15", float(diameter), 15.0)
    )


def _bevel_swapped(alignment: Alignment, case: Case) -> Alignment:
    bevel = (0, 30, 45, 0, 30)[case.severity - 1]
    return replace(alignment, applicator_id=_another_cone(f"MOB-D60-B{bevel}", 60.0, float(bevel)))


def _undecided(frame: Snapshot, _case: Case) -> Snapshot:
    """Neither the image nor a collar's code names the cone."""
    identity = ApplicatorIdentity(None, 60.0, 15.0)
    return replace(
        frame,
        alignment=replace(frame.alignment, applicator_id=identity),
        second=replace(frame.second, applicator_ids=()),
    )


def _other_collar(frame: Snapshot, _case: Case) -> Snapshot:
    return replace(frame, second=replace(frame.second, applicator_ids=("MOB-D65-B15",)))


SESSION_FAULTS: tuple[Fault, ...] = (
    fault("other serial", with_evidence("camera_serial", Evidence.FAILED), Reason.WRONG_CAMERA),
    fault("serial unknown", with_evidence("camera_serial", Evidence.MISSING), Reason.WRONG_CAMERA),
    fault(
        "calibration expired", with_evidence("rig_validity", Evidence.FAILED), Reason.RIG_EXPIRED
    ),
    fault("QA failed", with_evidence("qa", Evidence.FAILED), Reason.QA_FAILED),
    fault("QA not done", with_evidence("qa", Evidence.MISSING), Reason.NO_QA),
    fault("camera bumped", with_evidence("fiducial", Evidence.FAILED), Reason.CAMERA_BUMPED),
    fault("fiducial hidden", with_evidence("fiducial", Evidence.MISSING), Reason.NO_FIDUCIAL),
    fault("time-out voided", with_evidence("time_out", Evidence.FAILED), Reason.NO_TIMEOUT),
    fault("time-out names nothing", with_fields(confirmed=None), Reason.NO_TIMEOUT),
    fault("wrong plan", with_fields(running=_running(plan="plan@2")), Reason.WRONG_PLAN),
    fault(
        "stale plan revision",
        with_fields(confirmed=replace(IDENTITIES, plan="plan@0")),
        Reason.WRONG_PLAN,
    ),
    fault("wrong patient", with_fields(running=_running(patient="other")), Reason.WRONG_PATIENT),
    fault("wrong machine", with_fields(running=_running(machine="liac")), Reason.WRONG_MACHINE),
    fault("wrong rig", with_fields(running=_running(rig="rig@0")), Reason.WRONG_RIG),
    fault("wrong model", with_fields(running=_running(model="model@0")), Reason.WRONG_MODEL),
    fault(
        "cone of another time-out",
        with_fields(confirmed=replace(IDENTITIES, applicator="MOB-D65-B15")),
        Reason.WRONG_APPLICATOR,
    ),
    fault(
        "plan not approved",
        with_fields(plan=replace(PLAN, approved=False)),
        Reason.PLAN_NOT_APPROVED,
    ),
    fault("wrong cone", with_alignment(_cone_swapped), Reason.WRONG_APPLICATOR),
    fault("wrong bevel", with_alignment(_bevel_swapped), Reason.WRONG_APPLICATOR),
    fault("collar of another cone", changed(_other_collar), Reason.WRONG_APPLICATOR),
    fault("cone undecided", changed(_undecided), Reason.APPLICATOR_UNDECIDED),
    fault(
        "supervisor lost",
        with_fields(system_faults=frozenset({Reason.SUPERVISOR_LOST})),
        Reason.SUPERVISOR_LOST,
    ),
    fault(
        "relay unplugged",
        with_fields(system_faults=frozenset({Reason.OUTPUT_FAILED})),
        Reason.OUTPUT_FAILED,
    ),
    fault(
        "disk full: audit log",
        with_fields(system_faults=frozenset({Reason.AUDIT_FAILED})),
        Reason.AUDIT_FAILED,
    ),
    fault(
        "disk full: recorder",
        with_fields(system_faults=frozenset({Reason.RECORDER_FAILED})),
        Reason.RECORDER_FAILED,
    ),
    fault("nobody looked", with_fields(system_faults=None), Reason.CHECK_MISSING),
    fault(
        "acknowledged beforehand",
        _early_acknowledgement,
        Reason.RECORDER_FAILED,
        Reason.FAULT_LATCHED,
    ),
    fault(
        "acknowledged while it lasts",
        _acknowledged_while_it_lasts,
        Reason.AUDIT_FAILED,
        Reason.FAULT_LATCHED,
    ),
)
