"""Who and what a session is about: the ids that must not change between time-out and beam."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identities:
    """Ids of what is running.

    Attributes
    ----------
    plan, rig, model : str
        Content ids: another revision is another id.
    patient, machine, applicator : str
        As the plan names them.
    """

    plan: str
    patient: str
    machine: str
    applicator: str
    rig: str
    model: str
