from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from models.training.rendered_frames import as_source_frame
from tracking.camera import CameraIntrinsics


def test_what_lies_beyond_16_bits_has_no_depth_instead_of_a_near_one() -> None:
    depth = np.array([[0.0, 400.04], [6553.5, 6553.6]], np.float32)
    view: Any = SimpleNamespace(
        intrinsics=CameraIntrinsics(2, 2, 60.0, 60.0, 0.5, 0.5),
        depth_mm=depth,
        color_rgb=np.zeros((2, 2, 3), np.uint8),
        labels=np.ones((2, 2), np.uint8),
    )
    found = as_source_frame(view)
    assert found.frame.depth_raw.tolist() == [[0, 4000], [65535, 0]]
    assert found.labels is not None
    assert found.labels.all()
