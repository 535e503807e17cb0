"""Canvas samples and their random changes keep depth, colour and labels together."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.confusion import Confusion, precision_of, recall_of
from models.features import CANVAS, CHANNELS
from models.training.augment import augmented, tensors, tensors_without_color
from models.training.canvas_samples import IGNORED, CanvasSample, to_canvas
from models.training.random_scenes import LabelledFrame
from models.training.scenes.facts import NONE, SceneFacts
from models.training.settings import SMALL
from tests.folded_planes import by_plane
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label

NEAR_MM, FAR_MM = 400.0, 800.0
FILLED_ACROSS = 0.01  # of the pixels: holes at the edge, filled from both of its sides


def two_halves(size: tuple[int, int]) -> LabelledFrame:
    """Applicator in the left half, near and red; surroundings right, far and blue."""
    height, width = size
    is_left = np.broadcast_to(np.arange(width) < width // 2, size)
    color = np.where(is_left[..., None], [250, 0, 0], [0, 0, 250]).astype(np.uint8)
    return LabelledFrame(
        CameraIntrinsics(width, height, 400.0, 400.0, width / 2, height / 2),
        np.where(is_left, NEAR_MM, FAR_MM).astype(np.float32),
        color,
        np.where(is_left, np.uint8(Label.APPLICATOR), np.uint8(Label.OTHER)),
        SceneFacts("docked", NEAR_MM, 60.0, None, NONE, "light", 0.0, "D435", True, False),
    )


@pytest.mark.parametrize("size", [(240, 424), (480, 848), (480, 640)])
def test_to_canvas_ignores_what_is_no_image(size: tuple[int, int]) -> None:
    sample = to_canvas(two_halves(size))
    assert sample.labels.shape == CANVAS
    shown = sample.labels != IGNORED
    assert shown.mean() == pytest.approx(size[1] / size[0] * CANVAS[0] / CANVAS[1], abs=0.01)
    assert not sample.depth_mm[~shown].any()
    assert np.array_equal(sample.labels[shown] == Label.APPLICATOR, sample.depth_mm[shown] < 600)


def test_a_small_canvas_shows_the_whole_scene_and_stays_small() -> None:
    sample = to_canvas(two_halves((112, 198)), SMALL)
    assert sample.labels.shape == SMALL
    assert (sample.labels != IGNORED).sum() == 112 * 198
    planes, target = augmented(sample, np.random.default_rng(3))
    assert (planes.shape, target.shape) == ((56, 104, 40), SMALL)


def test_changes_keep_depth_and_labels_together() -> None:
    sample = to_canvas(two_halves((480, 848)))
    rng, n_both = np.random.default_rng(2), 0
    for _ in range(30):
        folded, target = augmented(sample, rng)
        planes = by_plane(folded)
        assert planes.shape == (len(CHANNELS), *CANVAS)
        assert target.shape == CANVAS
        has_depth = planes[5] > 0
        counted = has_depth & (target != IGNORED)
        is_left = target[counted] == Label.APPLICATOR
        if 0 < is_left.sum() < len(is_left):
            scale = planes[4][counted].astype(float)  # a logarithm
            halfway = (scale[is_left].mean() + scale[~is_left].mean()) / 2
            assert np.mean((scale > halfway) == is_left) > 1 - FILLED_ACROSS
            n_both += 1
        assert (planes[:4, target == IGNORED] == 128).all()
    assert n_both > 10  # moves that leave both halves in view


def test_tensors_without_color_differ_only_there() -> None:
    sample = to_canvas(two_halves((240, 424)))
    (with_color, target), (without, same) = tensors(sample), tensors_without_color(sample)
    with_color, without = by_plane(with_color), by_plane(without)
    assert set(np.unique(with_color[3]).tolist()) == {128, 255}
    assert (without[:4] == 128).all()
    assert np.array_equal(with_color[4:], without[4:])
    assert np.array_equal(target, same)


def test_same_generator_same_sample() -> None:
    sample = to_canvas(two_halves((240, 424)))
    first, _ = augmented(sample, np.random.default_rng(9))
    again, _ = augmented(sample, np.random.default_rng(9))
    assert first.tobytes() == again.tobytes()


def test_scores_by_hand() -> None:
    confusion = Confusion()
    truth = np.array([0, 0, 1, 2, 2, 2, IGNORED])
    confusion.add(truth, np.array([0, 1, 1, 2, 2, 0, 2]))
    assert confusion.iou()["applicator"] == pytest.approx(2 / 3)
    assert confusion.iou()["tumor_bed"] == pytest.approx(1 / 2)
    assert np.isnan(confusion.iou()["occluder"])
    assert precision_of(confusion.counts, Label.APPLICATOR) == 1.0
    assert recall_of(confusion.counts, Label.APPLICATOR) == pytest.approx(2 / 3)


def test_a_sample_is_three_images_of_one_size() -> None:
    sample = to_canvas(two_halves((240, 424)))
    assert isinstance(sample, CanvasSample)
    assert sample.color_rgb.shape == (*sample.labels.shape, 3)
