"""Depth looked at before colour is there gives the same planes, and the same labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.loading import load_segmenter
from pipeline.benchmarks.simulated import bench_source


@pytest.mark.parametrize("has_color", [True, False])
def test_labels_are_the_same(has_color: bool) -> None:
    segmenter, source = load_segmenter("onnx"), bench_source(3).frame(2)
    if not has_color:
        source = replace(source, frame=source.frame.with_color(None))
    ahead = segmenter.look_ahead(source.frame)
    expected, found = segmenter.segment(source), segmenter.segment(source, ahead)
    np.testing.assert_array_equal(found.labels, expected.labels)
    assert found.doubt == expected.doubt


def test_another_colour_leaves_what_is_known_of_the_depth() -> None:
    frame = bench_source(3).frame(2).frame
    depth_mm, fingerprint = frame.depth_mm, frame.depth_sha256
    other = frame.with_color(None)
    assert other.color_rgb is None
    assert other.depth_mm is depth_mm
    assert other.depth_sha256 is fingerprint
    fresh = bench_source(3).frame(2).frame.with_color(None)
    np.testing.assert_array_equal(fresh.depth_mm, depth_mm)
    assert fresh.depth_sha256 == fingerprint
