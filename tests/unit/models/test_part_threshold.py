"""How sure a part must be follows from what held views cost at every candidate."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.loading import SHIPPED_MANIFEST
from models.manifest import read_manifest
from models.onnx_segmenter import OnnxSegmenter
from models.training.calibrate import write_threshold
from models.training.part_threshold import (
    CANDIDATES,
    FALSE_PART_COST,
    Part,
    cheapest,
    costs,
    parts_of,
)
from recordings.simulation.source import open_simulation
from tests.model_files import copy_model
from tracking.applicator import Applicator

CONE = Applicator("MOB-D60-B0", "mobetron", 60.0, 2.0, 300.0, 0.0, 110.0, 20.0)
HELD, SURVEY = 120, 3  # frames of the story: docked, and before the cone came


def test_the_cheapest_candidate_parts_the_false_from_the_true() -> None:
    parts = [Part(0.55, is_true=False), Part(0.61, is_true=False), Part(0.75, is_true=True)]
    price = costs(parts)
    assert price[0.5] == 2 * FALSE_PART_COST
    assert price[0.7] == 0.0
    assert price[0.9] == 1.0
    assert cheapest(price) == 0.74  # of those that cost nothing the strictest


def test_a_false_part_outweighs_a_lost_one() -> None:
    least = cheapest(costs([Part(0.8, is_true=False), Part(0.7, is_true=True)]))
    assert least > 0.8


def test_without_parts_nothing_is_given_away() -> None:
    assert cheapest(costs([])) == CANDIDATES[-1]


def test_parts_of_a_docked_frame_are_its_cone() -> None:
    segmenter = OnnxSegmenter(SHIPPED_MANIFEST)
    story = open_simulation("sim:docking-small:0", {CONE.id: CONE})
    assert any(p.is_true and p.confidence > 0.8 for p in parts_of(segmenter, story.frame(HELD)))
    assert not any(part.is_true for part in parts_of(segmenter, story.frame(SURVEY)))


def test_a_written_threshold_leaves_the_rest_of_the_manifest(tmp_path: Path) -> None:
    path = copy_model(tmp_path)
    before = read_manifest(path)
    write_threshold(path, 0.66)
    after = read_manifest(path)
    assert after.thresholds.applicator_min_confidence == pytest.approx(0.66)
    assert after.model_copy(update={"thresholds": before.thresholds}) == before
