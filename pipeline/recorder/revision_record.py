"""A revision of the plan that was approved during a session, as its recording keeps it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipeline.config.load import RunConfig
from pipeline.config.plan_file import parse_plan
from tracking.area import MarkedArea
from tracking.marks import Marks

Rows = list[list[float]]


class AreaRecord(BaseModel):
    """`MarkedArea` by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    points_survey_mm: Rows
    weights: list[float]
    spacing_mm: float
    covariance_mm2: Rows


class RevisionRecord(BaseModel):
    """The plan as it was approved, and the areas that were drawn, as they lie on the survey.

    `base_plan` is the id of the plan that the session was started with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    base_plan: str
    plan: str
    areas: list[AreaRecord]
    origin_frame_index: int | None

    @staticmethod
    def of(base: RunConfig, revised: RunConfig, marks: Marks) -> RevisionRecord:
        """Take what the tracker was revised to."""
        areas = [
            AreaRecord(
                name=name,
                points_survey_mm=area.points_survey_mm.tolist(),
                weights=area.weights.tolist(),
                spacing_mm=area.spacing_mm,
                covariance_mm2=area.covariance_mm2.tolist(),
            )
            for name, area in marks.areas
        ]
        return RevisionRecord(
            base_plan=base.plan.id,
            plan=revised.texts["plan"],
            areas=areas,
            origin_frame_index=marks.origin_frame_index,
        )

    def config(self, base: RunConfig) -> RunConfig:
        """`base` with the revised plan.

        Raises
        ------
        ConfigurationError
            The plan's text cannot be read.
        KeyError
            The catalogue does not have its applicator.
        """
        plan = parse_plan(self.plan, "the recording's revision")
        applicator = base.applicators[plan.applicator_id]
        return replace(
            base, plan=plan, applicator=applicator, texts={**base.texts, "plan": self.plan}
        )

    @property
    def marks(self) -> Marks:
        """The drawn areas. Raises ValueError where their numbers cannot be an area's."""
        areas = tuple(
            (
                area.name,
                MarkedArea(
                    points_survey_mm=np.array(area.points_survey_mm),
                    weights=np.array(area.weights),
                    spacing_mm=area.spacing_mm,
                    covariance_mm2=np.array(area.covariance_mm2),
                ),
            )
            for area in self.areas
        )
        return Marks(areas, self.origin_frame_index)
