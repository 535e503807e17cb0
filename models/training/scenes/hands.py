"""Gloved hands: reaching, pointing, as fists, and around an applicator's tube. All OCCLUDER."""

from __future__ import annotations

import numpy as np

from models.training.families import Families
from models.training.scenes.groups import about_z, group, placed, turn
from models.training.scenes.hand_shapes import Pose, forearm, hand_meshes, moved, rolled
from models.training.scenes.object_looks import glove, sleeve
from recordings.simulation.scene import Part
from tracking.applicator import Applicator
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_from_vector

POSES = (
    "hand:reach",
    "hand:reach",
    "hand:flat",
    "hand:fist",
    "hand:point",
    "hand:pinch",
    "hand:claw",
)
GRIPS = ("grip:wrap", "grip:wrap", "grip:ring", "grip:fingertips", "grip:two_hands")
SIZES = (0.82, 1.18)
WRIST_LIFT_RAD = (-0.1, 0.9)  # of a gripping hand: the forearm comes from above the field


def hand(rng: np.random.Generator, families: Families) -> list[Part]:
    """A hand in any pose that reaches along +x, its fingertips near the origin when stretched."""
    size, side = float(rng.uniform(*SIZES)), float(rng.choice([-1.0, 1.0]))
    meshes = hand_meshes(random_pose(rng, families), size)
    cuff, arm = forearm(rng, size)
    mirrored = [moved(mesh, (1.0, side, 1.0), 0.0) for mesh in (*meshes, cuff)]
    parts = group(
        "hand", Label.OCCLUDER, [(mirrored, glove(rng, families)), ([arm], sleeve(rng, families))]
    )
    about_x = rotation_from_vector([rng.uniform(-1.0, 1.0), 0.0, 0.0])
    return placed(parts, rigid(about_x, (-60.0 * size, 0.0, 0.0)))


def random_pose(rng: np.random.Generator, families: Families) -> Pose:
    """One of `POSES`, every joint varied."""
    kind = families.pick(rng, POSES)
    low, high = _CURLS[kind]
    curls = rng.uniform(low, high) + rng.normal(0, 0.15, 4)
    if kind == "hand:point":
        curls[0] = rng.uniform(0, 0.4)
        if rng.random() < 0.3:
            curls[1] = curls[0]
    if kind == "hand:pinch":
        curls[0] = rng.uniform(1.1, 1.6)
    is_closed = kind in ("hand:fist", "hand:point", "hand:pinch")
    index, middle, ring, little = np.clip(curls, 0.0, 4.2).tolist()
    return Pose(
        curls=(index, middle, ring, little),
        spread=float(rng.uniform(0.0, 0.08 if is_closed else 0.28)),
        thumb_out=float(rng.uniform(0.0, 0.4) if is_closed else rng.uniform(0.2, 1.1)),
        thumb_down=float(rng.uniform(0.4, 0.8) if is_closed else rng.uniform(0.0, 0.6)),
        thumb_curl=float(rng.uniform(0.2, 1.2)),
    )


def gripping(rng: np.random.Generator, families: Families, applicator: Applicator) -> list[Part]:
    """One or two hands on the applicator, in its space: around the tube or ring, or touching it."""
    kind = families.pick(rng, GRIPS)
    if kind == "grip:fingertips":
        return _touching(rng, families, applicator)
    if kind == "grip:two_hands":
        first = rng.uniform(0, 2 * np.pi)
        return [
            part
            for side, angle in ((1.0, first), (-1.0, first + rng.uniform(2, 4)))
            for part in placed(
                _around(rng, families, applicator, side=side, is_at_ring=False),
                rigid(about_z(angle), np.zeros(3)),
            )
        ]
    is_at_ring = kind == "grip:ring" and applicator.has_ring
    side = float(rng.choice([-1.0, 1.0]))
    parts = _around(rng, families, applicator, side=side, is_at_ring=is_at_ring)
    return placed(parts, rigid(about_z(rng.uniform(0, 2 * np.pi)), np.zeros(3)))


def _around(
    rng: np.random.Generator,
    families: Families,
    applicator: Applicator,
    *,
    side: float,
    is_at_ring: bool,
) -> list[Part]:
    """A hand whose palm and fingers follow the tube; `side` -1 is the left hand."""
    size, lift = float(rng.uniform(*SIZES)), float(rng.uniform(*WRIST_LIFT_RAD))
    bare = applicator.length_mm - applicator.ring_height_mm
    if is_at_ring:
        radius = applicator.ring_diameter_mm / 2
        height = applicator.length_mm - applicator.ring_height_mm / 2
    else:
        radius = applicator.outer_radius_mm
        low = min(applicator.bevel_rise_mm + 45.0, 0.6 * bare)
        height = float(rng.uniform(low, max(bare - 45.0, low + 1.0)))
    curl = float(rng.uniform(-0.12, 0.2))
    open_hand = Pose(
        curls=(curl, curl, curl, curl),
        spread=float(rng.uniform(0.0, 0.12)),
        thumb_out=float(rng.uniform(0.9, 2.3)),
        thumb_down=0.0,
        thumb_curl=0.0,
    )
    palm, *fingers, thumb = hand_meshes(open_hand, size)
    cuff, arm = forearm(rng, size, bend=0.12)
    leaves = -float(rng.uniform(10, 70)) * size

    def wrap(mesh_z: float, leaves_mm: float) -> tuple[float, float, float, float, float]:
        return mesh_z, radius, lift, height, leaves_mm

    placings = [
        (palm, *wrap(17.0 * size, leaves)),
        *((finger, *wrap(9.0 * size, leaves)) for finger in fingers),
        (thumb, *wrap(17.0 * size, -1e4)),  # goes round the other way
        (cuff, *wrap(20.0 * size, leaves)),
        (arm, *wrap(20.0 * size, leaves)),
    ]
    *skin, cloth = (
        rolled(moved(mesh, (1.0, 1.0, 1.0), z), r, slant, up, leave)
        for mesh, z, r, slant, up, leave in placings
    )
    mirrored = [moved(mesh, (1.0, side, 1.0), 0.0) for mesh in skin]
    shapes = [
        (mirrored, glove(rng, families)),
        ([moved(cloth, (1.0, side, 1.0), 0.0)], sleeve(rng, families)),
    ]
    return group("hand", Label.OCCLUDER, shapes)


def _touching(rng: np.random.Generator, families: Families, applicator: Applicator) -> list[Part]:
    """A reaching hand whose fingertips meet the tube's side or the upper rim."""
    parts = hand(rng, families)
    angle, down = rng.uniform(0, 2 * np.pi), rng.uniform(-0.2, 0.9)
    height = float(rng.uniform(0.15, 1.05)) * applicator.length_mm
    radius = applicator.outer_radius_mm + float(rng.uniform(-5, 25))
    inwards = rotation_from_vector([0.0, down, 0.0])  # +x tips down
    pose = rigid(turn(rng, 0.3) @ about_z(np.pi) @ inwards, (radius, 0.0, height))
    return placed(parts, rigid(about_z(angle), np.zeros(3)) @ pose)


_CURLS = {
    "hand:reach": (0.2, 1.2),
    "hand:flat": (0.0, 0.15),
    "hand:fist": (3.3, 4.0),
    "hand:point": (3.0, 3.9),
    "hand:pinch": (0.6, 2.4),
    "hand:claw": (1.3, 2.3),
}
