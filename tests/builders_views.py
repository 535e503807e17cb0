"""A rendered view as the registration's parts see it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from tests.builders import View
from tracking.applicator import Applicator
from tracking.applicator_pixels import select_pixels
from tracking.arrays import Bool
from tracking.cone_model import ConeModel
from tracking.contour import outline_of
from tracking.frame_view import FrameView
from tracking.kernels import square
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label

SURE_COVARIANCE = np.diag([1e-4, 1e-4, 1e-4, 0.05, 0.05, 0.05]) ** 2


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


def sure_registration(view: View) -> Registration:
    """The true pose as a registration that knows it well."""
    return Registration(
        RegistrationStatus.OK,
        view.camera_from_applicator,
        SURE_COVARIANCE,
        residual_spread=1.0,
        roll_observable=True,
        axial_observable=True,
    )


def inner_patch(view: View, height: int = 30) -> Bool:
    """Pixels of the cone's wall, well inside its outline."""
    wall = cv2.erode((view.labels == Label.APPLICATOR).astype(np.uint8), square(9)) > 0
    middle = int(np.median(np.nonzero(wall)[0]))
    patch: Bool = np.zeros(wall.shape, bool)
    patch[middle - height // 2 : middle + height // 2] = True
    patch &= wall
    return patch
