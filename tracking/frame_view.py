"""One frame as the registration sees it, and what it asks of it again and again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.contour import Outline
from tracking.depth_noise import DepthNoise
from tracking.pose_score import ScorePixels, disagreement, score_pixels
from tracking.refine import Refined, refine
from tracking.segmentation import OutlineQuality, Segmentation

UPSIDE_DOWN_COST = 0.2  # decides between ends that explain the pixels about equally well
N_SCORE_PIXELS = 500
FINE_MM, FINE_SIGMA = 3.0, 4.0  # a pixel further off than both contradicts a pose


@dataclass(frozen=True, eq=False)
class FrameView:
    """A frame's pixels, outline and depth, with the model that is sought in them.

    `hidden_rim`: points of the exit's edge that the bed is known to hide.
    """

    model: ConeModel
    intrinsics: CameraIntrinsics
    noise: DepthNoise
    segmentation: Segmentation
    depth_mm: NDArray[np.float32]
    pixels: ApplicatorPixels
    outline: Outline
    quality: OutlineQuality
    hidden_rim: Bool | None = None

    @cached_property
    def score(self) -> ScorePixels:
        """Pixels in and around the mask that judge a pose."""
        return score_pixels(
            self.segmentation.labels, self.depth_mm, self.intrinsics, None, N_SCORE_PIXELS
        )

    def refine(self, start: Float) -> Refined:
        """Maximum-likelihood pose from a start (camera_from_applicator)."""
        return refine(
            self.model,
            start,
            self.pixels,
            self.outline,
            self.quality,
            self.intrinsics,
            self.noise,
            self.hidden_rim,
        )

    def disagreement(self, pose: Float, spread: float = 1.0) -> float:
        """Share of contradicting pixels, at the depth noise's scale times `spread`."""
        return disagreement(self.model, pose, self.score, self.tolerance_mm(pose, spread))

    def tolerance_mm(self, pose: Float, spread: float = 1.0) -> float:
        """Depth difference at which a pixel contradicts a pose."""
        sigma_mm = float(self.noise.sigma_mm(pose[2, 3], self.intrinsics.fx))
        return max(FINE_MM, FINE_SIGMA * spread * sigma_mm)


def upside_down_cost(pose: Float) -> float:
    """The camera looks from the source's side; a tube without ring looks alike both ways up.

    0, or `UPSIDE_DOWN_COST` where the applicator's +z points away from the camera.
    """
    points_away = float(pose[:3, 2] @ pose[:3, 3]) > 0
    return UPSIDE_DOWN_COST if points_away else 0.0
