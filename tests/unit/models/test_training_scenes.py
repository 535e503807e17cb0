"""Random training frames: repeatable, labelled, and their facts agree with their pixels."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from models.training.families import Families
from models.training.random_scenes import LabelledFrame, random_frames
from models.training.scenes.compose import KIND_SHARES, KINDS, random_scenery
from models.training.scenes.fields import VOID_SHARE_OF_ISLANDS
from models.training.scenes.rooms import background
from tracking.segmentation import Label

N_SCENES = 12
N_SCENERIES = 100
PLAIN_BAND, VOID_BAND = (10, 42), (8, 35)  # of so many sceneries, at shares of 0.25 and 0.2
ISLAND_VOID_BAND = (32, 68)  # at a share of 0.5


@pytest.fixture(scope="module")
def frames() -> list[LabelledFrame]:
    return [frame for seed in range(N_SCENES) for frame in random_frames(seed, 1)]


def test_same_seed_same_bytes(frames: list[LabelledFrame]) -> None:
    again = random_frames(3, 1)[0]
    assert frames[3].depth_mm.tobytes() == again.depth_mm.tobytes()
    assert frames[3].color_rgb.tobytes() == again.color_rgb.tobytes()
    assert frames[3].labels.tobytes() == again.labels.tobytes()
    assert frames[3].facts == again.facts
    assert frames[3].depth_mm.tobytes() != frames[4].depth_mm.tobytes()


def test_views_of_a_scene_differ() -> None:
    first, second = random_frames(5, 2)
    assert first.depth_mm.tobytes() != second.depth_mm.tobytes()
    assert first.facts.material == second.facts.material


def test_frames_are_labelled_and_have_depth(frames: list[LabelledFrame]) -> None:
    seen = set(np.concatenate([np.unique(frame.labels) for frame in frames]).tolist())
    assert seen == {int(label) for label in Label}
    for frame in frames:
        assert frame.depth_mm.shape == frame.labels.shape == frame.intrinsics.shape
        assert frame.color_rgb.shape == (*frame.labels.shape, 3)
        assert frame.depth_mm.dtype == np.float32
        assert frame.color_rgb.dtype == frame.labels.dtype == np.uint8
        assert np.isfinite(frame.depth_mm).all()
        assert frame.depth_mm.min() >= 0
        assert (frame.depth_mm > 0).any()


def test_facts_agree_with_the_labels(frames: list[LabelledFrame]) -> None:
    for frame in frames:
        facts = frame.facts
        assert facts.has_applicator == bool((frame.labels == Label.APPLICATOR).any())
        assert facts.has_bed == bool((frame.labels == Label.TUMOR_BED).any())
        assert facts.distance_mm > 0
        assert 0 <= facts.smoke_level <= 1
        assert facts.occluded_fraction is None or 0 <= facts.occluded_fraction <= 1
        if facts.kind == "docked" and facts.occluded_fraction not in (None, 1.0):
            assert facts.applicator_width_px > 0
            assert facts.material.startswith("cone:")


def test_withheld_families_make_other_scenes() -> None:
    training = random_frames(1, 1)[0]
    withheld = random_frames(1, 1, Families("withheld"))[0]
    assert training.color_rgb.tobytes() != withheld.color_rgb.tobytes()


def test_every_kind_of_scene_is_drawn_in_its_share() -> None:
    training = Families("training")
    sceneries = [
        random_scenery(np.random.default_rng(seed), training) for seed in range(N_SCENERIES)
    ]
    counts = Counter(scenery.kind for scenery in sceneries)
    for kind, share in zip(KINDS, KIND_SHARES, strict=True):
        spread = np.sqrt(N_SCENERIES * share * (1 - share))
        assert abs(counts[kind] - N_SCENERIES * share) < 4 * spread
    for scenery in sceneries:
        labels = {part.label for part in scenery.parts}
        if scenery.kind == "docked":
            assert {Label.APPLICATOR, Label.TUMOR_BED} <= labels
            assert scenery.cone_parts
        if scenery.kind == "no_bed":
            assert Label.TUMOR_BED not in labels
        if scenery.kind == "no_cone":
            assert Label.APPLICATOR not in labels


def test_some_scenes_are_plain_and_some_have_nothing_behind() -> None:
    training = Families("training")
    n_plain = n_void = n_void_of_islands = 0
    for seed in range(N_SCENERIES):
        parts = random_scenery(np.random.default_rng(seed), training).parts
        materials = [part.material for part in parts]
        n_plain += all(one.texture is None and one.specular == 0.0 for one in materials)
        n_void += not background(np.random.default_rng(seed), training)
        n_void_of_islands += not background(
            np.random.default_rng(seed), training, VOID_SHARE_OF_ISLANDS
        )
    assert PLAIN_BAND[0] <= n_plain <= PLAIN_BAND[1]
    assert VOID_BAND[0] <= n_void <= VOID_BAND[1]
    assert ISLAND_VOID_BAND[0] <= n_void_of_islands <= ISLAND_VOID_BAND[1]
