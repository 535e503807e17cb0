"""small_gicp's GICP, used as people use it: what this project is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.errors import ConfigurationError
from tracking.transforms import invert, orthonormalise

VOXEL_MM = 5.0  # as for Open3D: finer costs time and is no better here
RADIUS_MM = 15.0
MAX_ITERATIONS = 50


class SmallGicp:
    """The model's points with their tree, ready for frames.

    Raises
    ------
    ConfigurationError
        The library is not installed.
    """

    def __init__(self, model: ConeModel) -> None:
        self._library: Any = _library()
        self._target, self._tree = self._library.preprocess_points(
            model.surface_mm, downsampling_resolution=VOXEL_MM, num_threads=1
        )

    def align(self, points_camera_mm: Float, start: Float) -> Float | None:
        """Align from a start; None without overlap (which the library calls converged)."""
        source, _ = self._library.preprocess_points(
            points_camera_mm, downsampling_resolution=VOXEL_MM, num_threads=1
        )
        result = self._library.align(
            self._target,
            source,
            self._tree,
            invert(start),
            registration_type="GICP",
            max_correspondence_distance=RADIUS_MM,
            max_iterations=MAX_ITERATIONS,
            num_threads=1,
        )
        if result.num_inliers == 0:
            return None
        return invert(orthonormalise(np.array(result.T_target_source)))


def _library() -> Any:  # noqa: ANN401 - an SDK's own module
    try:
        import small_gicp
    except ImportError as missing:
        raise ConfigurationError(
            "small_gicp is not installed: the benchmark compares with it.",
            remedy="Run `make setup`; it installs what is needed for development too.",
        ) from missing
    return small_gicp
