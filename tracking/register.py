"""Register the cone in one frame: from its pixels to a pose that can be believed, or a status.

Fails to: a status without OK. Never an exception for what a camera can show.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tracking.applicator_pixels import ApplicatorPixels, select_pixels
from tracking.arrays import Bool, Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.cone_models import ConeModels
from tracking.contour import Outline, outline_of
from tracking.depth_noise import DepthNoise
from tracking.first_search import find_starts
from tracking.frame_view import FrameView, upside_down_cost
from tracking.hiding import with_hiding_background
from tracking.judge import alone, judge, rank
from tracking.known_roll import is_turned, with_known_roll
from tracking.known_slide import with_known_slide
from tracking.matting import PartlyMatted, matted_outline, needs_matting
from tracking.measurable import unmeasurable
from tracking.recognise import recognised
from tracking.registration import PoseStart, Registration, RegistrationStatus
from tracking.segmentation import OutlineQuality, Segmentation

MIN_MASK_PX = 150  # smaller is a speck: a 30 mm cone at 1 m shows over 3000
MIN_SAMPLES = 60


def register(
    model: ConeModel,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    prior: Float | None = None,
    color_rgb: UInt8 | None = None,
    *,
    models: ConeModels | None = None,
    hidden_rim: Bool | None = None,
) -> Registration:
    """Register the cone; `depth_mm` is corrected for the rig's bias.

    Parameters
    ----------
    prior : (4, 4) camera_from_applicator of the previous frame, optional
        Only where the search starts. A prior that does not hold is dropped.
    color_rgb : (height, width, 3), optional
        Sharpens the outline of labels that are not exact.
    models : ConeModels, optional
        What else may be in view: where the image does not show `model`, the nearest others are
        fitted too, and `dimensions` are those of the one that fits.
    hidden_rim : (N_CURVE_POINTS,), optional
        Points of the exit's edge at the prior that the bed hides (`rim_sight`).
    """
    if not segmentation.labels.shape == depth_mm.shape == intrinsics.shape:
        raise ValueError(
            f"labels {segmentation.labels.shape}, depth {depth_mm.shape} and camera "
            f"{intrinsics.shape} are of one size"
        )
    segmentation = with_hiding_background(segmentation, depth_mm, intrinsics, noise)
    pixels = select_pixels(
        segmentation.applicator_mask, depth_mm, intrinsics, noise, segmentation.applicator_box
    )
    status = _unmeasurable(pixels, segmentation, depth_mm, intrinsics, noise)
    outline, quality = _outline(segmentation, color_rgb)
    if status is not None or outline is None:
        return Registration(status or RegistrationStatus.NO_APPLICATOR, excluded=pixels.excluded)
    view = FrameView(
        model,
        intrinsics,
        noise,
        segmentation,
        depth_mm,
        pixels,
        outline,
        quality,
        hidden_rim,
    )
    found = _found(view, prior)
    return found if models is None else recognised(view, found, models, prior)


def _found(view: FrameView, prior: Float | None) -> Registration:
    """The registration tracked from the prior, or else from a search."""
    if prior is not None and upside_down_cost(prior) == 0.0:
        tracked = judge(view, view.refine(prior))
        pose = tracked.camera_from_applicator
        is_new = pose is not None and is_turned(prior, pose)
        tracked = _with_known_rest(view, tracked, is_new=is_new)
        tracked = alone(view, tracked).with_start(PoseStart.TRACKED)
        if tracked.is_ok:
            return tracked
    view = replace(view, hidden_rim=None)  # it is told for the prior's roll
    results = [judge(view, view.refine(start)) for start in find_starts(view)]
    if not results:
        return Registration(RegistrationStatus.NOT_CONVERGED, excluded=view.pixels.excluded)
    best = min(results, key=lambda result: rank(view, result))
    return alone(view, _with_known_rest(view, best, is_new=True))


def _with_known_rest(view: FrameView, registration: Registration, *, is_new: bool) -> Registration:
    """Slide and roll as far as the view really tells them; `is_new`: the roll, see there."""
    return with_known_roll(view, with_known_slide(view, registration), is_new=is_new)


def _unmeasurable(
    pixels: ApplicatorPixels,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> RegistrationStatus | None:
    if pixels.n_mask < MIN_MASK_PX:
        return RegistrationStatus.NO_APPLICATOR
    status = unmeasurable(
        segmentation.applicator_mask,
        depth_mm,
        intrinsics,
        noise,
        segmentation.labels,
        segmentation.applicator_box,
    )
    if status is None and len(pixels.depth_mm) < MIN_SAMPLES:
        return RegistrationStatus.TOO_FEW_POINTS
    return status


def _outline(
    segmentation: Segmentation, color_rgb: UInt8 | None
) -> tuple[Outline | None, OutlineQuality]:
    labels, quality = segmentation.labels, segmentation.edge_quality
    box = segmentation.applicator_box
    if color_rgb is not None and needs_matting(quality):
        matted = matted_outline(labels, color_rgb, box)
        if matted is not None:
            return matted, PartlyMatted(quality)
    return outline_of(labels, box), quality
