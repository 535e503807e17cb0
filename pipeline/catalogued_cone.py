"""The cone of a catalogue entry as registration wants it: with its own mesh where it names one."""

from __future__ import annotations

from pipeline.config.mesh_file import applicator_mesh
from tracking.applicator import Applicator
from tracking.cone_model import ConeModel


def catalogued_cone(applicator: Applicator) -> ConeModel:
    """Return the model; raises as `applicator_mesh` where the entry's mesh cannot be used."""
    return ConeModel(applicator, applicator_mesh(applicator) if applicator.mesh_path else None)
