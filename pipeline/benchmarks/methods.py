"""The methods that `bench registration` runs on the same frames, each behind one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.benchmarks.pose_error import cone_model
from recordings.simulation.views import View
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.register import register

MIN_POINTS = 50  # a hand may hide all of the cone's depth: no library takes an empty cloud
N_PREPARED = 16  # models prepared for a rival; a machine has more, but each costs only once


@dataclass(frozen=True, eq=False)
class Case:
    """One frame: the view, its measured depth, and the rough start."""

    view: View
    depth_mm: NDArray[np.float32]
    start: Float

    @property
    def points_camera_mm(self) -> Float:
        """Every applicator pixel that has depth, as rivals get it."""
        used = self.view.segmentation.applicator_mask & (self.depth_mm > 0)
        points: Float = self.view.kind.intrinsics.ray_grid[used] * self.depth_mm[used][:, None]
        return points


@dataclass(frozen=True, eq=False)
class Answer:
    """A pose or None; `is_sure`: status OK and the slide observable (rivals are always sure)."""

    pose: Float | None
    is_sure: bool
    status: str


@dataclass(frozen=True)
class Method:
    """A named method; `is_slow` ones run on a part of the frames."""

    name: str
    run: Callable[[Case], Answer]
    is_slow: bool = False


def prepare(applicator: Applicator, *, with_rivals: bool) -> None:
    """Build what depends on the applicator alone, so that it is not timed."""
    cone_model(applicator)
    if with_rivals:
        _open3d_target(applicator)
        _open3d_feature_target(applicator)
        _small_gicp_target(applicator)


def _ours(case: Case, prior: Float | None) -> Answer:
    view = case.view
    result = register(
        cone_model(view.applicator),
        view.segmentation,
        case.depth_mm,
        view.kind.intrinsics,
        view.kind.noise,
        prior,
    )
    is_sure = result.is_ok and result.axial_observable
    pose = result.camera_from_applicator if result.is_ok else None
    return Answer(pose, is_sure, result.status.value)


def _open3d_icp(case: Case) -> Answer:
    from pipeline.benchmarks.open3d_methods import point_to_plane

    if len(case.points_camera_mm) < MIN_POINTS:
        return _rival(None)
    target = _open3d_target(case.view.applicator)
    return _rival(point_to_plane(target, case.points_camera_mm, case.start))


def _open3d_features(case: Case) -> Answer:
    from pipeline.benchmarks.open3d_methods import features_ransac_icp

    if len(case.points_camera_mm) < MIN_POINTS:
        return _rival(None)
    target = _open3d_target(case.view.applicator)
    features = _open3d_feature_target(case.view.applicator)
    return _rival(features_ransac_icp(target, features, case.points_camera_mm))


def _small_gicp(case: Case) -> Answer:
    if len(case.points_camera_mm) < MIN_POINTS:
        return _rival(None)
    target = _small_gicp_target(case.view.applicator)
    return _rival(target.align(case.points_camera_mm, case.start))


def _rival(pose: Float | None) -> Answer:
    return Answer(pose, pose is not None, "OK" if pose is not None else "NO_OVERLAP")


@lru_cache(maxsize=N_PREPARED)
def _open3d_target(applicator: Applicator) -> Any:  # noqa: ANN401 - an SDK's own type
    from pipeline.benchmarks.open3d_methods import model_cloud

    return model_cloud(cone_model(applicator))


@lru_cache(maxsize=N_PREPARED)
def _open3d_feature_target(applicator: Applicator) -> Any:  # noqa: ANN401 - an SDK's own type
    from pipeline.benchmarks.open3d_methods import feature_target

    return feature_target(_open3d_target(applicator))


@lru_cache(maxsize=N_PREPARED)
def _small_gicp_target(applicator: Applicator) -> Any:  # noqa: ANN401 - an SDK's own type
    from pipeline.benchmarks.small_gicp_method import SmallGicp

    return SmallGicp(cone_model(applicator))


OURS = (
    Method("this project, no start", lambda case: _ours(case, None)),
    Method("this project, rough start", lambda case: _ours(case, case.start)),
)
RIVALS = (
    Method("Open3D ICP, rough start", _open3d_icp),
    Method("Open3D FPFH+RANSAC+ICP, no start", _open3d_features, is_slow=True),
    Method("small_gicp, rough start", _small_gicp),
)
