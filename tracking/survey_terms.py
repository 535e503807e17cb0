"""Live pixels against the survey map placed at a pose: residuals and their Jacobian.

Projective association: each sample is projected into the frame, and the pixel there is held
against the sample's local plane along the pixel's own ray.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8, frozen
from tracking.bed_texture import BedTexture, bed_texture
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.kernels import square
from tracking.segmentation import Label
from tracking.survey_samples import SurveySamples
from tracking.survey_terms_loops import seen_terms
from tracking.transforms import invert

HIDING_BORDER_PX = 3  # next to what stands in front stereo mixes the two
WANTED = frozen(np.array([Label.OTHER, Label.TUMOR_BED], np.uint8))  # of surroundings and of bed


@dataclass(frozen=True, eq=False)
class LiveView:
    """One frame as the survey sees it; `hidden` also holds the border of what hides.

    `texture`: None without colour.
    """

    depth_mm: NDArray[np.float32]
    labels: UInt8
    hidden: UInt8
    intrinsics: CameraIntrinsics
    noise: DepthNoise
    texture: BedTexture | None = None


@dataclass(frozen=True, eq=False)
class SurveyTerms:
    """One row per sample that is seen.

    Attributes
    ----------
    residuals : (n,)
        In sigma of live pixel and map together, positive where the frame is nearer.
    jacobian : (n, 6)
        By the small motion (rotation, translation) about the pivot, camera axes.
    tilt_information : (n,)
        What the map's noise alone pretends to tell by tilting the normals, 1/mm^2.
    weights : (n,)
        1 over the inflation by correlated noise; not yet robust.
    heights_mm, height_sigmas_mm : (n,)
        What is seen above the map along its normal, and its 1-sigma.
    points_mm : (n, 3)
        The map's point, camera space.
    """

    residuals: Float
    jacobian: Float
    tilt_information: Float
    weights: Float
    heights_mm: Float
    height_sigmas_mm: Float
    points_mm: Float


def live_view(
    labels: UInt8,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    color_rgb: UInt8 | None = None,
) -> LiveView:
    """Prepare a frame once for all poses."""
    front = cv2.inRange(labels, int(Label.APPLICATOR), int(Label.OCCLUDER))
    kernel = square(HIDING_BORDER_PX)
    hidden = cv2.dilate(front, kernel).astype(np.uint8)
    texture = bed_texture(color_rgb, labels, hidden)
    return LiveView(depth_mm, labels, hidden, intrinsics, noise, texture)


def survey_terms(
    samples: SurveySamples, survey_from_camera: Float, pivot_camera_mm: Float, view: LiveView
) -> SurveyTerms:
    """Hold the frame against the map placed at a pose."""
    grid = view.intrinsics
    return SurveyTerms(
        *seen_terms(
            samples.points_mm,
            samples.planes_per_mm,
            samples.noise_share,
            samples.tilt_variance,
            samples.inflation,
            samples.is_bed,
            invert(survey_from_camera),
            pivot_camera_mm,
            view.depth_mm,
            view.labels,
            view.hidden,
            WANTED,
            np.array([grid.fx, grid.fy, grid.cx, grid.cy]),
            view.noise.sigma_coefficients(grid.fx),
        )
    )
