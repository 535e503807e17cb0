"""The identities that a frame was decided with, as they are in force at that frame."""

from __future__ import annotations

import json
from dataclasses import asdict

from pipeline.config.load import RunConfig
from pipeline.supervisor.identities import LeaseIds
from pipeline.version import SOFTWARE_ID


def ids_in_force(config: RunConfig, model_id: str, session: str) -> LeaseIds:
    """Return the identities; `session` is the session's own name, of which there is only one."""
    limits = {
        "limits": asdict(config.plan.limits),
        "applicator": asdict(config.applicator),
        "catalogue": config.catalogue_id,
        "site": "" if config.site is None else config.site.id,
        "software": SOFTWARE_ID,  # brings k, the arming band and the longest age
    }
    return LeaseIds.of(
        session=session,
        plan=config.plan.id,
        patient=config.plan.patient_id,
        rig=config.rig.id,
        model=model_id,
        limits=json.dumps(limits, sort_keys=True, default=str),
    )
