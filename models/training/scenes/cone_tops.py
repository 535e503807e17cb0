"""What crowns an applicator: docking rings, stepped and notched flanges, a conical upper part."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.training.families import Families
from models.training.scenes.meshes import grid_mesh, turned
from recordings.simulation.shapes import tube
from tracking.applicator import Applicator
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float

N_SECTORS = 72
TOPS = (
    "ring:plain",
    "ring:plain",
    "ring:plain",
    "ring:stepped",
    "ring:several",
    "ring:conical",
    "ring:notched",
    "ring:bolted",
    "ring:rounded",
)
LEAST_STEP_MM = 1.0  # of anything that stands out from the tube


@dataclass(frozen=True, eq=False)
class Top:
    """Meshes of the upper end in applicator space.

    Attributes
    ----------
    is_plain
        The catalogue's ring: the applicator's own mesh has it already.
    replaces_mm
        Length of the tube that `meshes` stand for.
    """

    meshes: list[TriangleMesh] = field(default_factory=list)
    bolts: list[TriangleMesh] = field(default_factory=list)
    is_plain: bool = False
    replaces_mm: float = 0.0


def random_top(rng: np.random.Generator, families: Families, applicator: Applicator) -> Top:
    """One of `TOPS` within the envelope of the applicator's ring; nothing without a ring."""
    if not applicator.has_ring:
        return Top()
    kind = families.pick(rng, TOPS)
    if kind == "ring:plain":
        return Top(is_plain=True)
    if kind == "ring:bolted":
        return Top(is_plain=True, bolts=_bolts(rng, applicator))
    return _BUILDERS[kind](rng, applicator)


def _stepped(rng: np.random.Generator, applicator: Applicator) -> Top:
    """Two or three discs of growing width, the widest anywhere."""
    inner, tube_radius, ring, low, top = _envelope(applicator)
    n = int(rng.integers(2, 4))
    radii = np.append(rng.uniform(tube_radius + LEAST_STEP_MM, ring, n - 1), ring)
    radii = rng.permutation(radii) if rng.random() < 0.4 else np.sort(radii)
    heights = np.sort(rng.uniform(low, top, n - 1))
    edges = [low, *heights.tolist(), top]
    profile = [(inner, low)]
    for index, radius in enumerate(radii.tolist()):
        profile += [(radius, edges[index]), (radius, edges[index + 1])]
    return Top([turned([*profile, (inner, top)], N_SECTORS)])


def _several(rng: np.random.Generator, applicator: Applicator) -> Top:
    """Two to four separate rings one below the other, some far down the tube."""
    _, tube_radius, ring, _, top = _envelope(applicator)
    meshes, upper = [], top
    for _ in range(int(rng.integers(2, 5))):
        height = float(rng.uniform(2, 14))
        if upper - height < 0.35 * top:
            break
        radius = float(rng.uniform(tube_radius + LEAST_STEP_MM, ring))
        meshes.append(_disc(tube_radius, radius, upper - height, upper))
        upper -= height + float(rng.uniform(3, 50))
    return Top(meshes)


def _conical(rng: np.random.Generator, applicator: Applicator) -> Top:
    """The tube widens to the ring's width, inside too: a funnel with a rim."""
    inner, tube_radius, ring, low, top = _envelope(applicator)
    wall = tube_radius - inner
    rim = float(rng.uniform(0.0, 0.5)) * (top - low)
    profile = [
        (inner, low), (tube_radius, low), (ring, top - rim), (ring, top), (ring - wall, top),
        (ring - wall, top - rim), (inner, low),
    ]  # fmt: skip
    return Top([turned(profile, N_SECTORS)], replaces_mm=top - low)


def _notched(rng: np.random.Generator, applicator: Applicator) -> Top:
    """A ring with notches or lobes around."""
    inner, tube_radius, ring, low, top = _envelope(applicator)
    angles = np.linspace(0, 2 * np.pi, 2 * N_SECTORS, endpoint=False)
    wave = np.cos(int(rng.integers(2, 13)) * angles + rng.uniform(0, 7))
    sharpness = float(rng.uniform(1, 12))
    depth = float(rng.uniform(0.2, 0.7)) * (ring - tube_radius)
    outline = ring - depth / (1 + np.exp(sharpness * (wave + rng.uniform(-0.6, 0.9))))
    bore = np.full_like(outline, inner)
    radii = np.stack([bore, outline, outline, bore])
    z = np.array([low, low, top, top])[:, None]
    return Top([_ruled(radii, z, angles)])


def _rounded(rng: np.random.Generator, applicator: Applicator) -> Top:
    """A bead: a ring of round section."""
    inner, _, ring, low, top = _envelope(applicator)
    power = rng.uniform(0.3, 1.0)
    turn = np.linspace(-np.pi / 2, np.pi / 2, 9)
    radii = inner + (ring - inner) * np.cos(turn) ** power
    z = (low + top) / 2 + (top - low) / 2 * np.sin(turn)
    return Top([turned(list(zip(radii.tolist(), z.tolist(), strict=True)), N_SECTORS)])


def _bolts(rng: np.random.Generator, applicator: Applicator) -> list[TriangleMesh]:
    """Heads of bolts, or pins, on the ring's top or around its side."""
    _, tube_radius, ring, low, top = _envelope(applicator)
    n, radius = int(rng.integers(3, 13)), float(rng.uniform(1.5, 5.0))
    is_on_top = rng.random() < 0.6
    meshes = []
    for angle in np.arange(n) * (2 * np.pi / n) + rng.uniform(0, 7):
        outwards = np.array([np.cos(angle), np.sin(angle), 0.0])
        if is_on_top:
            at = outwards * (tube_radius + ring) / 2 + [0, 0, top]
            path = np.stack([at, at + np.array([0, 0, 1.0])])
        else:
            at = outwards * ring + [0, 0, (low + top) / 2]
            path = np.stack([at, at + outwards * 4.0])
        meshes.append(tube(path, radius, n_segments=8, n_cap=2))
    return meshes


_BUILDERS = {
    "ring:stepped": _stepped,
    "ring:several": _several,
    "ring:conical": _conical,
    "ring:notched": _notched,
    "ring:rounded": _rounded,
}


def _envelope(applicator: Applicator) -> tuple[float, float, float, float, float]:
    """Radii of bore, tube and ring, and the heights between which the ring lies."""
    top = applicator.length_mm
    return (
        applicator.inner_radius_mm,
        applicator.outer_radius_mm,
        applicator.ring_diameter_mm / 2,
        top - applicator.ring_height_mm,
        top,
    )


def _disc(inner_mm: float, outer_mm: float, low_mm: float, high_mm: float) -> TriangleMesh:
    """Short ring of rectangular section, open towards the tube that it sits on."""
    profile = [(inner_mm, low_mm), (outer_mm, low_mm), (outer_mm, high_mm), (inner_mm, high_mm)]
    return turned(profile, N_SECTORS)


def _ruled(radii: Float, z: Float, angles: Float) -> TriangleMesh:
    """Surface through outlines (rows, angles) of radius at heights (rows, 1)."""
    vertices = np.stack(
        np.broadcast_arrays(radii * np.cos(angles), radii * np.sin(angles), z), axis=-1
    )
    return grid_mesh(np.ascontiguousarray(vertices), wraps=True)
