"""Ordinary views: every reason to call a view a wild one counts alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.training.ordinary import is_ordinary
from models.training.random_scenes import LabelledFrame
from models.training.scenes.facts import SceneFacts
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label

SIZE = (48, 64)
FACTS = SceneFacts("docked", 500.0, 20.0, 0.1, "cone:steel", "light", 0.0, "D435", True, True)


def view() -> LabelledFrame:
    labels = np.zeros(SIZE, np.uint8)
    labels[10:30, 20:40] = Label.APPLICATOR
    return LabelledFrame(
        CameraIntrinsics(SIZE[1], SIZE[0], 60.0, 60.0, 31.5, 23.5),
        np.full(SIZE, 500.0, np.float32),
        np.full((*SIZE, 3), 100, np.uint8),
        labels,
        FACTS,
    )


def test_a_docked_cone_in_plain_sight_is_ordinary() -> None:
    assert is_ordinary(view())


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, kind="wild"),
        replace(FACTS, occluded_fraction=0.3),
        replace(FACTS, occluded_fraction=None),
        replace(FACTS, distance_mm=1200.0),
        replace(FACTS, distance_mm=200.0),
        replace(FACTS, smoke_level=0.1),
    ],
)
def test_facts_make_a_view_wild(facts: SceneFacts) -> None:
    assert not is_ordinary(replace(view(), facts=facts))


@pytest.mark.parametrize("level", [0, 255])
def test_a_drowned_picture_is_wild(level: int) -> None:
    assert not is_ordinary(replace(view(), color_rgb=np.full((*SIZE, 3), level, np.uint8)))


def test_a_cone_without_depth_is_wild() -> None:
    depth = view().depth_mm.copy()
    depth[10:30, 20:36] = 0
    assert not is_ordinary(replace(view(), depth_mm=depth))


def test_a_cone_that_hardly_shows_is_wild() -> None:
    assert not is_ordinary(replace(view(), labels=np.zeros(SIZE, np.uint8)))
