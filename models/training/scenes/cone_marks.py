"""What sticks to an applicator: collars, tape, printed scales, labels, blood, a wrinkled sleeve."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from models.training.families import Families
from models.training.scenes import object_looks
from models.training.scenes.colors import any_color, gray
from models.training.scenes.meshes import grid_mesh, turned, wrapped_patch
from recordings.simulation.scene import Material
from tracking.applicator import Applicator
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float

Shapes = list[tuple[list[TriangleMesh], Material]]

N_SECTORS = 72  # as many as the tube's: what lies closely on it never dips below
LIFT_MM = 0.4  # of print and tape above the wall: more than the chord error, too thin to measure
MARKS = (
    "mark:tape",
    "mark:collar",
    "mark:barred",
    "mark:scale",
    "mark:sticker",
    "mark:blood",
    "mark:rings",
    "mark:dots",
)
MARK_SHARES = (0.45, 0.3, 0.17, 0.08)  # of cones with none, one, two, three kinds of marks


def random_marks(rng: np.random.Generator, families: Families, applicator: Applicator) -> Shapes:
    """None to three kinds of marks."""
    shapes: Shapes = []
    for _ in range(int(rng.choice(len(MARK_SHARES), p=MARK_SHARES))):
        shapes += _BUILDERS[families.pick(rng, MARKS)](rng, families, applicator)
    return shapes


def sleeve(rng: np.random.Generator, applicator: Applicator) -> TriangleMesh:
    """Foil or a sterile cover around the tube: loose, with wrinkles along and around."""
    low, high = _free_length(applicator)
    low = low + float(rng.uniform(0, 0.15)) * (high - low)
    z = np.linspace(low, high, 14)[:, None]
    angles = np.arange(N_SECTORS) * (2 * np.pi / N_SECTORS)
    depth, wrinkles = float(rng.uniform(0.0, 2.5)), np.zeros((14, N_SECTORS))
    for _ in range(4):
        around, along = int(rng.integers(0, 14)), rng.uniform(-0.12, 0.12)
        wrinkles += np.cos(around * angles + along * z + rng.uniform(0, 7))
    radius = applicator.outer_radius_mm + 0.6 + depth * (1 + wrinkles / 4)
    vertices = np.stack(
        np.broadcast_arrays(radius * np.cos(angles), radius * np.sin(angles), z), axis=-1
    )
    return grid_mesh(np.ascontiguousarray(vertices), wraps=True)


def _tape(rng: np.random.Generator, families: Families, applicator: Applicator) -> Shapes:
    low, high = _band(rng, applicator, (6, 45))
    radius = applicator.outer_radius_mm + LIFT_MM
    return [([turned([(radius, low), (radius, high)], N_SECTORS)], _any_look(rng, families))]


def _collar(rng: np.random.Generator, families: Families, applicator: Applicator) -> Shapes:
    """A printed marker ring: some millimetres thick, sometimes with rows of blocks."""
    low, high = _band(rng, applicator, (12, 60))
    radius = applicator.outer_radius_mm + float(rng.uniform(0.5, 6))
    inner = applicator.outer_radius_mm
    profile = [(inner, low), (radius, low), (radius, high), (inner, high)]
    shapes: Shapes = [([turned(profile, N_SECTORS)], _any_look(rng, families))]
    if rng.random() < 0.6:
        n_rows = int(rng.integers(1, 4))
        edges = np.linspace(low, high, n_rows + 1)
        shapes.append(
            (
                [
                    bar
                    for a, b in pairwise(edges.tolist())
                    for bar in _bars(rng, radius + LIFT_MM, a, b, share=0.5)
                ],
                _ink(rng),
            )
        )
    return shapes


def _barred(rng: np.random.Generator, _: Families, applicator: Applicator) -> Shapes:
    """Bars along the tube, printed on the wall itself."""
    low, high = _band(rng, applicator, (10, 120))
    bars = _bars(rng, applicator.outer_radius_mm + LIFT_MM, low, high, float(rng.uniform(0.2, 0.7)))
    return [(bars, _ink(rng))]


def _scale(rng: np.random.Generator, _: Families, applicator: Applicator) -> Shapes:
    """Ticks up the tube, every fifth a long one."""
    low, high = _free_length(applicator)
    step = float(rng.choice([5.0, 10.0]))
    middle, width = rng.uniform(0, 7), 0.45 * min(1.0, 20 / applicator.outer_radius_mm)
    ticks = []
    for index, z in enumerate(np.arange(low + 5, high - 5, step)[:60]):
        half = width * (1.0 if index % 5 == 0 else 0.5)
        angles = np.linspace(middle - half, middle + half, 6)
        ticks.append(_patch(applicator.outer_radius_mm + LIFT_MM, angles, float(z), float(z) + 1.2))
    return [(ticks, _ink(rng))]


def _sticker(rng: np.random.Generator, families: Families, applicator: Applicator) -> Shapes:
    low, high = _band(rng, applicator, (12, 70))
    start, width = rng.uniform(0, 7), rng.uniform(0.4, 2.0)
    angles = np.linspace(start, start + width, 24)
    patch = _patch(applicator.outer_radius_mm + LIFT_MM, angles, low, high)
    return [([patch], object_looks.paper(rng, families))]


def _blood(rng: np.random.Generator, _: Families, applicator: Applicator) -> Shapes:
    """A smear on the lower end, its upper edge ragged; sometimes inside too."""
    angles = np.linspace(0, 2 * np.pi, N_SECTORS + 1)
    ragged = np.zeros_like(angles)
    for k in (1, 2, 3, 5, 9):
        ragged += np.cos(k * angles + rng.uniform(0, 7)) / np.sqrt(k)
    reach = rng.uniform(0.05, 0.3) * applicator.length_mm
    wet = np.clip(reach * (1 + 0.7 * ragged), 0.1, 0.8 * applicator.length_mm)
    patches = []
    for radius in (applicator.outer_radius_mm + LIFT_MM, applicator.inner_radius_mm - LIFT_MM):
        low = -radius * np.cos(angles) * applicator.bevel_slope
        patches.append(wrapped_patch(radius, angles, low, low + wet))
    return [(patches[: 1 + int(rng.random() < 0.5)], object_looks.blood(rng))]


def _rings(rng: np.random.Generator, families: Families, applicator: Applicator) -> Shapes:
    """Several thin rings of tape or paint at equal distances."""
    low, high = _free_length(applicator)
    n, radius = int(rng.integers(2, 9)), applicator.outer_radius_mm + LIFT_MM
    height = float(rng.uniform(0.1, 0.5)) * (high - low) / n
    bands = [
        turned([(radius, z), (radius, z + height)], N_SECTORS)
        for z in np.linspace(low, high - height, n).tolist()
    ]
    return [(bands, _any_look(rng, families))]


def _dots(rng: np.random.Generator, _: Families, applicator: Applicator) -> Shapes:
    """Round-ish dots in a loose grid."""
    low, high = _band(rng, applicator, (15, 150))
    radius = applicator.outer_radius_mm + LIFT_MM
    size = float(rng.uniform(2, 6))
    wave = np.linspace(-1, 1, 7)
    patches = []
    for angle, z in zip(rng.uniform(0, 7, 24), rng.uniform(low, high, 24), strict=True):
        half = size * np.sqrt(1 - wave**2)
        patches.append(wrapped_patch(radius, angle + wave * size / radius, z - half, z + half))
    return [(patches, _ink(rng))]


_BUILDERS = {
    "mark:tape": _tape,
    "mark:collar": _collar,
    "mark:barred": _barred,
    "mark:scale": _scale,
    "mark:sticker": _sticker,
    "mark:blood": _blood,
    "mark:rings": _rings,
    "mark:dots": _dots,
}


def _bars(
    rng: np.random.Generator, radius_mm: float, low_mm: float, high_mm: float, share: float
) -> list[TriangleMesh]:
    """Upright bars around the tube, about `share` of the places filled."""
    n = int(rng.integers(6, 25))
    places = np.arange(n)[rng.random(n) < share]
    width = 2 * np.pi / n
    return [
        _patch(radius_mm, np.linspace(k * width, (k + 1) * width, 1 + 72 // n), low_mm, high_mm)
        for k in places
    ]


def _patch(radius_mm: float, angles: Float, low_mm: float, high_mm: float) -> TriangleMesh:
    return wrapped_patch(
        radius_mm, angles, np.full_like(angles, low_mm), np.full_like(angles, high_mm)
    )


def _free_length(applicator: Applicator) -> tuple[float, float]:
    """Heights between which the tube is bare: above the bevel, below the ring."""
    low = applicator.bevel_rise_mm + 1.0
    return low, max(applicator.length_mm - applicator.ring_height_mm - 1.0, low + 5.0)


def _band(
    rng: np.random.Generator, applicator: Applicator, heights_mm: tuple[float, float]
) -> tuple[float, float]:
    """A band of the bare tube."""
    low, high = _free_length(applicator)
    height = min(float(rng.uniform(*heights_mm)), 0.6 * (high - low))
    start = float(rng.uniform(low, high - height))
    return start, start + height


def _any_look(rng: np.random.Generator, families: Families) -> Material:
    return object_looks.solid(rng, families)


def _ink(rng: np.random.Generator) -> Material:
    is_dark = rng.random() < 0.7
    return object_looks.plain(rng, gray(rng, 0.01, 0.1) if is_dark else any_color(rng))
