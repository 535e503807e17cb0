"""Where the survey map lies in the live frame.

The value that everything else measures with; `survey_search` finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tracking.arrays import Float, finite_array
from tracking.survey_agreement import Stretches
from tracking.survey_map import Cells, SurveyMap
from tracking.transforms import check_transform, invert, transform_points


class SurveyStatus(StrEnum):
    """Whether the survey may be measured with, or why not."""

    NONE = "NONE"  # no survey was taken
    OK = "OK"
    STALE = "STALE"  # what is seen of it around the cone lies elsewhere now
    LOST = "LOST"  # too little of it is seen in this frame to tell where it lies


@dataclass(frozen=True, eq=False)
class AlignedSurvey:
    """The survey map as it lies in one live frame.

    Attributes
    ----------
    survey : SurveyMap or None
        None exactly where the status is NONE.
    survey_from_camera : (4, 4) or None
        Camera: of the live frame. None where the status is NONE or LOST.
    surroundings_from_camera : (4, 4) or None
        The same as what surrounds the bed tells it: the two breathe apart.
    covariance : (6, 6) or None
        Of the small motion (rx, ry, rz in rad, tx, ty, tz in mm) in camera axes about
        `pivot_camera_mm` that carries the map, as placed, to where it truly is.
    agreement_mm : float or None
        Largest mean difference, along the bed's normal, of a stretch of bed around the rim.
    bending_mm : float
        What those differences scatter beyond their noise: the bed has changed shape.
    in_plane_observable : bool
        Whether sliding and turning of the map within the bed's surface can be told.
    n_untold : int
        Directions, of six, in which nothing tells where the map lies.
    n_points : int
        Pixels that were compared.
    stretches : Stretches or None
        Of bed around the rim, for the comparison with the next frame.
    """

    status: SurveyStatus = SurveyStatus.NONE
    survey: SurveyMap | None = None
    survey_from_camera: Float | None = None
    surroundings_from_camera: Float | None = None
    covariance: Float | None = None
    pivot_camera_mm: Float | None = None
    agreement_mm: float | None = None
    bending_mm: float = 0.0
    in_plane_observable: bool = False
    n_untold: int = 0
    n_points: int = 0
    stretches: Stretches | None = None

    def __post_init__(self) -> None:
        if (self.survey is None) != (self.status is SurveyStatus.NONE):
            raise ValueError(f"a survey that is {self.status} needs a map, and only that")
        parts = (self.survey_from_camera, self.covariance, self.pivot_camera_mm)
        if len({part is None for part in parts}) != 1:
            raise ValueError("a pose comes with its covariance and pivot, and no pose with none")
        if self.survey_from_camera is None:
            if self.status is SurveyStatus.OK:
                raise ValueError("status OK needs a pose")
            return
        pose = check_transform("survey_from_camera", self.survey_from_camera)
        object.__setattr__(self, "survey_from_camera", pose)
        for name, shape in (("covariance", (6, 6)), ("pivot_camera_mm", (3,))):
            object.__setattr__(self, name, finite_array(name, getattr(self, name), shape))

    @property
    def is_ok(self) -> bool:
        """Whether the map may be measured with in this frame."""
        return self.status is SurveyStatus.OK

    def points_camera_mm(self, cells: Cells) -> Float:
        """Points (n, 3) of chosen known cells of the map, row by row, live camera space."""
        if self.survey is None or self.survey_from_camera is None:
            raise ValueError(f"no survey to place: {self.status}")
        points = self.survey.points_survey_mm(cells)
        return transform_points(invert(self.survey_from_camera), points)

    def motion_of(self, points_camera_mm: Float) -> Float:
        """How points (n, 3) follow the small motion of `covariance`, (n, 3, 6)."""
        if self.pivot_camera_mm is None:
            raise ValueError(f"no survey to move: {self.status}")
        x, y, z = (points_camera_mm - self.pivot_camera_mm).T
        motion = np.zeros((len(x), 3, 6))
        motion[:, 0, 1], motion[:, 0, 2] = z, -y
        motion[:, 1, 0], motion[:, 1, 2] = -z, x
        motion[:, 2, 0], motion[:, 2, 1] = y, -x
        motion[:, [0, 1, 2], [3, 4, 5]] = 1.0
        return motion
