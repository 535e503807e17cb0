"""Things that are neither applicator nor in the way: household ware, paper, room parts. All OTHER.

Many are as round and as big as a cone; none is a straight thin tube open at both ends.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from models.training.families import Families
from models.training.scenes.groups import Shapes, group
from models.training.scenes.meshes import curve, grid_mesh, turned
from models.training.scenes.object_looks import metal, paper, solid
from recordings.simulation.scene import Part
from recordings.simulation.shapes import box, capsule, tube
from tracking.applicator_mesh import TriangleMesh
from tracking.segmentation import Label

Meshes = list[TriangleMesh]
Profile = list[tuple[float, float]]

THINGS = (
    "thing:mug", "thing:mug", "thing:cup", "thing:cup", "thing:bottle", "thing:bowl", "thing:tin",
    "thing:ball", "thing:box", "thing:block", "thing:paper_roll", "thing:candle", "thing:spray_can",
    "thing:funnel", "thing:kidney_dish", "thing:elbow_pipe", "thing:monitor_arm",
    "thing:closed_tube", "thing:thermos", "thing:lamp_handle", "thing:vase",
)  # fmt: skip


def distractor(rng: np.random.Generator, families: Families) -> list[Part]:
    """A thing that stands on z = 0 at the origin."""
    kind = families.pick(rng, THINGS)
    meshes, extra = _BUILDERS[kind](rng)
    look = solid(rng, families) if rng.random() < 0.75 else metal(rng, families)
    if kind == "thing:paper_roll":
        look = paper(rng, families)
    shapes: Shapes = [(meshes, look), (extra, look if rng.random() < 0.4 else solid(rng, families))]
    return group(kind.removeprefix("thing:"), Label.OTHER, shapes)


def _mug(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    radius = float(rng.uniform(28, 52))
    height, inner = radius * float(rng.uniform(1.4, 2.8)), radius - float(rng.uniform(2.5, 5))
    wall = turned([(0, 0), (radius, 0), (radius, height), (inner, height), (inner, 5), (0, 5)])
    angle = np.linspace(-np.pi / 2, np.pi / 2, 10)
    loop = np.stack([0.3 * height * np.cos(angle), 0 * angle, 0.32 * height * np.sin(angle)], 1)
    handle = tube(loop + np.array([radius - 2, 0, height / 2]), 5.0, n_segments=8)
    return [wall], [handle] if rng.random() < 0.75 else []


def _cup(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """Open and tapered, without a handle; sometimes upside down."""
    radius = float(rng.uniform(25, 55))
    tall, foot = float(rng.uniform(1.5, 3.2)) * radius, radius * float(rng.uniform(0.55, 0.95))
    thin = float(rng.uniform(0.8, 4))
    profile: Profile = [
        (0, 0), (foot, 0), (radius, tall), (radius - thin, tall), (foot - thin, 3), (0, 3),
    ]  # fmt: skip
    if rng.random() < 0.25:
        profile = [(r, tall - z) for r, z in profile]
    return [turned(profile)], []


def _bottle(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    radius, tall = float(rng.uniform(22, 50)), float(rng.uniform(140, 300))
    neck, shoulder = radius * float(rng.uniform(0.25, 0.5)), float(rng.uniform(0.5, 0.75))
    body: Profile = [(0, 0), (radius, 0), (radius, tall * shoulder), (neck, tall * 0.83)]
    cap: Profile = [(neck * 1.15, tall * 0.86), (neck * 1.15, tall), (0, tall)]
    return [turned([*body, (neck, tall * 0.87)])], [turned([(0, tall * 0.86), *cap])]


def _bowl(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    radius, deep = float(rng.uniform(45, 120)), float(rng.uniform(0.3, 0.9))
    angle = np.linspace(0, np.pi / 2 * rng.uniform(0.7, 1.0), 10)
    outer = [(radius * np.sin(a), radius * deep * (1 - np.cos(a))) for a in angle.tolist()]
    inner = [(max(r - 3, 0.0), z + 3) for r, z in reversed(outer)]
    return [turned([*outer, *inner])], []


def _tin(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    radius, height = float(rng.uniform(20, 75)), float(rng.uniform(25, 180))
    lip = float(rng.uniform(0.5, 3))
    profile: Profile = [
        (0, 0), (radius, 0), (radius, height), (radius - lip, height), (radius - lip, height - lip),
        (0, height - lip),
    ]  # fmt: skip
    label = turned([(radius + 0.4, 0.15 * height), (radius + 0.4, 0.8 * height)])
    return [turned(profile)], [label] if rng.random() < 0.6 else []


def _ball(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    return [capsule(1.0, float(rng.uniform(12, 75)))], []


def _box(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    x, y, z = rng.uniform(30, 250, 3).tolist()
    return [box((x, y, z))], []


def _block(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    x, y, z = rng.uniform(8, 60, 3).tolist()
    return [box((x, y, z))], []


def _paper_roll(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """Thick layers around a narrow core: no thin wall."""
    core, outer, tall = (float(rng.uniform(*r)) for r in ((15, 25), (45, 75), (90, 280)))
    layers: Profile = [(core, 0), (outer, 0), (outer, tall), (core, tall)]
    return [turned(layers)], [turned([(core, 0), (core, tall)])]


def _candle(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    radius, tall = float(rng.uniform(12, 45)), float(rng.uniform(40, 250))
    wick = np.array([[0, 0, tall - 2], [0.5, 0, tall + 5], [1.5, 0, tall + 10]])
    hollow = radius * float(rng.uniform(0.0, 0.8))
    profile: Profile = [(0, 0), (radius, 0), (radius, tall), (hollow, tall), (0, tall - 4)]
    return [turned(profile)], [tube(wick, 1.2, n_segments=6)]


def _spray_can(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    radius, tall = float(rng.uniform(20, 34)), float(rng.uniform(110, 230))
    body: Profile = [
        (0, 0), (radius, 0), (radius, tall), (0.8 * radius, tall + 8), (0.5 * radius, tall + 14),
        (0, tall + 14),
    ]  # fmt: skip
    top = 0.45 * radius
    return [turned(body)], [turned([(top, tall + 12), (top, tall + 30), (0, tall + 32)])]


def _funnel(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """A steep cone that ends in a narrow spout: no straight tube of one width."""
    wide, tall = float(rng.uniform(35, 80)), float(rng.uniform(60, 160))
    spout = float(rng.uniform(4, 10))
    profile: Profile = [
        (spout, 0), (spout, 0.35 * tall), (wide, tall), (wide - 2, tall),
        (spout - 1.5, 0.36 * tall),
    ]  # fmt: skip
    if rng.random() < 0.5:
        profile = [(r, tall - z) for r, z in profile]
    return [turned(profile)], []


def _kidney_dish(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """A bean-shaped tray with sloping sides."""
    size, deep = float(rng.uniform(70, 130)), float(rng.uniform(25, 55))
    angle = np.arange(N_BEAN) * (2 * np.pi / N_BEAN)
    bean = size * (1 - 0.35 * np.exp(-np.square((angle - np.pi / 2) / 0.55)))
    rows = [(0.05, 0.0), (0.8, 0.0), (1.0, deep), (1.06, deep), (0.97, deep - 1), (0.77, 2), (0, 2)]
    x, y = bean * np.cos(angle), 0.55 * bean * np.sin(angle)
    vertices = np.stack([np.stack([k * x, k * y, np.full_like(x, z)], axis=-1) for k, z in rows])
    return [grid_mesh(vertices, wraps=True)], []


def _elbow_pipe(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    radius = float(rng.uniform(10, 35))
    a, b = float(rng.uniform(60, 200)), float(rng.uniform(60, 200))
    corner = [
        [0, 0, 0],
        [0, 0, a],
        [0.3 * radius, 0, a + 1.2 * radius],
        [1.5 * radius, 0, a + 2 * radius],
    ]
    path = np.array([*corner, [1.5 * radius + b, 0, a + 2 * radius]], dtype=np.float64)
    flange = turned([(0, 0), (1.5 * radius, 0), (1.5 * radius, 8), (0, 8)])
    return [tube(path, radius, n_segments=20)], [flange]


def _monitor_arm(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """Jointed bars with a plate."""
    joints = np.cumsum(np.array([[0, 0, 0], *rng.normal((60, 0, 60), 60, (3, 3))]), axis=0)
    joints[:, 2] = np.abs(joints[:, 2])
    radius = float(rng.uniform(10, 28))
    bars = [tube(np.linspace(a, b, 3), radius, n_segments=14) for a, b in pairwise(joints)]
    return bars, [capsule(5.0, 1.6 * radius)]


def _closed_tube(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """As straight and long as a cone, but solid: a lid, a rounded or pointed end, no bore."""
    radius, tall = float(rng.uniform(15, 60)), float(rng.uniform(80, 350))
    lid = float(rng.uniform(-0.3, 1.0)) * radius
    body: Profile = [(0, 0), (radius, 0), (radius, tall), (0.6 * radius, tall + 0.4 * lid)]
    ring = turned([(radius, 0.85 * tall), (1.3 * radius, 0.85 * tall), (1.3 * radius, 0.92 * tall),
                   (radius, 0.92 * tall)])  # fmt: skip
    return [turned([*body, (0, tall + 0.5 * lid)])], [ring] if rng.random() < 0.4 else []


def _thermos(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    radius, tall = float(rng.uniform(30, 50)), float(rng.uniform(180, 320))
    body: Profile = [(0, 0), (radius, 0), (radius, 0.75 * tall), (0.8 * radius, 0.8 * tall)]
    cap = 0.85 * radius
    return [turned(body)], [
        turned([(cap, 0.78 * tall), (cap, tall - 6), (cap - 6, tall), (0, tall)])
    ]


def _lamp_handle(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """The sterile handle of an operating light: a waisted grip under a disc."""
    radius, tall = float(rng.uniform(14, 24)), float(rng.uniform(90, 160))
    z = np.linspace(0, tall, 12)
    waist = radius * (1 + 0.25 * np.cos(2 * np.pi * z / tall))
    grip = turned([(0, 0), *zip(waist.tolist(), z.tolist(), strict=True)])
    disc = float(rng.uniform(50, 130))
    return [grip], [turned([(0, tall), (disc, tall + 5), (disc, tall + 25), (0, tall + 30)])]


def _vase(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """Any turned outline, closed below."""
    tall = float(rng.uniform(60, 260))
    radii = np.clip(curve(np.abs(rng.normal(40, 18, (5, 1))) + 12, 14)[:, 0], 8, 110)
    z = np.linspace(0, tall, 14)
    outer: Profile = [(0, 0), *zip(radii.tolist(), z.tolist(), strict=True)]
    inner: Profile = [(r - 3, max(h, 3.0)) for r, h in reversed(outer[1:])]
    return [turned([*outer, *inner, (0, 3)])], []


N_BEAN = 40  # corners of a dish's outline
_BUILDERS = {
    "thing:mug": _mug,
    "thing:cup": _cup,
    "thing:bottle": _bottle,
    "thing:bowl": _bowl,
    "thing:tin": _tin,
    "thing:ball": _ball,
    "thing:box": _box,
    "thing:block": _block,
    "thing:paper_roll": _paper_roll,
    "thing:candle": _candle,
    "thing:spray_can": _spray_can,
    "thing:funnel": _funnel,
    "thing:kidney_dish": _kidney_dish,
    "thing:elbow_pipe": _elbow_pipe,
    "thing:monitor_arm": _monitor_arm,
    "thing:closed_tube": _closed_tube,
    "thing:thermos": _thermos,
    "thing:lamp_handle": _lamp_handle,
    "thing:vase": _vase,
}
