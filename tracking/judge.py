"""From a refined pose to a registration that may be believed, or a status that says why not."""

from __future__ import annotations

from tracking.dimensions import measure_dimensions
from tracking.form import form_error
from tracking.frame_view import FrameView, upside_down_cost
from tracking.one_object import explain
from tracking.pose_covariance import assess, without_slide
from tracking.refine import Refined, slide_is_disputed
from tracking.registration import Registration, RegistrationStatus

MIN_IDENTIFYING_INLIERS = 0.96  # a neighbouring diameter, fitted as planned, keeps up to 0.94


def judge(view: FrameView, refined: Refined) -> Registration:
    """Covariance, status and dimensions of a refined pose.

    Fails to: a status that is not OK, or no dimensions where the form is not the cone's.
    """
    applicator = view.model.applicator
    registration = assess(applicator, view.pixels, refined, view.noise)
    if registration.camera_from_applicator is None:
        return registration
    if slide_is_disputed(refined.depth):
        registration = without_slide(registration)
    form = form_error(applicator, refined.depth, refined.inflation)
    if form.is_gross:
        return registration.with_status(RegistrationStatus.NOT_THE_APPLICATOR)
    if not registration.is_ok:
        return registration
    if registration.inlier_fraction < MIN_IDENTIFYING_INLIERS or not form.is_sound:
        return registration
    dimensions = measure_dimensions(applicator, refined, view.quality, view.intrinsics)
    return registration.with_dimensions(dimensions)


def alone(view: FrameView, registration: Registration) -> Registration:
    """The registration, or the status of a view whose applicator pixels one cone cannot explain."""
    if registration.camera_from_applicator is None:
        return registration
    status = explain(
        view.model,
        registration,
        view.segmentation,
        view.depth_mm,
        view.intrinsics,
        view.noise,
    ).status
    return registration if status is None else registration.with_status(status)


def rank(view: FrameView, registration: Registration) -> tuple[bool, float]:
    """Sorts registrations of one view, best first."""
    pose = registration.camera_from_applicator
    if pose is None:
        return not registration.is_ok, float("inf")
    return not registration.is_ok, view.disagreement(pose) + upside_down_cost(pose)
