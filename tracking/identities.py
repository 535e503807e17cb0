"""Ids of what is running: two frames, or two people, mean the same only where all of them agree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identities:
    """Content ids or names of what a verdict rests on.

    `plan` and `rig` are content ids, `applicator` the content id of its catalogue entry, `model`
    the segmenter's; `patient` and `machine` are names.
    """

    plan: str
    patient: str
    machine: str
    applicator: str
    rig: str
    model: str
