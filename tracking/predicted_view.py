"""Where a registered cone should be seen, and how measured depth lies to it.

Only pixels whose label and prediction differ are worth deciding, and those around something that
stands before the cone: polygons of the model's two bodies and a coarse grid find them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.depth_noise import DepthNoise
from tracking.extent import Box
from tracking.predicted_pixels import (
    MISSED,
    Depth,
    Places,
    compared,
    fill_convex,
    grid_middles,
    off_cells,
    rays_through,
    worth_deciding,
)
from tracking.projected import NEAR_MM, projected
from tracking.registration import Registration
from tracking.segmentation import Label, Segmentation

MAX_POSE_PX = 1.0  # 1-sigma of the exit in the image: a pose that errs more draws no outline
MARGIN_PX = 8  # around outline and labels: room to look beside them
FAR_PX = 1e5  # where a point beside the camera may be projected to


@dataclass(frozen=True, eq=False)
class PredictedView:
    """A crop of the frame, and its pixels that are worth deciding.

    Attributes
    ----------
    box : rows and columns of the crop
    inside : (height, width) 1 where polygons around the model say it may be seen
    places : (n,)
    labels : (n,) as given
    codes : (n,) of `predicted_pixels`: the model is missed, its depth is measured, or a nearer one
    """

    box: Box
    inside: UInt8
    places: Places
    labels: UInt8
    codes: UInt8


def predicted_view(
    model: ConeModel,
    registration: Registration,
    segmentation: Segmentation,
    depth_mm: Depth,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> PredictedView | None:
    """Compare labels and depth with the model, where they may differ.

    None: the pose is not OK, or does not tell where the whole outline lies in the image.
    """
    pose = registration.camera_from_applicator
    if pose is None or not _is_sharp(model, registration, intrinsics):
        return None
    polygons = _polygons(model, pose, intrinsics)
    labelled = segmentation.applicator_box
    if polygons is None or labelled is None:
        return None
    box = _region(polygons, labelled, intrinsics)
    spread = registration.residual_spread or 1.0
    depth = np.ascontiguousarray(depth_mm[box])
    comparison = _Comparison(model, pose, intrinsics, noise, spread, depth, box)
    return comparison.of(np.ascontiguousarray(segmentation.labels[box]), _filled(polygons, box))


def _is_sharp(model: ConeModel, registration: Registration, intrinsics: CameraIntrinsics) -> bool:
    sigma_mm = registration.exit_sigma_mm
    if not registration.is_ok or sigma_mm is None or not registration.axial_observable:
        return False
    if model.applicator.bevel_deg > 0 and not registration.roll_observable:
        return False
    distance_mm = max(float(registration.exit_centre_camera_mm[2]), NEAR_MM)
    return sigma_mm * intrinsics.fx / distance_mm <= MAX_POSE_PX


def _polygons(model: ConeModel, pose: Float, intrinsics: CameraIntrinsics) -> list[Float] | None:
    """Convex polygons (m, 2) in pixels that together hold the model; None: part is too near.

    Tube and ring are convex but for their hollow: the image of each is that of its two ends.
    """
    applicator = model.applicator
    if len(model.edges) == 0:
        bodies = [model.mesh.vertices_mm]
    else:
        exit_mm = model.edge_points_mm[0]
        head_mm = exit_mm * (1.0, 1.0, 0.0) + (0.0, 0.0, applicator.length_mm)
        bodies = [np.concatenate([exit_mm, head_mm])]
        if applicator.has_ring:
            bodies.append(model.edge_points_mm[1:].reshape(-1, 3))
    polygons = []
    for body in bodies:
        pixels, nearest_mm = projected(pose, body, intrinsics.pinhole, FAR_PX)
        if nearest_mm < NEAR_MM:
            return None
        polygons.append(cv2.convexHull(pixels.astype(np.float32))[:, 0].astype(np.float64))
    return polygons


def _region(polygons: list[Float], labelled: Box, intrinsics: CameraIntrinsics) -> Box:
    """Rows and columns that hold outline and labels, with their margin."""
    rows, columns = labelled
    corners = np.concatenate([*polygons, [[columns.start, rows.start], [columns.stop, rows.stop]]])
    low = np.maximum(np.floor(corners.min(axis=0)) - MARGIN_PX, 0)
    high = np.ceil(corners.max(axis=0)) + MARGIN_PX + 1
    high = np.minimum(high, (intrinsics.width, intrinsics.height))
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _filled(polygons: list[Float], box: Box) -> UInt8:
    rows, columns = box
    inside = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    for polygon in polygons:
        fill_convex(inside, polygon, columns.start, rows.start)
    return inside


@dataclass(frozen=True, eq=False)
class _Comparison:
    """The model at a pose against the depth of a crop."""

    model: ConeModel
    pose: Float
    intrinsics: CameraIntrinsics
    noise: DepthNoise
    spread: float
    depth_mm: Depth
    box: Box

    def of(self, labels: UInt8, inside: UInt8) -> PredictedView:
        """Compare the pixels whose label differs, and those around something before the cone."""
        applicator = Label.APPLICATOR.value
        v, u = grid_middles(labels, inside, applicator)
        off = off_cells(v, u, self._codes(v, u), *labels.shape)
        v, u = worth_deciding(labels, inside, off, applicator)
        codes = np.full(len(v), MISSED, np.uint8)  # outside the polygons no ray meets the model
        may_meet = inside[v, u] > 0
        codes[may_meet] = self._codes(v[may_meet], u[may_meet])
        return PredictedView(self.box, inside, v * labels.shape[1] + u, labels[v, u], codes)

    def _codes(self, v: Places, u: Places) -> UInt8:
        """Whether rays meet the model, and depth lies on it or clearly before it."""
        rows, columns = self.box
        rays = rays_through(v, u, rows.start, columns.start, self.intrinsics.pinhole)
        predicted_mm = self.model.depths_mm(self.pose, rays)
        sigma = self.noise.sigma_coefficients(self.intrinsics.fx)
        return compared(v, u, predicted_mm, self.depth_mm, sigma, self.spread)
