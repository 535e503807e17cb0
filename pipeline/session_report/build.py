"""Puts what was gathered, and what a session knows of itself, together as its facts.

A live session hands every `Event` and every frame to a `Gatherer`, and calls `build_facts` and
`write_facts` when it ends; `session report` reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from pipeline.config.load import RunConfig
from pipeline.session_report.facts import (
    ApplicatorFacts,
    EventFacts,
    FrameFacts,
    IdFacts,
    Moment,
    PlanFacts,
    SessionFacts,
    StateFacts,
    VerdictName,
)
from pipeline.session_report.facts_file import Picture
from pipeline.session_report.figures import figures
from pipeline.session_report.gather import Gatherer
from pipeline.session_report.in_force import InForce
from pipeline.session_report.pictures import session_pictures
from pipeline.sinks.sink import FrameResult
from recordings.source import Origin
from tracking.errors import FaultError


@dataclass(frozen=True)
class SessionTold:
    """What frames and events do not tell of a session; "" and None where nobody knows.

    `recorded_at`: ISO 8601. `states`: QA, calibration and further evidence in force.
    `audit_head`: the block that `sessions audit head` prints. `further_events`: what no frame was
    decided with, such as overrides in the audit log.
    """

    session_id: str
    source: str
    recorded_at: str
    camera_serial: str
    states: tuple[StateFacts, ...]
    audit_head: str = ""
    damage: str = ""
    notes: tuple[str, ...] = ()
    further_events: tuple[EventFacts, ...] = ()


def build_facts(
    gathered: Gatherer, told: SessionTold, *, with_pictures: bool = True
) -> tuple[SessionFacts, tuple[Picture, ...]]:
    """Return the facts and the pictures that they name.

    Raises
    ------
    SourceError
        No frame was decided.
    FaultError
        The reported frame was decided by another plan than it was said to be.
    """
    moment, result, in_force = gathered.reported
    config, context = in_force.config, in_force.context
    if result.record.ids.plan != config.plan.id:
        raise FaultError(
            "The reported frame was decided by another plan than the report knows of.",
            expected=config.plan.id,
            actual=result.record.ids.plan,
            remedy="Nothing is reported that may be wrong; records and audit log are whole.",
        )
    pictures = session_pictures(result, context) if with_pictures else ()
    ids = result.record.ids
    facts = SessionFacts(
        session_id=told.session_id,
        origin=cast(Origin, context.origin),
        source=told.source,
        recorded_at=told.recorded_at,
        plan=_plan_facts(in_force),
        applicator=_applicator_facts(result, config),
        frame=_frame_facts(moment, result, config),
        verdicts=gathered.verdicts.spans(),
        beam=gathered.beam.spans(),
        confirmations=tuple(gathered.confirmations),
        events=(*gathered.events, *told.further_events),
        states=told.states,
        pictures=tuple(picture.facts for picture in pictures),
        ids=IdFacts(
            software=ids.software,
            model=ids.model,
            rig=ids.rig,
            catalogue=ids.catalogue,
            site="" if config.site is None else config.site.id,
            camera_serial=told.camera_serial,
        ),
        audit_head=told.audit_head,
        damage=told.damage,
        notes=told.notes,
    )
    return facts, pictures


def _frame_facts(moment: Moment, result: FrameResult, config: RunConfig) -> FrameFacts:
    """The reported frame's figures."""
    record = result.record
    return FrameFacts(
        moment=moment,
        frame_index=record.frame_index,
        stamp_ns=record.stamp_ns,
        verdict=cast(VerdictName, str(record.decision.verdict)),
        reasons=tuple(str(reason) for reason in record.decision.reasons),
        figures=figures(record, config.plan),
    )


def _plan_facts(in_force: InForce) -> PlanFacts:
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


def _applicator_facts(result: FrameResult, config: RunConfig) -> ApplicatorFacts:
    """Planned cone, and what the image showed."""
    seen = result.record.alignment.applicator_id
    return ApplicatorFacts(
        planned=config.plan.applicator_id,
        seen=(seen.value or "") if seen.decided else "",
        diameter_mm=seen.diameter_mm,
        bevel_deg=seen.bevel_deg,
    )
