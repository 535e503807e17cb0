"""What the plan's outlines have become: pieces of surface that the survey map carries.

An outline waits for its frame, is put onto the surface there once, and is lost with the survey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.area import MarkedArea, mark_area
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.frame import RgbdFrame
from tracking.outline import Outline
from tracking.plan import Plan
from tracking.segmentation import Segmentation
from tracking.survey_alignment import AlignedSurvey

AREA_AT_RISK = "area_at_risk"


@dataclass(frozen=True)
class Marks:
    """Marked areas by name, in the survey space of frame `origin_frame_index`.

    An outline of the plan without an entry is not placed (yet).
    """

    areas: tuple[tuple[str, MarkedArea], ...] = ()
    origin_frame_index: int | None = None

    def area(self, name: str) -> MarkedArea | None:
        """The marked area of that name; None while it is not placed."""
        return next((area for placed, area in self.areas if placed == name), None)

    def with_areas(self, areas: tuple[tuple[str, MarkedArea], ...], origin: int) -> Marks:
        """The same with areas placed in the survey of frame `origin`; of a name the new one."""
        kept = self.areas if self.origin_frame_index == origin else ()
        names = {name for name, _ in areas}
        return Marks((*(entry for entry in kept if entry[0] not in names), *areas), origin)


def keep_out_name(name: str) -> str:
    """Name of the marked area of a structure to keep out."""
    return f"keep_out.{name}"


def outlines_of(plan: Plan) -> tuple[tuple[str, Outline], ...]:
    """(name, outline) of everything that the plan marks."""
    keep_out = tuple((keep_out_name(name), outline) for name, outline in plan.keep_out)
    if plan.area_at_risk is None:
        return keep_out
    return ((AREA_AT_RISK, plan.area_at_risk), *keep_out)


def check_outlines(plan: Plan, intrinsics: CameraIntrinsics) -> None:
    """Raise ConfigurationError where an outline of the plan leaves the picture of a source."""
    for name, outline in outlines_of(plan):
        outline.require_inside(intrinsics, f"The outline [{name}]")


def updated_marks(
    marks: Marks,
    plan: Plan,
    frame: RgbdFrame,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    noise: DepthNoise,
    survey: AlignedSurvey,
) -> Marks:
    """Marks after this frame: those drawn on it are placed, those of another survey dropped.

    `depth_mm` is corrected for the rig's bias.
    """
    origin = None if survey.survey is None else survey.survey.origin_frame_index
    if origin != marks.origin_frame_index:
        marks = Marks((), origin)
    for name, outline in outlines_of(plan):
        if outline.frame_index != frame.frame_index:
            continue
        area = _place(outline, frame, segmentation, depth_mm, noise, survey)
        if area is not None:
            marks = Marks((*marks.areas, (name, area)), origin)
    return marks


def _place(
    outline: Outline,
    frame: RgbdFrame,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    noise: DepthNoise,
    survey: AlignedSurvey,
) -> MarkedArea | None:
    """Onto the map's bed, where it has less noise; else onto the bed as this frame sees it."""
    if not survey.is_ok or survey.survey is None:
        return None
    intrinsics, cells = frame.intrinsics, survey.survey.is_bed
    points = survey.points_camera_mm(cells)
    sigma = noise.sigma_mm(points[:, 2], intrinsics.fx)
    sigma = sigma * np.sqrt(survey.survey.noise_share(cells))
    area = mark_area(outline, points, sigma, noise.correlation_px, intrinsics, survey)
    if area is not None:
        return area
    seen = segmentation.bed_mask & (depth_mm > 0)
    points = intrinsics.ray_grid[seen] * depth_mm[seen].astype(np.float64)[:, None]
    sigma = noise.sigma_mm(points[:, 2], intrinsics.fx)
    return mark_area(outline, points, sigma, noise.correlation_px, intrinsics, survey)
