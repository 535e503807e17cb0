"""Composes a random scene: the common case first, then what else a camera may meet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.training.families import Families
from models.training.scenes import placing
from models.training.scenes.applicators import (
    Cone,
    applicator_parts,
    random_applicator,
    second_cone,
)
from models.training.scenes.facts import NONE
from models.training.scenes.fields import random_field
from models.training.scenes.groups import placed
from models.training.scenes.object_looks import CONE_LOOKS
from models.training.scenes.rooms import background, bare_ground
from models.training.scenes.viewpoint import Subject
from recordings.simulation.scene import Part
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import transform_points

KINDS = ("docked", "in_air", "two", "no_cone", "no_bed", "wild")
KIND_SHARES = (0.69, 0.04, 0.05, 0.12, 0.06, 0.04)
BARE_REACH_MM = 150.0  # of what stands about where there is no opening
FITTING_SHARE = 0.85  # of the opening's radius that most cones keep within
N_FITTING_TRIES = 4
PLAIN_SHARE = 0.25
DARK_ALBEDO = 0.18  # mean of the bed's albedo: muscle and organs below, mucosa and fat above


@dataclass(frozen=True, eq=False)
class Scenery:
    """Everything of a scene but cameras and light, world space; cones come last.

    The last `n_cone_parts` are the subject's own; `look` its family, `tissue_tone` as in
    `SceneFacts`.
    """

    kind: str
    parts: list[Part]
    n_cone_parts: int
    subject: Subject
    look: str
    tissue_tone: str

    @property
    def cone_parts(self) -> list[Part]:
        """The subject's own parts."""
        return self.parts[len(self.parts) - self.n_cone_parts :]


def random_scenery(rng: np.random.Generator, families: Families) -> Scenery:
    """Draw one scene; now and then as a plain renderer shows it, without patterns and gloss."""
    scenery = _scenery(rng, families)
    if rng.random() >= PLAIN_SHARE:
        return scenery
    return replace(scenery, parts=[_plain(part) for part in scenery.parts])


def _plain(part: Part) -> Part:
    material = replace(part.material, texture=None, specular=0.0)
    return replace(part, material=material)


def _scenery(rng: np.random.Generator, families: Families) -> Scenery:
    kind = KINDS[int(rng.choice(len(KINDS), p=KIND_SHARES))]
    has_bed = kind != "no_bed" and not (kind == "wild" and rng.random() < 0.4)
    reach, tone = BARE_REACH_MM, NONE
    if has_bed:
        field = random_field(rng, families)
        parts = background(rng, families, field.void_share) + field.parts
        reach, tone = field.opening_radius_mm, _tone(field.parts)
    else:
        parts = background(rng, families) + bare_ground(rng, families)
    if kind == "no_cone" or (kind in ("no_bed", "wild") and rng.random() < 0.5):
        return _without_cone(rng, families, kind, parts, reach, tone)
    cone = _fitting_cone(rng, families, reach)
    pose = _pose(rng, kind, cone)
    cone_parts = placed(cone.parts, pose)
    parts += placing.occluders(rng, families, cone.applicator, pose, reach)
    if kind == "two":
        parts += placed(second_cone(rng, families, cone.applicator), pose)
    n_things = int(rng.integers(1, 6)) if kind in ("no_bed", "wild") else int(rng.integers(0, 3))
    parts += placing.things_about(rng, families, n_things, 1.6 * reach)
    height = float(rng.uniform(0.05, 0.9)) * cone.applicator.length_mm
    target = transform_points(pose, np.array([0.0, 0.0, height]))
    subject = Subject(target, cone.applicator, pose)
    return Scenery(kind, [*parts, *cone_parts], len(cone_parts), subject, cone.look, tone)


def _without_cone(
    rng: np.random.Generator,
    families: Families,
    kind: str,
    parts: list[Part],
    reach_mm: float,
    tone: str,
) -> Scenery:
    """Hands and tools in the field; often a thing that stands where a cone would."""
    if rng.random() < 0.6:
        parts += placing.things_about(rng, families, 1, 0.15 * reach_mm)
    parts += placing.things_about(rng, families, int(rng.integers(0, 5)), 1.3 * reach_mm)
    for _ in range(int(rng.integers(0, 4))):
        parts += placing.in_field(rng, families, reach_mm)
    target = np.array([*rng.normal(0, 30, 2), rng.uniform(0, 120)])
    return Scenery(kind, parts, 0, Subject(target, None, np.eye(4)), NONE, tone)


def _fitting_cone(rng: np.random.Generator, families: Families, reach_mm: float) -> Cone:
    """A cone that goes into the opening, where a few draws find one."""
    look = families.pick(rng, CONE_LOOKS)
    applicator = random_applicator(rng, families)
    for _ in range(N_FITTING_TRIES):
        if applicator.outer_radius_mm < FITTING_SHARE * reach_mm:
            break
        applicator = random_applicator(rng, families)
    return Cone(applicator, applicator_parts(rng, families, applicator, look), look)


def _pose(rng: np.random.Generator, kind: str, cone: Cone) -> Float:
    if kind == "no_bed" and rng.random() < 0.8:
        return placing.lying_pose(rng, cone.applicator)
    if kind in ("in_air", "wild"):
        return placing.loose_pose(rng)
    return placing.docked_pose(rng)


def _tone(parts: list[Part]) -> str:
    bed = next((part for part in parts if part.label is Label.TUMOR_BED), None)
    if bed is None:
        return NONE
    return "dark" if float(np.mean(bed.material.albedo_rgb)) < DARK_ALBEDO else "light"
