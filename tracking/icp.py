"""Open3D point-to-plane ICP: carries a first pose into reach of the likelihood."""

from __future__ import annotations

import numpy as np
import open3d as o3d

from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.transforms import invert, orthonormalise, transform_points

RADII_MM = (18.0, 8.0)  # coarse to fine correspondence distance
MAX_ITERATIONS = 20
KERNEL_MM = 5.0  # Tukey: beyond the depth noise at 0.8 m
N_POINTS = 500


def align(model: ConeModel, start: Float, points_camera_mm: Float) -> Float:
    """Refine `start` (camera_from_applicator) by point-to-plane ICP.

    Only the model's surface that faces the camera takes part: the wall is thinner than the
    correspondence distance, its far side would pull. A result without overlap is `start`.
    """
    points = points_camera_mm[:: max(1, len(points_camera_mm) // N_POINTS)]
    source = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(np.array(points)))
    target = _facing_surface(model, start)
    estimate = o3d.pipelines.registration.TransformationEstimationPointToPlane(
        o3d.pipelines.registration.TukeyLoss(k=KERNEL_MM)
    )
    criteria = o3d.pipelines.registration.ICPConvergenceCriteria(1e-4, 1e-4, MAX_ITERATIONS)
    applicator_from_camera = invert(start)
    for radius in RADII_MM:
        result = o3d.pipelines.registration.registration_icp(
            source, target, radius, applicator_from_camera, estimate, criteria
        )
        if result.fitness == 0.0:  # no overlap: Open3D reports an error of 0, not a failure
            return start
        applicator_from_camera = np.array(result.transformation)
    if not np.all(np.isfinite(applicator_from_camera)):
        return start
    return invert(orthonormalise(applicator_from_camera))


def _facing_surface(model: ConeModel, pose: Float) -> o3d.geometry.PointCloud:
    points = transform_points(pose, model.surface_mm)
    normals = model.surface_normals @ pose[:3, :3].T
    faces = np.einsum("ij,ij->i", points, normals) < 0
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(model.surface_mm[faces]))
    cloud.normals = o3d.utility.Vector3dVector(model.surface_normals[faces])
    return cloud
