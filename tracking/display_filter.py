"""Steadies the drawn cone: a Kalman filter on poses, for the display only.

The verdict, the measurements, the records and the next frame's prior never see it: an import
contract holds that only the drawing may use this module. State and covariance are those of a
random walk in the six directions of `tracking.pose_change`, weighted by each registration's
covariance. Whitened innovations over the last frames tell motion from noise: real motion is shown
at once, as measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from tracking.arrays import Float
from tracking.pose_change import changed_pose, pose_change
from tracking.registration import PoseStart, Registration
from tracking.transforms import rotation_between

MAX_GAP_NS = 200_000_000  # longer, and the picture before says nothing about this one
# A docked cone drifts by about this in a second; quicker motion is told by its innovations.
DRIFT_MM, DRIFT_RAD = 0.03, float(np.radians(0.006))  # per root of a second
WINDOWS = (1, 2, 4, 8)  # frames whose innovations are added up: a step shows in 1, a drift in 8
# Of noise being taken for motion, per window and frame: it costs ten frames' calm, whereas a lower
# one lets a step of five sigma wait for a third frame.
MOTION_PROBABILITY = 1e-3
# A slide that cannot be told is smoothed by a fixed time: noise and motion look alike there.
UNTOLD_SLIDE_S = 0.1
TOWARDS_CAMERA = np.array([0.0, 0.0, -1.0])  # where a cone's axis points, more or less
UNKNOWN_MM, UNKNOWN_RAD = 100.0, float(np.pi)  # what is told first is taken as it is


@dataclass(frozen=True, eq=False)
class DisplayState:
    """The pose to draw, and what the filter remembers.

    Attributes
    ----------
    covariance : (6, 6)
        Of the drawn pose, in the order and axes of `Registration.covariance`.
    innovations : tuple of (m,)
        Whitened, of the frames since the last restart, newest last; m told directions.
    """

    camera_from_applicator: Float
    covariance: Float
    innovations: tuple[Float, ...]
    stamp_ns: int


@dataclass(frozen=True, eq=False)
class _Directions:
    """Told directions as rows (m, 6), and the untold ones, None where they are told."""

    told: Float
    slide: Float | None
    roll: Float | None


def follow(
    state: DisplayState | None, registration: Registration, stamp_ns: int
) -> DisplayState | None:
    """Take one frame; None where there is no pose to trust.

    Starts anew where the pose was searched anew, after a gap, and on motion.
    """
    pose, covariance = registration.camera_from_applicator, registration.covariance
    if not registration.is_ok or pose is None or covariance is None:
        return None
    unknown = _with_unknown(covariance, _directions(registration, pose))
    fresh = DisplayState(pose, unknown, (), stamp_ns)
    is_continued = registration.start is PoseStart.TRACKED
    if state is None or not is_continued or not 0 < stamp_ns - state.stamp_ns <= MAX_GAP_NS:
        return fresh
    drawn = _directions(registration, state.camera_from_applicator)
    return _updated(state, fresh, covariance, drawn)


def _updated(
    state: DisplayState, fresh: DisplayState, covariance: Float, directions: _Directions
) -> DisplayState:
    dt_s = (fresh.stamp_ns - state.stamp_ns) / 1e9
    drift = np.diag([DRIFT_RAD**2] * 3 + [DRIFT_MM**2] * 3) * dt_s
    change = pose_change(state.camera_from_applicator, fresh.camera_from_applicator)
    told = directions.told
    predicted = told @ (state.covariance + drift) @ told.T
    expected = predicted + told @ covariance @ told.T
    innovation = told @ change
    whitened = np.linalg.solve(np.linalg.cholesky(expected), innovation)
    before = tuple(past for past in state.innovations if len(past) == len(whitened))
    innovations = (*before, whitened)[-max(WINDOWS) :]
    is_moving = _is_moving(innovations)
    gain = np.eye(len(told)) if is_moving else np.linalg.solve(expected, predicted).T
    step = told.T @ (gain @ innovation)
    if directions.slide is not None:
        slide_gain = 1.0 if is_moving else 1.0 - np.exp(-dt_s / UNTOLD_SLIDE_S)
        step = step + slide_gain * float(directions.slide @ change) * directions.slide
    pose = changed_pose(state.camera_from_applicator, step)  # an untold roll stays as it was
    if is_moving:
        return DisplayState(pose, fresh.covariance, (), fresh.stamp_ns)
    after = told.T @ (predicted - gain @ predicted) @ told
    after = _with_unknown((after + after.T) / 2, directions)
    return DisplayState(pose, after, innovations, fresh.stamp_ns)


def _is_moving(innovations: tuple[Float, ...]) -> bool:
    """Whether the innovations of some window add up to more than noise would."""
    limit = float(chdtri(len(innovations[-1]), MOTION_PROBABILITY))
    for n_frames in WINDOWS:
        recent = innovations[-n_frames:]
        total = np.sum(recent, axis=0)
        if float(total @ total) > limit * len(recent):
            return True
    return False


def _directions(registration: Registration, camera_from_applicator: Float) -> _Directions:
    """What the registration tells, in directions of a pose.

    Those across the axis follow the camera's, not the pose's own: its roll may be free.
    """
    axis, none = camera_from_applicator[:3, 2], np.zeros(3)
    first = rotation_between(TOWARDS_CAMERA, axis)[:, 0]
    across = (first, np.cross(axis, first))
    told = [np.concatenate([turn, none]) for turn in across]
    told += [np.concatenate([none, shift]) for shift in across]
    slide, roll = np.concatenate([none, axis]), np.concatenate([axis, none])
    if registration.axial_observable:
        told.append(slide)
    if registration.roll_observable:
        told.append(roll)
    return _Directions(
        np.array(told),
        None if registration.axial_observable else slide,
        None if registration.roll_observable else roll,
    )


def _with_unknown(covariance: Float, directions: _Directions) -> Float:
    """The covariance of the told directions, with the untold ones unknown."""
    keep = directions.told.T @ directions.told
    result: Float = keep @ covariance @ keep
    if directions.slide is not None:
        result = result + UNKNOWN_MM**2 * np.outer(directions.slide, directions.slide)
    if directions.roll is not None:
        result = result + UNKNOWN_RAD**2 * np.outer(directions.roll, directions.roll)
    return result
