"""The survey over time: fused while no applicator is in view, found again once one is.

A pure function of a frame and of what is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracking.applicator import Applicator
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label, Segmentation
from tracking.survey_agreement import Stretches
from tracking.survey_alignment import AlignedSurvey
from tracking.survey_around import Around
from tracking.survey_fusion import fused, started
from tracking.survey_map import SurveyMap
from tracking.survey_rest import Rest
from tracking.survey_samples import SurveySamples, survey_samples
from tracking.survey_search import Start, find_survey
from tracking.survey_terms import LiveView, live_view

MIN_BED_PX = 2000  # a bed of 30 mm radius at 0.6 m shows as many
MAX_REFUSED = 15  # frames without cone that do not fit the map: after them it begins anew


@dataclass(frozen=True, eq=False)
class SurveyMemory:
    """What is remembered between frames: the map, where it lay, and what did not fit it.

    `surroundings_from_camera`: where the map lay by what surrounds the bed. `stretches`: of bed
    around a cone in the last frame, `rest`: where the map rests since a cone is in view; None
    where the last frame showed none.
    """

    survey: SurveyMap | None = None
    samples: SurveySamples | None = None
    survey_from_camera: Float | None = None
    surroundings_from_camera: Float | None = None
    n_refused: int = 0
    stretches: Stretches | None = None
    rest: Rest | None = None


def observe(
    memory: SurveyMemory,
    frame_index: int,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    applicator: Applicator,
    registration: Registration,
    *,
    color_rgb: UInt8 | None = None,
) -> tuple[AlignedSurvey, SurveyMemory]:
    """Take one frame in; `depth_mm` is corrected for the rig's bias."""
    has_cone = registration.status is not RegistrationStatus.NO_APPLICATOR
    survey, samples, pose = memory.survey, memory.samples, memory.survey_from_camera
    if survey is None and (has_cone or not _shows_bed(segmentation)):
        return AlignedSurvey(), memory
    view = live_view(segmentation.labels, depth_mm, intrinsics, noise, color_rgb)
    if survey is None or samples is None or pose is None:
        return AlignedSurvey(), _begin(frame_index, view)
    if has_cone and not survey.is_usable:
        return AlignedSurvey(), SurveyMemory()
    around = _around(applicator, registration, samples, pose)
    start = Start(pose, memory.surroundings_from_camera)
    if has_cone:
        return _around_cone(memory, survey, samples, start, view, around)
    aligned = find_survey(survey, samples, start, view, around)
    if aligned.is_ok:
        memory = _with_frame(survey, aligned, view)
    elif memory.n_refused + 1 >= MAX_REFUSED and _shows_bed(segmentation):
        memory = _begin(frame_index, view)
    else:
        memory = SurveyMemory(
            survey, samples, *_poses(start, aligned), n_refused=memory.n_refused + 1
        )
    return aligned if survey.is_usable else AlignedSurvey(), memory


def _around_cone(
    memory: SurveyMemory,
    survey: SurveyMap,
    samples: SurveySamples,
    start: Start,
    view: LiveView,
    around: Around,
) -> tuple[AlignedSurvey, SurveyMemory]:
    """Find the map around a cone; the map itself stays as it is."""
    was_at = start.survey_from_camera
    rest = memory.rest or Rest(was_at)
    start = replace(start, rest=rest.survey_from_camera, stretches=memory.stretches)
    aligned = find_survey(survey, samples, start, view, around)
    if rest.loses(aligned):
        if rest.survey_from_camera is not was_at:
            aligned = find_survey(survey, samples, replace(start, rest=None), view, around)
        rest = Rest(was_at, max(aligned.n_untold, rest.n_untold))
    rest = rest.after(aligned)
    pose, surroundings = _poses(start, aligned)
    memory = SurveyMemory(
        survey, samples, pose, surroundings, stretches=aligned.stretches, rest=rest
    )
    return aligned, memory


def _poses(start: Start, aligned: AlignedSurvey) -> tuple[Float, Float | None]:
    """Where the map lies and where by its surroundings; as before where it was not found."""
    if aligned.survey_from_camera is None:
        return start.survey_from_camera, start.surroundings_from_camera
    return aligned.survey_from_camera, aligned.surroundings_from_camera


def _shows_bed(segmentation: Segmentation) -> bool:
    return int(np.count_nonzero(segmentation.labels == Label.TUMOR_BED.value)) >= MIN_BED_PX


def _begin(frame_index: int, view: LiveView) -> SurveyMemory:
    survey = started(frame_index, view)
    return SurveyMemory(survey, survey_samples(survey, view.noise), np.eye(4))


def _with_frame(survey: SurveyMap, aligned: AlignedSurvey, view: LiveView) -> SurveyMemory:
    pose, surroundings = aligned.survey_from_camera, aligned.surroundings_from_camera
    if pose is None:
        raise ValueError(f"no pose to fuse at: {aligned.status}")
    grown = fused(survey, pose, view, surroundings)
    return SurveyMemory(grown, survey_samples(grown, view.noise), pose, surroundings)


def _around(
    applicator: Applicator, registration: Registration, samples: SurveySamples, start: Float
) -> Around:
    pose = registration.camera_from_applicator
    if registration.is_ok and pose is not None:
        return Around.cone(applicator, pose)
    return Around.middle(samples, start)
