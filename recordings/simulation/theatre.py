"""What lies around the bed and moves through the view: everything but the applicator.

Colours, folds and places vary with the generator; shapes are simple but not trivial to tell
apart, so that segmentation is a real task.
"""

from __future__ import annotations

import numpy as np

from recordings.simulation.bed_shape import BED_RADIUS_MM, BedHeight
from recordings.simulation.scene import Material, Part, Rgb, Texture
from recordings.simulation.shapes import blade, heightfield, merged, sheet, tube
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_from_vector

BED_SPACING_MM = 3.0  # of the mesh: at most 0.03 mm from the height function
DRAPE_SPACING_MM = 12.0
RIM_HEIGHT_MM = 9.0  # the wound's edge above the bed
RIM_WIDTH_MM = 16.0
DRAPE_RADIUS_MM = 420.0
FLOOR_BELOW_MM = 750.0
STEEL = Material((0.55, 0.57, 0.6), 0.5, 0.3, Texture("clouds", 9.0, 0.4, (0.35, 0.36, 0.38)))


def bed_part(bed: BedHeight, world_from_bed: Float, rng: np.random.Generator) -> Part:
    """Return the bed itself: moist, red, with vessels."""
    red = float(rng.uniform(0.38, 0.6))
    texture = Texture("veins", float(rng.uniform(9, 16)), 0.75, (0.25, 0.02, 0.03), _seed(rng))
    material = Material((red, 0.2 * red, 0.16 * red), 0.25, 0.35, texture)
    mesh = heightfield(bed.height_mm, 0.0, BED_RADIUS_MM, BED_SPACING_MM)
    return Part("bed", mesh, world_from_bed, Label.TUMOR_BED, material)


def surroundings(
    bed: BedHeight, world_from_bed: Float, rng: np.random.Generator
) -> tuple[Part, ...]:
    """Wound rim, drape with folds, floor, retractor and an instrument, at rest."""
    return (
        _wound_rim(bed, world_from_bed, rng),
        _drape(bed, world_from_bed, rng),
        _floor(world_from_bed, rng),
        _retractor(bed, world_from_bed, rng),
        _instrument(bed, world_from_bed, rng),
    )


def hand(name: str, world_from_hand: Float, glove_rgb: Rgb) -> Part:
    """Return a gloved hand: fingers along +x from the palm at the origin, the arm towards -x."""
    fingers = [
        tube(np.array([[20.0, y, 0.0], [60.0, 1.15 * y, 4.0], [92.0, 1.2 * y, -10.0]]), 9.0)
        for y in (-30.0, -10.0, 10.0, 30.0)
    ]
    thumb = tube(np.array([[-10.0, 32.0, -5.0], [25.0, 58.0, -18.0], [55.0, 58.0, -26.0]]), 10.0)
    palm = tube(np.array([[-35.0, 0.0, 0.0], [0.0, 0.0, 2.0], [25.0, 0.0, 2.0]]), 30.0)
    arm = tube(np.array([[-60.0, 0.0, 0.0], [-180.0, 0.0, 25.0], [-420.0, 0.0, 90.0]]), 38.0)
    red, green, blue = glove_rgb
    texture = Texture("clouds", 25.0, 0.3, (0.7 * red, 0.7 * green, 0.7 * blue))
    material = Material(glove_rgb, 0.12, 0.6, texture)
    mesh = merged([*fingers, thumb, palm, arm])
    return Part(name, mesh, world_from_hand, Label.OCCLUDER, material)


def _wound_rim(bed: BedHeight, world_from_bed: Float, rng: np.random.Generator) -> Part:
    phases = rng.uniform(0, 2 * np.pi, 3)

    def height(x: Float, y: Float) -> Float:
        radius, angle = np.hypot(x, y), np.arctan2(y, x)
        rise = np.clip((radius - BED_RADIUS_MM + 1) / RIM_WIDTH_MM, 0, 1)
        waves = sum(np.sin((i + 2) * angle + phase) for i, phase in enumerate(phases))
        swell: Float = RIM_HEIGHT_MM * np.sin(rise * np.pi * 0.6) * (1 + 0.15 * waves)
        return bed.height_mm(x, y) - 0.5 + swell

    skin = float(rng.uniform(0.45, 0.75))
    texture = Texture("clouds", 18.0, 0.6, (0.7 * skin, 0.35 * skin, 0.28 * skin), _seed(rng))
    material = Material((skin, 0.62 * skin, 0.5 * skin), 0.1, 0.6, texture)
    mesh = heightfield(height, BED_RADIUS_MM - 1, BED_RADIUS_MM + RIM_WIDTH_MM, 3.0)
    return Part("wound rim", mesh, world_from_bed, Label.OTHER, material)


def _drape(bed: BedHeight, world_from_bed: Float, rng: np.random.Generator) -> Part:
    n_folds = rng.integers(4, 9, 3)
    phases = rng.uniform(0, 2 * np.pi, 3)
    inner = BED_RADIUS_MM + RIM_WIDTH_MM - 4
    edge = bed.height_mm(np.array(BED_RADIUS_MM), np.array(0.0))

    def height(x: Float, y: Float) -> Float:
        radius, angle = np.hypot(x, y), np.arctan2(y, x)
        beyond = np.maximum(radius - inner, 0)
        folds = sum(
            np.sin(n * angle + 0.02 * (i + 1) * beyond + phase)
            for i, (n, phase) in enumerate(zip(n_folds, phases, strict=True))
        )
        surface: Float = edge + RIM_HEIGHT_MM - 0.0016 * beyond**2 + 0.03 * beyond * folds
        return surface

    green = float(rng.uniform(0.18, 0.42))
    color = (0.04, green, float(rng.uniform(0.28, 0.5)))
    texture = Texture("weave", 9.0, 0.35, (0.09, 0.75 * green, 0.3), _seed(rng))
    mesh = heightfield(height, inner, DRAPE_RADIUS_MM, DRAPE_SPACING_MM)
    return Part("drape", mesh, world_from_bed, Label.OTHER, Material(color, 0.02, 0.8, texture))


def _floor(world_from_bed: Float, rng: np.random.Generator) -> Part:
    grey = float(rng.uniform(0.12, 0.4))
    texture = Texture("blobs", 120.0, 0.4, (0.6 * grey, 0.65 * grey, 0.7 * grey), _seed(rng))
    mesh = sheet(lambda x, _: np.zeros_like(x), (-2500.0, 2500.0), (-2500.0, 2500.0), 500.0)
    pose = rigid(np.eye(3), world_from_bed[:3, 3] - [0.0, 0.0, FLOOR_BELOW_MM])
    return Part("floor", mesh, pose, Label.OTHER, Material((grey,) * 3, 0.05, 0.6, texture))


def _retractor(bed: BedHeight, world_from_bed: Float, rng: np.random.Generator) -> Part:
    """Return a blade over the wound's edge, its tip outside the ring that surrounds the field."""
    angle = np.radians(rng.uniform(50.0, 80.0))  # beside the cone, as the camera sees it
    tip_mm = float(rng.uniform(78.0, 86.0))
    outward = np.array([np.cos(angle), np.sin(angle), 0.0])
    length_mm = 95.0
    foot = outward * (tip_mm + length_mm)
    x_axis, z_axis = -outward, np.array([0.0, 0.0, 1.0])
    lift = float(bed.height_mm(np.array(BED_RADIUS_MM), np.array(0.0))) + RIM_HEIGHT_MM + 6
    pose = rigid(
        np.stack([x_axis, np.cross(z_axis, x_axis), z_axis], axis=1), [foot[0], foot[1], lift]
    )
    mesh = blade(width_mm=26.0, length_mm=length_mm, bend_mm=14.0, thickness_mm=2.0)
    return Part("retractor", mesh, world_from_bed @ pose, Label.OCCLUDER, STEEL)


def _instrument(bed: BedHeight, world_from_bed: Float, rng: np.random.Generator) -> Part:
    """Return a forceps lying on the drape."""
    mesh = merged(
        [
            tube(np.array([[-90.0, s * 9, 0], [-20.0, s * 4, 2], [70.0, s * 1.5, 2]]), 2.6)
            for s in (-1.0, 1.0)
        ]
    )
    angle = np.radians(rng.uniform(-190.0, -130.0))
    lift = float(bed.height_mm(np.array(BED_RADIUS_MM), np.array(0.0))) + RIM_HEIGHT_MM + 12
    centre = [185.0 * np.cos(angle), 185.0 * np.sin(angle), lift]
    turn = rotation_from_vector([0.0, 0.0, float(rng.uniform(0, np.pi))])
    return Part("forceps", mesh, world_from_bed @ rigid(turn, centre), Label.OCCLUDER, STEEL)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(0, 6))  # few patterns: each is a volume of noise
