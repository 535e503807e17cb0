"""What a camera can show and no cone explains: a status with a reason, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tests.tolerances import CONFIDENTLY_WRONG_AXIS_DEG, CONFIDENTLY_WRONG_EXIT_MM, K_SAFE
from tracking.arrays import Bool, Float
from tracking.cone_model import ConeModel
from tracking.register import register
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label
from tracking.transforms import angle_between_deg, rigid, rotation_from_vector

CONES = {
    "B15": make_applicator(60.0, 15.0),
    "B0": make_applicator(60.0, 0.0),
    "B30 tube": make_applicator(60.0, 30.0, has_ring=False),
}
cones = pytest.mark.parametrize("cone", CONES)
POSE = pose_looking_at(500.0, 35.0, 60.0)


@cache
def model_of(cone: str) -> ConeModel:
    return ConeModel(CONES[cone])


@cache
def view_of(cone: str) -> View:
    return make_view(CONES[cone], POSE, seed=1)


def run(view: View, cone: str, prior: Float | None = None) -> Registration:
    return register(
        model_of(cone), view.segmentation, view.depth_mm, view.intrinsics, view.noise, prior
    )


def keep(view: View, chosen: Callable[[Float, Float], Bool], otherwise: Label) -> View:
    """Only the applicator's pixels chosen by (u, v) keep their label."""
    labels = view.labels.copy()
    v, u = np.nonzero(labels == Label.APPLICATOR)
    dropped = ~chosen(u.astype(float), v.astype(float))
    labels[v[dropped], u[dropped]] = otherwise
    return replace(view, labels=labels)


def share(low: float, high: float, axis: str) -> Callable[[Float, Float], Bool]:
    def choose(u: Float, v: Float) -> Bool:
        values = u if axis == "u" else v
        chosen: Bool = (values >= np.quantile(values, low)) & (values <= np.quantile(values, high))
        return chosen

    return choose


def empty_mask(view: View) -> View:
    return keep(view, lambda u, _: u < 0, Label.OTHER)


def five_pixels(view: View) -> View:
    return keep(view, lambda u, _: np.arange(len(u)) < 5, Label.OTHER)


def no_depth(view: View) -> View:
    return replace(view, depth_mm=np.zeros_like(view.depth_mm))


def no_depth_on_the_cone(view: View) -> View:
    hole = view.labels == Label.APPLICATOR
    return replace(view, depth_mm=np.where(hole, np.float32(0), view.depth_mm))


def plane_in_the_cone_s_mask(view: View) -> View:
    height = view.intrinsics.ray_grid[..., 1]
    return replace(view, depth_mm=(500.0 + 200.0 * height).astype(np.float32))


def unit_times_ten(view: View) -> View:
    return replace(view, depth_mm=view.depth_mm * np.float32(10))


def unit_by_ten(view: View) -> View:
    return replace(view, depth_mm=view.depth_mm / np.float32(10))


def mask_beside_the_cone(view: View) -> View:
    return replace(view, labels=np.roll(view.labels, 250, axis=1))


def everything_at_five_metres(view: View) -> View:
    return replace(view, depth_mm=np.full_like(view.depth_mm, 5000.0))


def everything_is_applicator(view: View) -> View:
    return replace(view, labels=np.full_like(view.labels, Label.APPLICATOR))


def random_depth(view: View) -> View:
    depth = np.random.default_rng(0).uniform(300, 900, view.depth_mm.shape)
    return replace(view, depth_mm=depth.astype(np.float32))


@cones
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (empty_mask, RegistrationStatus.NO_APPLICATOR),
        (five_pixels, RegistrationStatus.NO_APPLICATOR),
        (no_depth, RegistrationStatus.DEPTH_MISSING),
        (no_depth_on_the_cone, RegistrationStatus.DEPTH_MISSING),
        # no step in depth between the mask and what surrounds it: looked through, or a picture
        (plane_in_the_cone_s_mask, RegistrationStatus.DEPTH_FALSE),
        (mask_beside_the_cone, RegistrationStatus.DEPTH_FALSE),
        (everything_at_five_metres, RegistrationStatus.DEPTH_FALSE),
        (random_depth, RegistrationStatus.DEPTH_FALSE),
        # depth that is smooth and stands off, but holds no cone of this size
        (unit_times_ten, RegistrationStatus.NOT_CONVERGED),
        (everything_is_applicator, RegistrationStatus.NOT_CONVERGED),
        # nearer than the camera's steepest believable surface allows between pixels
        (unit_by_ten, RegistrationStatus.TOO_FEW_POINTS),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
@pytest.mark.parametrize("has_prior", [False, True], ids=["first", "tracked"])
def test_what_is_no_cone_has_a_status(
    cone: str,
    spoil: Callable[[View], View],
    expected: RegistrationStatus,
    has_prior: bool,
) -> None:
    found = run(spoil(view_of(cone)), cone, POSE if has_prior else None)
    assert found.status is expected
    assert found.dimensions is None


@cones
@pytest.mark.parametrize("apart_mm", [(150.0, 0.0, 0.0), (70.0, 10.0, 40.0)])
def test_two_cones_in_one_mask_are_several(cone: str, apart_mm: tuple[float, float, float]) -> None:
    view = view_of(cone)
    second = POSE.copy()
    second[:3, 3] += apart_mm
    other = make_view(CONES[cone], second, seed=2)
    is_other = other.labels == Label.APPLICATOR
    in_front = is_other & ((other.depth_mm < view.depth_mm) | (view.labels != Label.APPLICATOR))
    both = replace(
        view,
        depth_mm=np.where(in_front, other.depth_mm, view.depth_mm),
        labels=np.where(is_other, np.uint8(Label.APPLICATOR), view.labels),
    )
    assert run(both, cone).status is RegistrationStatus.SEVERAL_APPLICATORS


def test_a_cone_without_the_ring_of_the_planned_one_is_not_the_applicator() -> None:
    tube = make_view(make_applicator(60.0, 15.0, has_ring=False), POSE, seed=1)
    assert run(tube, "B15").status is RegistrationStatus.NOT_THE_APPLICATOR


@pytest.mark.parametrize("far_mm", [60.0, 90.0])
def test_a_sphere_is_not_the_applicator(far_mm: float) -> None:
    """A lamp, a head: sound depth, a step to the bed, and no tube."""
    view = view_of("B15")
    rays = view.intrinsics.ray_grid
    centre = np.array([0.0, 0.0, 450.0])
    along = rays @ centre / np.einsum("ijk,ijk->ij", rays, rays)
    off = np.linalg.norm(along[..., None] * rays - centre, axis=-1)
    is_hit = off < far_mm
    chord = np.sqrt(np.where(is_hit, far_mm**2 - off**2, 0.0)) / np.linalg.norm(rays, axis=-1)
    ball = replace(
        view,
        depth_mm=np.where(is_hit, along - chord, 800.0).astype(np.float32),
        labels=np.where(is_hit, Label.APPLICATOR, Label.TUMOR_BED).astype(np.uint8),
    )
    found = run(ball, "B15")
    assert not found.is_ok
    assert found.dimensions is None


@cones
@pytest.mark.parametrize("is_upside_down", [False, True])
def test_a_mirrored_image_shows_the_mirrored_cone(cone: str, is_upside_down: bool) -> None:
    """A cone is its own mirror image: the pose must be that of the mirrored scene."""
    view = view_of(cone)
    flip = np.s_[::-1] if is_upside_down else np.s_[:, ::-1]
    camera = view.intrinsics
    camera = (
        replace(camera, cy=camera.height - 1 - camera.cy)
        if is_upside_down
        else replace(camera, cx=camera.width - 1 - camera.cx)
    )
    mirrored = replace(
        view,
        depth_mm=view.depth_mm[flip].copy(),
        labels=view.labels[flip].copy(),
        intrinsics=camera,
    )
    mirror = np.diag([1.0, -1.0, 1.0, 1.0] if is_upside_down else [-1.0, 1.0, 1.0, 1.0])
    truth = mirror @ POSE @ np.diag([1.0, -1.0, 1.0, 1.0])
    found = run(mirrored, cone)
    assert found.status is RegistrationStatus.OK
    assert_not_confidently_wrong(found, truth)


def assert_not_confidently_wrong(found: Registration, truth: Float) -> None:
    """Either no OK, or near the truth where the registration says it can tell."""
    if not found.is_ok:
        return
    assert found.axis_sigma_deg is not None
    assert found.exit_sigma_mm is not None
    axis_deg = angle_between_deg(found.axis_camera, truth[:3, 2])
    assert axis_deg < max(CONFIDENTLY_WRONG_AXIS_DEG, K_SAFE * found.axis_sigma_deg)
    off = found.exit_centre_camera_mm - truth[:3, 3]
    if not found.axial_observable:
        off = off - truth[:3, 2] * float(off @ truth[:3, 2])
    exit_mm = float(np.linalg.norm(off))
    assert exit_mm < max(CONFIDENTLY_WRONG_EXIT_MM, K_SAFE * found.exit_sigma_mm)


PARTS = {
    "left half": share(0.0, 0.5, "u"),
    "right half": share(0.5, 1.0, "u"),
    "upper half": share(0.0, 0.5, "v"),
    "lower half": share(0.5, 1.0, "v"),
    "thin left": share(0.0, 0.2, "u"),
    "thin right": share(0.8, 1.0, "u"),
    "thin top": share(0.0, 0.15, "v"),
    "thin bottom": share(0.85, 1.0, "v"),
    "middle band": share(0.5, 0.7, "v"),
}


@cones
@pytest.mark.parametrize("part", PARTS)
def test_a_part_beside_a_labelled_occluder_is_never_confidently_wrong(cone: str, part: str) -> None:
    found = run(keep(view_of(cone), PARTS[part], Label.OCCLUDER), cone)
    assert_not_confidently_wrong(found, POSE)


@pytest.mark.parametrize(
    ("cone", "part"),
    [(c, p) for c in CONES for p in PARTS],
)
def test_a_part_of_a_mask_is_never_confidently_wrong(cone: str, part: str) -> None:
    found = run(keep(view_of(cone), PARTS[part], Label.OTHER), cone)
    assert_not_confidently_wrong(found, POSE)


@pytest.mark.parametrize("cone", ["B15", "B0", "B30 tube"])
def test_a_prior_that_stands_on_its_head_is_dropped(cone: str) -> None:
    flipped = POSE @ rigid(rotation_from_vector([np.pi, 0.0, 0.0]), [0.0, 0.0, 300.0])
    assert_not_confidently_wrong(run(view_of(cone), cone, flipped), POSE)
