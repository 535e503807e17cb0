"""Open3D point-to-plane ICP: carries a first pose into reach of the likelihood.

The loop is here and not in Open3D's `registration_icp`: its threads gather the pairs in any
order, and the rounding of their sum grows to 0.04 mm where a pair comes and goes.
"""

from __future__ import annotations

import numpy as np
import open3d as o3d
from scipy.spatial import cKDTree

from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.transforms import invert, orthonormalise, transform_points

RADII_MM = (18.0, 8.0)  # coarse to fine correspondence distance
MAX_ITERATIONS = 6  # per radius: the likelihood goes on from wherever this ends
KERNEL_MM = 5.0  # Tukey: beyond the depth noise at 0.8 m
N_POINTS = 250
MIN_PAIRS = 6  # unknowns of a pose
SETTLED = 1e-3  # largest entry of a step (mm, rad)
STEP_DECIMALS = 9  # far above the rounding of Open3D's sums, far below any sigma


def align(model: ConeModel, start: Float, points_camera_mm: Float) -> Float:
    """Refine `start` (camera_from_applicator) by point-to-plane ICP, the same bits every time.

    Only the model's surface that faces the camera takes part: the wall is thinner than the
    correspondence distance, its far side would pull. A result without overlap is `start`.
    """
    points = points_camera_mm[:: max(1, len(points_camera_mm) // N_POINTS)]
    target = _facing_surface(model, start)
    tree = cKDTree(np.asarray(target.points), balanced_tree=False)  # built in a third less time
    estimate = o3d.pipelines.registration.TransformationEstimationPointToPlane(
        o3d.pipelines.registration.TukeyLoss(k=KERNEL_MM)
    )
    applicator_from_camera = invert(start)
    for radius in RADII_MM:
        for _ in range(MAX_ITERATIONS):
            moved = transform_points(applicator_from_camera, points)
            distances, nearest = tree.query(moved, distance_upper_bound=radius)
            paired = np.flatnonzero(np.isfinite(distances))
            if len(paired) < MIN_PAIRS:  # no overlap is no failure to Open3D: no step, error 0
                return start
            source = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(moved))
            pairs = np.stack([paired, nearest[paired]], axis=1).astype(np.int32)
            step = np.round(
                estimate.compute_transformation(source, target, o3d.utility.Vector2iVector(pairs)),
                STEP_DECIMALS,
            )
            if not np.all(np.isfinite(step)):
                return start
            applicator_from_camera = orthonormalise(step @ applicator_from_camera)
            if np.abs(step - np.eye(4)).max() < SETTLED:
                break
    return invert(applicator_from_camera)


def _facing_surface(model: ConeModel, pose: Float) -> o3d.geometry.PointCloud:
    points = transform_points(pose, model.surface_mm)
    normals = model.surface_normals @ pose[:3, :3].T
    faces = np.einsum("ij,ij->i", points, normals) < 0
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(model.surface_mm[faces]))
    cloud.normals = o3d.utility.Vector3dVector(model.surface_normals[faces])
    return cloud
