"""A frame's ground truth as JSON, in sessions and beside BOP folders."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from tracking.frame import GroundTruth


class TruthRecord(BaseModel):
    """`GroundTruth` as JSON; a pose is four rows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    camera_from_applicator: tuple[tuple[float, ...], ...] | None
    quantities: dict[str, float]
    axis_bound_deg: float | None
    exit_bound_mm: float | None
    phase: str

    @staticmethod
    def of(truth: GroundTruth) -> TruthRecord:
        """Take the values of a ground truth."""
        pose = truth.camera_from_applicator
        return TruthRecord(
            camera_from_applicator=None if pose is None else tuple(map(tuple, pose.tolist())),
            quantities=dict(truth.quantities),
            axis_bound_deg=truth.axis_bound_deg,
            exit_bound_mm=truth.exit_bound_mm,
            phase=truth.phase,
        )

    def ground_truth(self) -> GroundTruth:
        """Return the ground truth; ValueError where its pose is not rigid."""
        pose = self.camera_from_applicator
        return GroundTruth(
            camera_from_applicator=None if pose is None else np.array(pose),
            quantities=dict(self.quantities),
            axis_bound_deg=self.axis_bound_deg,
            exit_bound_mm=self.exit_bound_mm,
            phase=self.phase,
        )
