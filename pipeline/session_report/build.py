"""Puts what was gathered, and what a session knows of itself, together as its facts.

A live session hands every `Event` and every frame to a `Gatherer`, and calls `build_facts` and
`write_facts` when it ends; `session report` reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from pipeline.session_report.at_frame import (
    applicator_facts,
    beam_on_facts,
    check_plan,
    frame_facts,
    plan_facts,
)
from pipeline.session_report.facts import (
    BeamSpan,
    EventFacts,
    IdFacts,
    SessionFacts,
    StateFacts,
)
from pipeline.session_report.facts_file import Picture
from pipeline.session_report.gather import MAX_REFUSED, Gatherer
from pipeline.session_report.pictures import session_pictures
from recordings.source import Origin


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
        The reported frame, or one at beam on, was decided by another plan than it was said to be.
    """
    moment, result, in_force = gathered.reported
    config, context = in_force.config, in_force.context
    check_plan(result.record, in_force)
    pictures = session_pictures(result, context) if with_pictures else ()
    ids = result.record.ids
    facts = SessionFacts(
        session_id=told.session_id,
        origin=cast(Origin, context.origin),
        source=told.source,
        recorded_at=told.recorded_at,
        plan=plan_facts(in_force),
        applicator=applicator_facts(result.record, config),
        frame=frame_facts(moment, result.record, in_force),
        verdicts=gathered.verdicts.spans(),
        beam=_beams(gathered),
        confirmations=tuple(gathered.confirmations),
        events=(*gathered.events, *_further_refusals(gathered), *told.further_events),
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


def _further_refusals(gathered: Gatherer) -> tuple[EventFacts, ...]:
    n = gathered.n_refused - MAX_REFUSED
    text = f"{n} further commands were refused: the audit log has them."
    event = EventFacts(stamp_ns=None, frame_index=None, kind="REFUSED", text=text)
    return (event,) if n > 0 else ()


def _beams(gathered: Gatherer) -> tuple[BeamSpan, ...]:
    """Every beam with what was measured, and by which plan, when it came on."""
    known = {
        (record.frame_index, record.stamp_ns): beam_on_facts(record, in_force)
        for record, in_force in gathered.beam_ons
    }
    return tuple(
        span.model_copy(update={"at_on": known.get((span.from_frame, span.from_ns))})
        for span in gathered.beam.spans()
    )
