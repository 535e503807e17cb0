"""The identities of a run, from its configuration."""

from __future__ import annotations

from pathlib import Path

from calibration.text_file import content_id
from pipeline.config.config_tables import applicator_table
from pipeline.config.load import RunConfig
from tracking.applicator import Applicator
from tracking.identities import Identities
from tracking.toml_text import toml_text


def running_identities(config: RunConfig, model_id: str) -> Identities:
    """What a time-out is held for. The plan's id covers its limits and its area at risk."""
    return Identities(
        plan=config.plan.id,
        patient=config.plan.patient_id,
        machine=config.plan.machine,
        applicator=applicator_content_id(config.applicator),
        rig=config.rig.id,
        model=model_id,
    )


def applicator_content_id(applicator: Applicator) -> str:
    """Identity of a catalogue entry: its id, and the digits of every value and of its mesh."""
    mesh = [Path(applicator.mesh_path).read_bytes()] if applicator.mesh_path else []
    return content_id(applicator.id, toml_text(applicator_table(applicator)), *mesh)
