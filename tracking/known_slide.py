"""Hold a registration's slide along the axis against slid poses of the same view."""

from __future__ import annotations

from tracking.arrays import Float
from tracking.frame_view import FrameView
from tracking.judge import judge
from tracking.pose_covariance import slide_sigma_mm, without_slide
from tracking.pose_score import contradictions, score_pixels
from tracking.registration import Registration
from tracking.slide import SURE_SIGMA_MM, rival_slides, slid

N_SLIDE_PIXELS = 4000


def with_known_slide(view: FrameView, result: Registration) -> Registration:
    """Hold the slide against slid poses, where it may sit in a wrong dip; else it is unknown."""
    if result.camera_from_applicator is None or slide_sigma_mm(result) <= SURE_SIGMA_MM:
        return result
    pixels = score_pixels(
        view.segmentation.labels, view.depth_mm, view.intrinsics, None, N_SLIDE_PIXELS
    )
    spread = result.residual_spread or 1.0

    def count(pose: Float) -> float:
        return contradictions(view.model, pose, pixels, view.tolerance_mm(pose, spread))

    step, has_rival = rival_slides(result.camera_from_applicator, count)
    if step != 0.0:
        start = slid(result.camera_from_applicator, step)
        moved = judge(view, view.refine(start))
        if moved.camera_from_applicator is None:
            return without_slide(result)
        result = moved.with_start(result.start)
        _, has_rival = rival_slides(moved.camera_from_applicator, count)
    return without_slide(result) if has_rival else result
