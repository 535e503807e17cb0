"""Which part of the bed a search for the survey map is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Bool, Float
from tracking.survey_samples import SurveySamples
from tracking.transforms import invert, transform_points

NEAR_RADII = 3.0  # from the axis, in cone radii: this bed is taken as rigid


@dataclass(frozen=True, eq=False)
class Around:
    """What the bed lies around: a registered cone, or the bed's own middle before it came."""

    centre_camera_mm: Float
    axis_camera: Float
    reach_mm: float

    @staticmethod
    def cone(applicator: Applicator, camera_from_applicator: Float) -> Around:
        """Around a registered cone."""
        reach_mm = NEAR_RADII * applicator.outer_radius_mm
        return Around(camera_from_applicator[:3, 3], camera_from_applicator[:3, 2], reach_mm)

    @staticmethod
    def middle(samples: SurveySamples, survey_from_camera: Float) -> Around:
        """Around the middle of the map's bed."""
        camera_from_survey = invert(survey_from_camera)
        if not samples.is_bed.any():
            return Around(camera_from_survey[:3, 3], camera_from_survey[:3, 2], np.inf)
        points = transform_points(camera_from_survey, samples.points_mm[samples.is_bed])
        normals = samples.planes_per_mm[samples.is_bed] @ camera_from_survey[:3, :3].T
        normal = normals.mean(axis=0)
        return Around(points.mean(axis=0), -normal / np.linalg.norm(normal), np.inf)

    def holds(self, points_camera_mm: Float) -> Bool:
        """Which points (n, 3) lie within reach of the axis."""
        levers = points_camera_mm - self.centre_camera_mm
        along = levers @ self.axis_camera
        squares = np.einsum("ni,ni->n", levers, levers) - along**2
        within: Bool = squares < self.reach_mm**2
        return within
