"""What one decided frame says for the report: figures, plan and cone as they were with it."""

from __future__ import annotations

from pipeline.config.load import RunConfig
from pipeline.session_report.facts import (
    ApplicatorFacts,
    BeamOnFacts,
    FrameFacts,
    Moment,
    PlanFacts,
)
from pipeline.session_report.figures import figures
from pipeline.session_report.in_force import InForce
from tracking.errors import FaultError
from tracking.record import FrameRecord


def beam_on_facts(record: FrameRecord, in_force: InForce) -> BeamOnFacts:
    """Everything of the first frame under a beam. Raises FaultError as `check_plan`."""
    check_plan(record, in_force)
    return BeamOnFacts(
        plan=plan_facts(in_force),
        applicator=applicator_facts(record, in_force.config),
        frame=frame_facts(Moment.BEAM_ON, record, in_force),
    )


def check_plan(record: FrameRecord, in_force: InForce) -> None:
    """Raise FaultError where the frame was decided by another plan than it was said to be."""
    if record.ids.plan == in_force.config.plan.id:
        return
    raise FaultError(
        "The reported frame was decided by another plan than the report knows of.",
        expected=in_force.config.plan.id,
        actual=record.ids.plan,
        remedy="Nothing is reported that may be wrong; records and audit log are whole.",
    )


def frame_facts(moment: Moment, record: FrameRecord, in_force: InForce) -> FrameFacts:
    """The frame's verdict, as it was shown, and figures."""
    verdict, reasons = in_force.shown(record.decision)
    return FrameFacts(
        moment=moment,
        frame_index=record.frame_index,
        stamp_ns=record.stamp_ns,
        verdict=verdict,
        reasons=reasons,
        figures=figures(record, in_force.config.plan),
    )


def plan_facts(in_force: InForce) -> PlanFacts:
    """The plan in force."""
    plan = in_force.config.plan
    return PlanFacts(
        plan_id=plan.plan_id,
        patient_id=plan.patient_id,
        machine=plan.machine,
        content_id=plan.id,
        approved=plan.approved,
        revision=in_force.revision,
        approved_by=in_force.approved_by,
        energy_mev=plan.energy_mev,
        ssd_mm=plan.ssd_mm,
        source="" if plan.origin is None else f"DICOM, SHA-256 {plan.origin.file_sha256}",
    )


def applicator_facts(record: FrameRecord, config: RunConfig) -> ApplicatorFacts:
    """Planned cone, and what the image showed."""
    seen = record.alignment.applicator_id
    return ApplicatorFacts(
        planned=config.plan.applicator_id,
        seen=(seen.value or "") if seen.decided else "",
        diameter_mm=seen.diameter_mm,
        bevel_deg=seen.bevel_deg,
    )
