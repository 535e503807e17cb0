"""Where things stand in a scene: the cone on its bed, what is in its way, what stands about."""

from __future__ import annotations

import numpy as np

from models.training.families import Families
from models.training.scenes import distractors, hands, instruments, retractors, tubing
from models.training.scenes.groups import about_z, placed, turn
from recordings.simulation.scene import Part
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.transforms import rigid, rotation_between, rotation_from_vector

MOST_TILT_RAD = np.radians(35.0)  # of a docked cone against the bed's normal
N_OCCLUDERS_SHARES = (0.22, 0.30, 0.26, 0.14, 0.08)  # of scenes with 0, 1, .. 4 of them
OVERHEAD_TILT_RAD = np.radians(65.0)  # from the vertical through the bed
OVERHEAD_MM = (250.0, 700.0)  # from the bed
SUNK_MM, LIFTED_MM = 4.0, 60.0  # of a rim against the bed

AT_CONE = (
    ("hand", 0.27),
    ("near_rim", 0.15),
    ("over_ring", 0.10),
    ("clamp", 0.12),
    ("in_field", 0.18),
    ("before", 0.10),
    ("overhead", 0.08),
)


def docked_pose(rng: np.random.Generator) -> Float:
    """world_from_applicator of a cone on or up to 60 mm above the bed, up to 35 deg tilted."""
    kind = rng.random()
    standoff = float(
        rng.uniform(-SUNK_MM, SUNK_MM) if kind < 0.5 else rng.uniform(-SUNK_MM, LIFTED_MM)
    )
    heading, tilt = rng.uniform(0, 2 * np.pi), MOST_TILT_RAD * rng.random()
    tipped = rotation_from_vector([tilt * np.cos(heading), tilt * np.sin(heading), 0.0])
    at = np.array([*rng.normal(0, 10, 2), standoff])
    return rigid(tipped @ about_z(rng.uniform(0, 2 * np.pi)), at)


def loose_pose(rng: np.random.Generator) -> Float:
    """A cone in the air over the field, in any attitude up to upside down."""
    at = np.array([*rng.normal(0, 80, 2), rng.uniform(20, 200)])
    return rigid(turn(rng, np.pi), at)


def lying_pose(rng: np.random.Generator, applicator: Applicator) -> Float:
    """A cone that lies on its side on level ground, or stands on either end."""
    kind = rng.random()
    at = np.array([*rng.normal(0, 60, 2), 0.0])
    spin = about_z(rng.uniform(0, 2 * np.pi))
    if kind < 0.4:
        return rigid(spin, _raised(at, applicator.bevel_rise_mm))
    if kind < 0.55:
        return rigid(spin @ rotation_from_vector([np.pi, 0, 0]), _raised(at, applicator.length_mm))
    radius = max(applicator.outer_radius_mm, applicator.ring_diameter_mm / 2)
    on_side = rotation_from_vector([np.pi / 2, 0, 0]) @ about_z(rng.uniform(0, 7))
    return rigid(spin @ on_side, _raised(at, radius))


def occluders(
    rng: np.random.Generator,
    families: Families,
    applicator: Applicator,
    world_from_applicator: Float,
    reach_mm: float,
) -> list[Part]:
    """0 to 4 things at the cone: hands, instruments, a clamp, retractors, in world space."""
    names = [name for name, _ in AT_CONE]
    shares = np.array([share for _, share in AT_CONE])
    n = int(rng.choice(len(N_OCCLUDERS_SHARES), p=N_OCCLUDERS_SHARES))
    parts: list[Part] = []
    for index in rng.choice(len(names), n, p=shares, replace=False):
        kind = names[int(index)]
        if kind == "in_field":
            parts += in_field(rng, families, reach_mm)
            continue
        if kind == "before":
            parts += _beside(rng, families, applicator, world_from_applicator)
            continue
        if kind == "overhead":
            parts += _overhead(rng, families)
            continue
        builder = {
            "hand": hands.gripping,
            "near_rim": instruments.near_rim,
            "over_ring": instruments.over_ring,
            "clamp": tubing.clamp,
        }[kind]
        parts += placed(builder(rng, families, applicator), world_from_applicator)
    if rng.random() < 0.12:
        parts += retractors.retractor_frame(rng, families, reach_mm)
    return parts


def in_field(rng: np.random.Generator, families: Families, reach_mm: float) -> list[Part]:
    """A retractor on the opening's edge, or a tool, hose or hand that works in the field."""
    angle, kind = rng.uniform(0, 2 * np.pi), rng.random()
    aside = np.array([np.cos(angle), np.sin(angle), 0.0])
    if kind < 0.4:
        slope = np.append(aside[:2], 0.15)
        heading = rotation_between(np.array([1.0, 0, 0]), -slope / np.linalg.norm(slope))
        at = _raised(aside * reach_mm * rng.uniform(0.6, 1.1), rng.uniform(0, 40))
        return placed(retractors.retractor(rng, families), rigid(heading, at))
    if kind < 0.5:
        at = aside * reach_mm * rng.uniform(0.3, 1.3)
        return placed(tubing.tubing(rng, families), rigid(about_z(rng.uniform(0, 7)), at))
    outwards = _raised(aside, rng.uniform(0.0, 1.2))
    heading = rotation_between(np.array([1.0, 0, 0]), -outwards / np.linalg.norm(outwards))
    at = _raised(aside * reach_mm * rng.uniform(0.0, 1.1), rng.uniform(0, 90))
    build = instruments.instrument if rng.random() < 0.55 else hands.hand
    return placed(build(rng, families), rigid(heading, at))


def _beside(
    rng: np.random.Generator,
    families: Families,
    applicator: Applicator,
    world_from_applicator: Float,
) -> list[Part]:
    """A hand or tool that hovers around the cone without touching it."""
    angle = rng.uniform(0, 2 * np.pi)
    radius = applicator.outer_radius_mm + rng.uniform(20, 160)
    height = rng.uniform(0.1, 1.1) * applicator.length_mm
    at = np.array([radius * np.cos(angle), radius * np.sin(angle), height])
    build = hands.hand if rng.random() < 0.6 else instruments.instrument
    return placed(build(rng, families), world_from_applicator @ rigid(turn(rng, np.pi), at))


def _overhead(rng: np.random.Generator, families: Families) -> list[Part]:
    """A hand and its sleeve high over the field, where cameras are: close before one of them."""
    tilt, azimuth = rng.uniform(0, OVERHEAD_TILT_RAD), rng.uniform(0, 2 * np.pi)
    aside = np.array([np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)])
    at = aside * rng.uniform(*OVERHEAD_MM) + rng.normal(0, 40, 3)
    return placed(hands.hand(rng, families), rigid(turn(rng, np.pi), at))


def things_about(
    rng: np.random.Generator, families: Families, n: int, reach_mm: float
) -> list[Part]:
    """`n` distractors, most of them upright on the ground."""
    parts: list[Part] = []
    for _ in range(n):
        at = np.array([*rng.normal(0, reach_mm, 2), 0.0])
        if rng.random() < 0.15:
            at[2] = rng.uniform(0, 200)
        spin = rigid(turn(rng, 0.1 if rng.random() < 0.7 else np.pi), at)
        parts += placed(distractors.distractor(rng, families), spin)
    return parts


def _raised(at: Float, by_mm: float) -> Float:
    point: Float = at + np.array([0.0, 0.0, by_mm])
    return point
