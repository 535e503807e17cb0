"""Random single views of a cone on its bed, with truth: what the registration is measured on.

No story and no colour, so that hundreds are cheap. Frame i of a seed never depends on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recordings.simulation.bed_shape import BedShape, flat_bed
from recordings.simulation.bound import PlainBound, plain_bound
from recordings.simulation.device import WIDE, looking_at
from recordings.simulation.obstacles import hiding_obstacle
from recordings.simulation.raycast import RayTarget
from recordings.simulation.render import Rendering, render_shape
from recordings.simulation.scene import Material, Part, Scene
from recordings.simulation.shapes import heightfield, sheet
from recordings.simulation.stereo_noise import DepthCamera, measure
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import StereoNoise
from tracking.segmentation import Label, Segmentation
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

DIAMETERS_MM = tuple(float(d) for d in range(40, 101, 5))
BEVELS_DEG = (0.0, 15.0, 30.0)
AIM_HEIGHTS_MM = (60.0, 200.0)  # above the exit: what the camera's middle sees of the axis
AIM_SIGMA_MM = 10.0  # beside the axis
MAX_GAP_MM = 2.0  # the rim's nearest point above the bed
LEAN_SIGMA_RAD = np.radians(2.0)  # of the bed against the exit plane
BED_RADIUS_MM = 140.0
BED_SPACING_MM = 4.0  # chord error on the strongest curvature: 0.013 mm
CURVATURE_RADII_MM = (150.0, 1000.0)
FLAT_SHARE = 0.5
SURROUNDINGS_BELOW_MM = 90.0  # a bulging bed falls by 70 mm at its edge
N_RIM = 180
RIM_DEPTH_PX = 4.0  # rim point and depth image agree within so many pixels' width in depth
COARSE_WIDTH = 212  # rays in a row that decide how much an obstacle hides

_DULL = Material((0.5, 0.5, 0.5))


@dataclass(frozen=True, eq=False)
class ViewKind:
    """What random views are drawn from; lower and upper limits are those of uniform draws.

    Attributes
    ----------
    applicators
        Drawn from these; none: made-up cones of `DIAMETERS_MM` and `BEVELS_DEG` with a ring.
    ringless_share
        Of the views: the same cone without its ring.
    distance_mm
        Camera to the point of the axis at which it looks.
    off_axis_deg
        Angle of the camera's place from the axis, on the source's side.
    max_hidden
        Largest share of the cone's pixels behind an obstacle.
    """

    intrinsics: CameraIntrinsics = WIDE.intrinsics
    camera: DepthCamera = WIDE.depth_camera
    applicators: Sequence[Applicator] = ()
    ringless_share: float = 0.0
    distance_mm: tuple[float, float] = (350.0, 800.0)
    off_axis_deg: tuple[float, float] = (25.0, 60.0)
    max_hidden: float = 0.5

    @property
    def noise(self) -> StereoNoise:
        """The rig's noise model of this camera."""
        camera = self.camera
        return StereoNoise(camera.baseline_mm, camera.subpixel_px, camera.correlation_px)


@dataclass(frozen=True, eq=False)
class View:
    """One rendered view; its depth is measured anew by each `depth_mm`.

    `hidden_fraction`: share of the cone's pixels behind the obstacle. `rim_fraction`: share of
    the exit's outer edge in view, of what the cone itself does not hide.
    """

    kind: ViewKind
    seed: int
    index: int
    applicator: Applicator
    camera_from_applicator: Float
    rendering: Rendering
    distance_mm: float
    hidden_fraction: float
    rim_fraction: float

    @property
    def segmentation(self) -> Segmentation:
        """The true labels."""
        return Segmentation(self.rendering.labels, "truth")

    def depth_mm(self, repeat: int = 0, camera: DepthCamera | None = None) -> NDArray[np.float32]:
        """Depth with the sensor's noise and holes; each `repeat` draws them anew."""
        camera = camera or self.kind.camera
        rng = np.random.default_rng([self.seed, 29, self.index, repeat])
        raw = measure(self.rendering, self.kind.intrinsics, camera, rng)
        return raw.astype(np.float32) * np.float32(camera.depth_unit_mm)

    def bound(self, camera: DepthCamera | None = None) -> PlainBound | None:
        """Noise bound of this view; None where too little of the cone is seen."""
        return plain_bound(
            self.rendering,
            self.kind.intrinsics,
            camera or self.kind.camera,
            self.camera_from_applicator,
        )


def random_view(
    kind: ViewKind, seed: int, index: int, applicator: Applicator | None = None
) -> View:
    """Draw view `index` of `seed`; `applicator` overrides what would be drawn."""
    rng = np.random.default_rng([seed, 23, index])
    drawn = _draw_applicator(kind, rng)
    applicator = applicator or drawn
    distance_mm = float(rng.uniform(*kind.distance_mm))
    camera_from_applicator = _draw_pose(kind, distance_mm, rng)
    parts = _standing_parts(applicator, rng)
    obstacle, hidden = _draw_obstacle(kind, parts, camera_from_applicator, rng)
    scene = Scene((*parts, *obstacle))
    rendering = render_shape(scene, kind.intrinsics, camera_from_applicator)
    return View(
        kind=kind,
        seed=seed,
        index=index,
        applicator=applicator,
        camera_from_applicator=camera_from_applicator,
        rendering=rendering,
        distance_mm=distance_mm,
        hidden_fraction=hidden,
        rim_fraction=_rim_fraction(applicator, camera_from_applicator, rendering, kind.intrinsics),
    )


def made_up_cone(diameter_mm: float, bevel_deg: float) -> Applicator:
    """Return a Mobetron-like metal cone with a ring."""
    name = f"SIM-D{diameter_mm:.0f}-B{bevel_deg:.0f}"
    ring_mm = max(110.0, diameter_mm + 30.0)
    return Applicator(name, "simulated", diameter_mm, 2.0, 300.0, bevel_deg, ring_mm, 20.0)


def without_ring(applicator: Applicator) -> Applicator:
    """Return the same tube without its docking ring."""
    name = f"{applicator.id}-TUBE"
    return replace(applicator, id=name, ring_diameter_mm=0.0, ring_height_mm=0.0)


def _draw_applicator(kind: ViewKind, rng: np.random.Generator) -> Applicator:
    diameter_mm, bevel_deg = float(rng.choice(DIAMETERS_MM)), float(rng.choice(BEVELS_DEG))
    which, is_bare = rng.random(2)
    if kind.applicators:
        applicator = kind.applicators[int(which * len(kind.applicators))]
    else:
        applicator = made_up_cone(diameter_mm, bevel_deg)
    return without_ring(applicator) if is_bare < kind.ringless_share else applicator


def _draw_pose(kind: ViewKind, distance_mm: float, rng: np.random.Generator) -> Float:
    """Draw `camera_from_applicator`: from the source's side, any azimuth and roll."""
    off_axis = np.radians(rng.uniform(*kind.off_axis_deg))
    azimuth, roll = rng.uniform(0, 2 * np.pi, 2)
    aim = np.array([*rng.normal(0.0, AIM_SIGMA_MM, 2), rng.uniform(*AIM_HEIGHTS_MM)])
    away = [np.sin(off_axis) * np.cos(azimuth), np.sin(off_axis) * np.sin(azimuth)]
    eye = aim + distance_mm * np.array([*away, np.cos(off_axis)])
    upright = looking_at((eye[0], eye[1], eye[2]), (aim[0], aim[1], aim[2]))
    return invert(upright @ rigid(rotation_from_vector([0.0, 0.0, roll]), np.zeros(3)))


def _standing_parts(applicator: Applicator, rng: np.random.Generator) -> tuple[Part, ...]:
    """Cone, bed and what lies around it; world space is the applicator's."""
    bed = _draw_bed(rng)
    lean, gap_mm = rng.normal(0.0, LEAN_SIGMA_RAD, 2), float(rng.uniform(0.0, MAX_GAP_MM))
    world_from_bed = _touching(applicator, bed, lean, gap_mm)
    spacing = BED_SPACING_MM if bed.curvature_per_mm.any() else BED_RADIUS_MM / 4
    bed_mesh = heightfield(bed.height_mm, 0.0, BED_RADIUS_MM, spacing)
    around = sheet(
        lambda x, _: np.full_like(x, -SURROUNDINGS_BELOW_MM), (-1500, 1500), (-1500, 1500), 3000
    )
    return (
        Part("applicator", build_mesh(applicator), np.eye(4), Label.APPLICATOR, _DULL),
        Part("bed", bed_mesh, world_from_bed, Label.TUMOR_BED, _DULL),
        Part("surroundings", around, world_from_bed, Label.OTHER, _DULL),
    )


def _draw_bed(rng: np.random.Generator) -> BedShape:
    """Flat, or a bowl or hill of one radius."""
    is_flat, sign = rng.random() < FLAT_SHARE, rng.choice([-1.0, 1.0])
    radius_mm = float(rng.uniform(*CURVATURE_RADII_MM))
    if is_flat:
        return flat_bed()
    return replace(flat_bed(), curvature_per_mm=np.full(2, sign / (2 * radius_mm)))


def _touching(applicator: Applicator, bed: BedShape, lean_rad: Float, gap_mm: float) -> Float:
    """`world_from_bed` with the rim's nearest point `gap_mm` above the bed, along its normal."""
    bevel = rotation_from_vector([0.0, np.arctan(applicator.bevel_slope), 0.0])
    rotation = bevel @ rotation_from_vector([*lean_rad, 0.0])
    rim_bed = transform_points(invert(rigid(rotation, np.zeros(3))), _rim_points(applicator))
    clearance = rim_bed[:, 2] - bed.height_mm(rim_bed[:, 0], rim_bed[:, 1])
    return rigid(rotation, rotation[:, 2] * (float(clearance.min()) - gap_mm))


def _draw_obstacle(
    kind: ViewKind, parts: tuple[Part, ...], camera_from_world: Float, rng: np.random.Generator
) -> tuple[tuple[Part, ...], float]:
    share = float(rng.uniform(0.0, kind.max_hidden))
    stride = max(1, kind.intrinsics.width // COARSE_WIDTH)
    rays = kind.intrinsics.ray_grid[::stride, ::stride].astype(np.float32)
    hits = RayTarget(parts, camera_from_world).cast(rays)
    is_cone = hits.part_index == 0
    if not is_cone.any():
        return (), 0.0
    found = hiding_obstacle(rays[is_cone], hits.distance[is_cone], share, rng)
    if found is None:
        return (), 0.0
    obstacle, hidden = found
    pose = invert(camera_from_world) @ obstacle.world_from_part
    return (replace(obstacle, world_from_part=pose),), hidden


def _rim_points(applicator: Applicator) -> Float:
    """Return points of the exit's outer edge, (N_RIM, 3) in applicator space."""
    angle = np.arange(N_RIM) * (2 * np.pi / N_RIM)
    x, y = applicator.outer_radius_mm * np.array([np.cos(angle), np.sin(angle)])
    return np.stack([x, y, -x * applicator.bevel_slope], axis=1)


def _rim_fraction(
    applicator: Applicator, pose: Float, rendering: Rendering, intrinsics: CameraIntrinsics
) -> float:
    """Share of the rim in view, of the arc that the cone does not hide from the camera."""
    rim = _rim_points(applicator)
    towards_camera = invert(pose)[:3, 3] - rim
    faces = np.einsum("ij,ij->i", towards_camera[:, :2], rim[:, :2]) > 0
    points = transform_points(pose, rim[faces])
    u, v = np.round(intrinsics.project(points)).astype(int).T
    tolerance_mm = RIM_DEPTH_PX * points[:, 2] / intrinsics.fx
    is_seen = np.zeros(len(points), bool)
    for du, dv in np.ndindex(3, 3):
        column, row = u + du - 1, v + dv - 1
        inside = (column >= 0) & (column < intrinsics.width)
        inside &= (row >= 0) & (row < intrinsics.height)
        at = row[inside], column[inside]
        is_near = np.abs(rendering.depth_mm[at] - points[inside, 2]) < tolerance_mm[inside]
        is_seen[inside] |= is_near & (rendering.labels[at] == Label.APPLICATOR)
    return float(is_seen.mean())
