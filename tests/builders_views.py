"""A rendered view as the registration's parts see it."""

from __future__ import annotations

from functools import cache

from tests.builders import View
from tracking.applicator import Applicator
from tracking.applicator_pixels import select_pixels
from tracking.arrays import Bool
from tracking.cone_model import ConeModel
from tracking.contour import outline_of
from tracking.frame_view import FrameView


@cache
def model_of(applicator: Applicator) -> ConeModel:
    """The model of a cone, built once a test session."""
    return ConeModel(applicator)


def make_frame_view(
    view: View, applicator: Applicator | None = None, hidden_rim: Bool | None = None
) -> FrameView:
    """The view with the model that is sought in it; default: of the cone that it shows."""
    outline = outline_of(view.labels)
    if outline is None:
        raise ValueError("the view shows no applicator")
    return FrameView(
        model=model_of(applicator or view.applicator),
        intrinsics=view.intrinsics,
        noise=view.noise,
        segmentation=view.segmentation,
        depth_mm=view.depth_mm,
        pixels=select_pixels(
            view.segmentation.applicator_mask, view.depth_mm, view.intrinsics, view.noise
        ),
        outline=outline,
        quality=view.segmentation.edge_quality,
        hidden_rim=hidden_rim,
    )
