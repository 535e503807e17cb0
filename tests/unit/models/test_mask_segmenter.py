"""Stored labels as a segmenter, and the bed within 150 mm of the applicator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from models.mask_segmenter import BED_DISTANCE_MM, MaskSegmenter
from models.nearness import within
from tracking.camera import CameraIntrinsics
from tracking.errors import SourceError
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label

INTRINSICS = CameraIntrinsics(64, 48, 60.0, 60.0, 31.5, 23.5)


def source_frame(
    depth_mm: np.ndarray, labels: np.ndarray | None, *, tells_bed: bool = True
) -> SourceFrame:
    frame = RgbdFrame(0, "", 0, 0, INTRINSICS, depth_mm.astype(np.uint16), 1.0)
    return SourceFrame(frame, labels=labels, labels_tell_bed=tells_bed)


def labels_with_applicator() -> np.ndarray:
    labels = np.zeros(INTRINSICS.shape, np.uint8)
    labels[20:28, 28:36] = Label.APPLICATOR
    return labels


def test_labels_pass_unchanged() -> None:
    labels = labels_with_applicator()
    labels[:5] = Label.TUMOR_BED
    labels[-5:] = Label.OCCLUDER
    result = MaskSegmenter().segment(source_frame(np.full(INTRINSICS.shape, 400), labels))
    assert np.array_equal(result.labels, labels)


def test_no_labels_means_no_applicator() -> None:
    result = MaskSegmenter().segment(source_frame(np.full(INTRINSICS.shape, 400), None))
    assert not result.labels.any()


def test_labels_that_could_not_be_read_are_refused() -> None:
    frame = source_frame(np.full(INTRINSICS.shape, 400), None)
    with pytest.raises(SourceError, match="labels of frame 0") as caught:
        MaskSegmenter().segment(replace(frame, labels_fault="label/000000.png: gone"))
    assert caught.value.actual == "label/000000.png: gone"


def test_bed_is_every_other_pixel_within_the_distance() -> None:
    rng = np.random.default_rng(3)
    depth = rng.uniform(300, 700, INTRINSICS.shape).round()
    depth[rng.random(INTRINSICS.shape) < 0.1] = 0
    labels = labels_with_applicator()
    result = MaskSegmenter().segment(source_frame(depth, labels, tells_bed=False))
    points = INTRINSICS.ray_grid * depth[..., None]
    is_applicator, has_depth = labels == Label.APPLICATOR, depth > 0
    nearest = cdist(points.reshape(-1, 3), points[is_applicator & has_depth]).min(axis=1)
    expected = has_depth & ~is_applicator & (nearest.reshape(depth.shape) <= BED_DISTANCE_MM)
    assert expected.any()
    assert not expected.all()
    assert np.array_equal(result.bed_mask, expected)
    assert np.array_equal(result.applicator_mask, is_applicator)


def test_applicator_without_any_depth_has_no_bed() -> None:
    depth = np.full(INTRINSICS.shape, 400.0)
    labels = labels_with_applicator()
    depth[labels == Label.APPLICATOR] = 0
    result = MaskSegmenter().segment(source_frame(depth, labels, tells_bed=False))
    assert not result.bed_mask.any()
    assert result.applicator_mask.any()


@pytest.mark.parametrize("distance_mm", [3.0, 25.0, 150.0])
def test_within_is_exact(distance_mm: float) -> None:
    rng = np.random.default_rng(7)
    cloud = rng.normal(0, 40, (300, 3))
    points = rng.normal(0, 150, (4000, 3))
    expected = cdist(points, cloud).min(axis=1) <= distance_mm
    assert np.array_equal(within(points, cloud, distance_mm), expected)


def test_within_of_nothing() -> None:
    nothing = np.empty((0, 3))
    some = np.zeros((2, 3))
    assert within(nothing, some, 5.0).shape == (0,)
    assert not within(some, nothing, 5.0).any()
