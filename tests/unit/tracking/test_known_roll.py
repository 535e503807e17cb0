"""A roll that is sought anew: the rim's form decides, and where it cannot, nothing is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import View, bed_coefficients, make_applicator, make_view, pose_looking_at
from tests.builders_views import make_frame_view, sure_registration
from tracking.arrays import Float
from tracking.frame_view import FrameView
from tracking.judge import judge
from tracking.known_roll import is_turned, with_known_roll
from tracking.pose_covariance import without_roll, without_slide
from tracking.registration import Dimensions, Registration, RegistrationStatus
from tracking.segmentation import EdgeQuality
from tracking.slide import slid
from tracking.transforms import invert, rigid, rotation_from_vector

CONE = make_applicator(60.0, 15.0)
QUALITY = EdgeQuality(sigma_px=0.2, correlation_px=4.0, bias_px=3.0)
WRONG_DEG = 45.0  # beyond what a roll may be off


def _view(azimuth_deg: float) -> View:
    """From the side, the ring out of the picture: slide and roll are the rim's alone to tell."""
    pose = pose_looking_at(430.0, 62.0, azimuth_deg, target_z_mm=10.0)
    return make_view(CONE, pose, seed=5, bed=bed_coefficients(CONE, 90.0))


def _sought(view: View, turn_deg: float) -> tuple[FrameView, Registration]:
    """A registration of a turned pose that leaves roll and slide open."""
    seen = replace(make_frame_view(view), quality=QUALITY)
    turned = _turned(view, turn_deg)
    start = replace(sure_registration(view), camera_from_applicator=turned)
    return seen, without_slide(without_roll(start))


def _turned(view: View, turn_deg: float) -> Float:
    """The true pose turned by so much, slid until the rim's nearest point is where it was."""
    truth = view.camera_from_applicator
    camera = invert(truth)[:3, 3]
    azimuth, turn = np.arctan2(camera[1], camera[0]), np.radians(turn_deg)
    slide_mm = CONE.bevel_rise_mm * float(np.cos(azimuth - turn) - np.cos(azimuth))
    rolled = truth @ rigid(rotation_from_vector([0.0, 0.0, turn]), np.zeros(3))
    return slid(rolled, slide_mm)


def _off(found: Registration, truth: Float) -> tuple[float, float]:
    """How far roll (deg) and slide (mm) are off."""
    assert found.camera_from_applicator is not None
    change = invert(truth) @ found.camera_from_applicator
    return float(np.degrees(np.arctan2(change[1, 0], change[0, 0]))), float(change[2, 3])


@pytest.mark.parametrize("azimuth_deg", [0.0, 60.0, 120.0, 180.0, 240.0, 300.0])
@pytest.mark.parametrize("turn_deg", [0.0, 90.0, 136.0, 180.0, -120.0])
def test_a_roll_is_found_or_stays_open_but_is_never_told_wrong(
    azimuth_deg: float, turn_deg: float
) -> None:
    view = _view(azimuth_deg)
    found = with_known_roll(*_sought(view, turn_deg))
    if found.is_ok and found.roll_observable:
        roll_deg, slide_mm = _off(found, view.camera_from_applicator)
        assert abs(roll_deg) < WRONG_DEG
        if found.axial_observable:
            assert abs(slide_mm) < 3.0


def test_the_rim_s_form_decides_and_not_which_roll_is_tried_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n_told = 0
    for azimuth_deg in (0.0, 60.0, 120.0, 180.0, 240.0, 300.0):
        view = _view(azimuth_deg)
        starts = [_turned(view, turn_deg) for turn_deg in (136.0, -136.0, 0.0)]
        monkeypatch.setattr("tracking.known_roll.rolled", lambda *_, starts=starts: starts)
        found = with_known_roll(*_sought(view, 136.0))
        if found.is_ok and found.roll_observable:
            n_told += 1
            assert abs(_off(found, view.camera_from_applicator)[0]) < WRONG_DEG
    assert n_told >= 3


def test_a_roll_that_cannot_be_believed_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    view = _view(60.0)
    seen, start = _sought(view, 0.0)
    assert with_known_roll(seen, start).roll_observable
    monkeypatch.setattr(
        "tracking.known_roll.judge",
        lambda *taken: judge(*taken).with_status(RegistrationStatus.POOR_FIT),
    )
    assert not with_known_roll(seen, start).roll_observable


def _claimed(view: View, turn_deg: float, sigma_mm: float) -> tuple[FrameView, Registration]:
    """A registration that claims a turned pose: a rim that leans its way, a slide so well known."""
    start = replace(
        sure_registration(view),
        camera_from_applicator=_turned(view, turn_deg),
        dimensions=Dimensions(CONE.inner_diameter_mm, 0.1, CONE.bevel_deg, 0.3),
        covariance=np.diag([1e-6] * 3 + [sigma_mm**2] * 3),
    )
    return replace(make_frame_view(view), quality=QUALITY), start


@pytest.mark.parametrize("azimuth_deg", [0.0, 60.0, 120.0, 180.0, 240.0, 300.0])
def test_a_new_roll_that_the_rim_alone_tells_is_held_against_others(azimuth_deg: float) -> None:
    view = _view(azimuth_deg)
    seen, claimed = _claimed(view, 136.0, 0.5)
    found = with_known_roll(seen, claimed, is_new=True)
    if found.roll_observable:
        assert abs(_off(found, view.camera_from_applicator)[0]) < WRONG_DEG
    else:
        assert not found.axial_observable


def test_a_new_roll_with_a_rival_is_not_told_and_its_slide_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tracking.known_roll._is_rival", lambda *_: True)
    found = with_known_roll(*_claimed(_view(60.0), 0.0, 0.5), is_new=True)
    assert not found.roll_observable
    assert not found.axial_observable


def test_a_roll_of_the_frame_before_and_one_with_a_known_slide_are_not_sought_anew() -> None:
    view = _view(60.0)
    for sigma_mm, is_new in ((0.5, False), (0.1, True)):
        seen, claimed = _claimed(view, 136.0, sigma_mm)
        found = with_known_roll(seen, claimed, is_new=is_new)
        assert found.camera_from_applicator is not None
        assert np.allclose(found.camera_from_applicator, _turned(view, 136.0))
        assert found.roll_observable


@pytest.mark.parametrize(("turn_deg", "expected"), [(0.0, False), (-15.0, False), (25.0, True)])
def test_a_pose_is_turned_beyond_twenty_degrees(turn_deg: float, expected: bool) -> None:
    view = _view(60.0)
    assert is_turned(view.camera_from_applicator, _turned(view, turn_deg)) is expected
