"""Random fields: repeatable, of the families asked for, light, and cleanly layered."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from models.training.families import WITHHELD, Families, Split
from models.training.scenes.beds import BEDS, diving, random_bed
from models.training.scenes.fields import random_field
from models.training.scenes.lying import CLEARANCE_MM, THINGS
from models.training.scenes.outlines import ANGLES_RAD, OPENINGS, Outline, random_outline
from models.training.scenes.rooms import background, bare_ground
from models.training.scenes.surrounds import random_layers
from recordings.simulation.raycast import RayTarget
from recordings.simulation.scene import Part
from tracking.arrays import UInt8
from tracking.segmentation import Label
from tracking.transforms import rigid

MOST_VERTICES_OF_A_PART = 4000
MOST_VERTICES_OF_A_FIELD = 12000  # what the ray caster builds its tree for in a few ms
LEAST_GAP_MM = 1.0  # between layers: less than the depth noise would fight over a pixel

TRAINING, KEPT = Families("training"), Families("withheld")
PROBE_CAMERA = rigid(np.diag([1.0, -1.0, -1.0]), (0.0, 0.0, 600.0))  # straight down on the origin


def fields(split: Split, n: int) -> list[list[Part]]:
    return [random_field(np.random.default_rng(s), Families(split)).parts for s in range(n)]


def bytes_of(parts: list[Part]) -> bytes:
    return b"".join(
        part.mesh.vertices_mm.tobytes() + repr(part.material).encode() for part in parts
    )


def label_from_above(parts: list[Part], half_field: float, n: int) -> UInt8:
    grid = np.linspace(-half_field, half_field, n, dtype=np.float32)
    u, v = np.meshgrid(grid, grid)
    hits = RayTarget(parts, PROBE_CAMERA).cast(np.stack([u, v, np.ones_like(u)], axis=-1))
    codes = np.array([*(part.label for part in parts), Label.OTHER], np.uint8)
    labels: UInt8 = codes[hits.part_index]
    return labels


@pytest.mark.parametrize("split", ["training", "withheld"])
def test_same_seed_same_parts(split: Split) -> None:
    first, again = (random_field(np.random.default_rng(5), Families(split)) for _ in range(2))
    other = random_field(np.random.default_rng(6), Families(split))
    assert bytes_of(first.parts) == bytes_of(again.parts) != bytes_of(other.parts)


def test_a_training_field_shows_no_withheld_family() -> None:
    parts = [part for field in fields("training", 60) for part in field]
    names = {part.name for part in parts}
    textures = {f"texture:{p.material.texture.kind}" for p in parts if p.material.texture}
    assert names.isdisjoint(WITHHELD)
    assert textures.isdisjoint(WITHHELD)
    assert len(textures) >= 6  # and what is not withheld does come


def test_a_withheld_field_shows_withheld_families() -> None:
    parts = [part for field in fields("withheld", 30) for part in field]
    assert {"lying:swab", "patch:char"} <= {part.name for part in parts}
    assert any(p.material.texture and p.material.texture.kind == "cells" for p in parts)


@pytest.mark.parametrize("names", [BEDS, OPENINGS, THINGS])
def test_every_group_keeps_a_family_and_shows_more(names: tuple[str, ...]) -> None:
    assert 1 <= len(set(names) & WITHHELD) < len(set(names)) / 2


def test_meshes_are_finite_and_light() -> None:
    for field in fields("training", 60):
        sizes = [len(part.mesh.vertices_mm) for part in field]
        assert max(sizes) <= MOST_VERTICES_OF_A_PART
        assert sum(sizes) <= MOST_VERTICES_OF_A_FIELD
        for part in field:
            assert np.isfinite(part.mesh.vertices_mm).all()
            assert part.mesh.triangles.max() < len(part.mesh.vertices_mm)


def test_only_tissue_inside_the_opening_is_bed() -> None:
    for field in fields("training", 40):
        for part in field:
            is_bed = part.name == "bed" or part.name.startswith("patch:")
            beside = Label.OCCLUDER if part.name in ("instrument", "blade") else Label.OTHER
            assert part.label is (Label.TUMOR_BED if is_bed else beside)


def test_from_above_a_field_shows_bed_and_surroundings() -> None:
    for seed in range(12):
        field = random_field(np.random.default_rng(seed), TRAINING)
        labels = label_from_above(field.parts, 0.5, 60)
        share = (labels == Label.TUMOR_BED).mean()
        seen_mm2 = share * 600.0**2
        whole_mm2 = np.pi * field.opening_radius_mm**2
        assert 0.3 * whole_mm2 < seen_mm2 < 2.2 * whole_mm2


def test_no_bed_outside_the_opening() -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        opening = random_outline(rng, TRAINING, 90.0)
        bed = random_bed(rng, TRAINING, opening)
        inner = random_layers(rng, TRAINING, bed, opening)[0]
        for beyond in (0.0, 2.0, 8.0):
            radius = opening.radius_mm + beyond
            x, y = radius * np.cos(ANGLES_RAD), radius * np.sin(ANGLES_RAD)
            gap = inner.height(x, y) - diving(bed, opening)(x, y)
            assert gap.min() >= LEAST_GAP_MM - 1e-9


def test_a_flush_bed_goes_over_into_its_surroundings_without_a_step() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        opening = random_outline(rng, TRAINING, 90.0)
        bed = random_bed(rng, TRAINING, opening)
        inner = random_layers(rng, TRAINING, bed, opening, is_flush=True)[0]
        for beyond, least in ((0.0, 0.0), (2.0, 1.0), (8.0, 4.0)):
            radius = opening.radius_mm + beyond
            x, y = radius * np.cos(ANGLES_RAD), radius * np.sin(ANGLES_RAD)
            gap = inner.height(x, y) - diving(bed, opening, is_flush=True)(x, y)
            assert gap.min() >= least - 1e-9
            assert beyond or gap.max() < 1e-9


def test_some_fields_are_flush_and_most_are_not() -> None:
    around = [field for field in fields("training", 60) if not is_island(field)]
    steps = [edge_step_mm(field) for field in around]
    assert 4 <= sum(step < 0.5 for step in steps) <= 24
    assert sum(step > 1.0 for step in steps) >= 25


def test_some_fields_are_tissue_alone_and_cones_can_stand_on_it() -> None:
    islands = [field for field in fields("training", 100) if is_island(field)]
    assert 8 <= len(islands) <= 35
    assert {len(field) for field in islands} == {1, 2}
    for bed, *ground in islands:
        x, y, z = bed.mesh.vertices_mm.T
        assert abs(z[np.hypot(x, y) < 12.0].max()) < 12.0  # the axis meets it near the origin
        for part in ground:
            assert part.label is Label.OTHER
            assert part.mesh.vertices_mm[:, 2].max() < z.max()


def is_island(field: list[Part]) -> bool:
    """Whether nothing but a ground is there beside the bed."""
    return len(field) == 1 or field[1].name == "ground"


def edge_step_mm(field: list[Part]) -> float:
    """Median height of the surroundings' inner edge over the bed beside it."""
    bed, layer = field[0].mesh.vertices_mm, field[1].mesh.vertices_mm
    edge = layer[len(ANGLES_RAD) : 2 * len(ANGLES_RAD)]  # behind the skirt's lower edge
    away = np.linalg.norm(bed[None, :, :2] - edge[:, None, :2], axis=2)
    return float(np.median(edge[:, 2] - bed[away.argmin(axis=1), 2]))


def test_each_layer_lies_above_the_one_below() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        opening = random_outline(rng, TRAINING, 90.0)
        layers = random_layers(rng, TRAINING, random_bed(rng, TRAINING, opening), opening)
        for below, above in pairwise(layers):
            for beyond in (0.0, 14.0):
                radius = above.edge.radius_mm + beyond
                x, y = radius * np.cos(ANGLES_RAD), radius * np.sin(ANGLES_RAD)
                gap = above.height(x, y) - below.height(x, y)
                assert gap.min() >= LEAST_GAP_MM
                assert (above.edge.radius_mm > below.edge.radius_mm).all()


def test_a_cone_can_stand_at_the_origin() -> None:
    heights = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        opening = random_outline(rng, TRAINING, 100.0)
        bed = random_bed(rng, TRAINING, opening)
        heights.append(float(bed(np.zeros(1), np.zeros(1))[0]))
    assert np.abs(heights).max() < 20.0  # a rim on or slightly in the bed
    assert np.median(np.abs(heights)) < 3.0


@pytest.mark.parametrize("families", [TRAINING, KEPT])
def test_bare_ground_and_background_have_no_bed(families: Families) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        parts = [*bare_ground(rng, families), *background(rng, families)]
        assert all(part.label is Label.OTHER for part in parts)
        assert all(len(part.mesh.vertices_mm) <= MOST_VERTICES_OF_A_PART for part in parts)


def test_gauze_lies_on_the_ground_it_covers() -> None:
    seen = 0
    for seed in range(60):
        ground, *lying = bare_ground(np.random.default_rng(seed), TRAINING)
        if ground.name not in ("bare:table", "bare:floor"):
            continue
        for thing in (t for t in lying if t.name != "lying:thread"):
            seen += 1
            assert thing.mesh.vertices_mm[:, 2].min() >= CLEARANCE_MM - 1e-9
    assert seen > 0


def test_an_outline_grows_and_stays_outside() -> None:
    rng = np.random.default_rng(3)
    inner, other = (random_outline(rng, TRAINING, r) for r in (80.0, 70.0))
    assert isinstance(inner.grown(5.0), Outline)
    assert np.allclose(inner.grown(5.0).radius_mm - inner.radius_mm, 5.0)
    assert (other.outside(inner, 8.0).radius_mm >= inner.radius_mm + 8.0).all()
    assert inner.at(ANGLES_RAD) == pytest.approx(inner.radius_mm)
    assert inner.at(ANGLES_RAD + 2 * np.pi) == pytest.approx(inner.radius_mm)
