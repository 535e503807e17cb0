"""Open3D's own registration, used as people use it: what this project is compared with.

Not deterministic: its feature matching draws in threads, seeded or not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import open3d as o3d

from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.transforms import invert, orthonormalise

VOXEL_MM = 5.0  # thins the frame's points: 2 and 3 mm cost up to four times the time, no better
RADIUS_MM = 15.0  # correspondence distance; from 20 to 5 mm in two runs ends at the same errors
MAX_ITERATIONS = 50
NORMAL_RADIUS_MM = 10.0
FEATURE_RADIUS_MM = 25.0
N_NEIGHBOURS = 100
MATCH_MM = 7.5
EDGE_LENGTH_RATIO = 0.9
RANSAC_ITERATIONS, RANSAC_CONFIDENCE = 100_000, 0.999
RANSAC_SEED = 5


def model_cloud(model: ConeModel) -> o3d.geometry.PointCloud:
    """Points on the whole model with exact normals, in applicator space."""
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(np.array(model.surface_mm)))
    cloud.normals = o3d.utility.Vector3dVector(np.array(model.surface_normals))
    return cloud


def point_to_plane(
    target: o3d.geometry.PointCloud, points_camera_mm: Float, start: Float
) -> Float | None:
    """`registration_icp` from a start; None without overlap."""
    return _icp(target, _cloud(points_camera_mm), start)


def feature_target(target: o3d.geometry.PointCloud) -> tuple[Any, Any]:
    """Thinned model and its FPFH features."""
    thin = target.voxel_down_sample(VOXEL_MM)
    return thin, _features(thin)


def features_ransac_icp(
    target: o3d.geometry.PointCloud, thin_and_features: tuple[Any, Any], points_camera_mm: Float
) -> Float | None:
    """FPFH features, RANSAC over their matches, then `point_to_plane`; needs no start."""
    thin, features = thin_and_features
    source = _cloud(points_camera_mm)
    source.estimate_normals(_search(NORMAL_RADIUS_MM))
    source.orient_normals_towards_camera_location(np.zeros(3))
    registration = o3d.pipelines.registration
    o3d.utility.random.seed(RANSAC_SEED)
    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        result = registration.registration_ransac_based_on_feature_matching(
            source,
            thin,
            _features(source),
            features,
            mutual_filter=True,
            max_correspondence_distance=MATCH_MM,
            estimation_method=registration.TransformationEstimationPointToPoint(False),
            ransac_n=3,
            checkers=[
                registration.CorrespondenceCheckerBasedOnEdgeLength(EDGE_LENGTH_RATIO),
                registration.CorrespondenceCheckerBasedOnDistance(MATCH_MM),
            ],
            criteria=registration.RANSACConvergenceCriteria(RANSAC_ITERATIONS, RANSAC_CONFIDENCE),
        )
    if result.fitness == 0:
        return None
    return _icp(target, source, invert(orthonormalise(np.array(result.transformation))))


def _icp(
    target: o3d.geometry.PointCloud, source: o3d.geometry.PointCloud, start: Float
) -> Float | None:
    registration = o3d.pipelines.registration
    result = registration.registration_icp(
        source,
        target,
        RADIUS_MM,
        invert(start),
        registration.TransformationEstimationPointToPlane(),
        registration.ICPConvergenceCriteria(max_iteration=MAX_ITERATIONS),
    )
    if result.fitness == 0:  # no overlap is no error to Open3D
        return None
    return invert(orthonormalise(np.array(result.transformation)))


def _cloud(points_camera_mm: Float) -> o3d.geometry.PointCloud:
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points_camera_mm))
    return cloud.voxel_down_sample(VOXEL_MM)


def _features(cloud: o3d.geometry.PointCloud) -> Any:  # noqa: ANN401 - an SDK's own type
    return o3d.pipelines.registration.compute_fpfh_feature(cloud, _search(FEATURE_RADIUS_MM))


def _search(radius_mm: float) -> Any:  # noqa: ANN401 - an SDK's own type
    return o3d.geometry.KDTreeSearchParamHybrid(radius=radius_mm, max_nn=N_NEIGHBOURS)
