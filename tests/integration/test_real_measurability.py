"""One real scene, clear and painted: clear bottles are refused, painted ones are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.integration.shared_data import shared
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import StereoNoise
from tracking.measurable import unmeasurable
from tracking.registration import RegistrationStatus
from tracking.segmentation import Label

N_BOTTLES = 4
BASELINE_MM = 50.0
REFUSED = {RegistrationStatus.DEPTH_MISSING, RegistrationStatus.DEPTH_FALSE}


def _bottles() -> tuple[list[NDArray[np.bool_]], CameraIntrinsics]:
    folder = shared("cleargrasp_d435_cups")
    mask = cv2.imread(str(folder / "000000080-mask.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    n_groups, numbers = cv2.connectedComponents((mask > 0).astype(np.uint8))
    bottles = [numbers == i for i in range(1, n_groups)]
    assert len(bottles) == N_BOTTLES
    return bottles, CameraIntrinsics(1280, 720, 921.0, 921.0, 642.0, 359.0)


def _depth_mm(twin: str) -> NDArray[np.float32]:
    path = shared("cleargrasp_d435_cups") / f"000000080-{twin}-depth-img.npz"
    return np.asarray(np.nan_to_num(np.load(path)["depth_m"]) * 1e3, dtype=np.float32)


def _statuses(twin: str, noise: StereoNoise, others: Label) -> list[RegistrationStatus | None]:
    bottles, intrinsics = _bottles()
    depth = _depth_mm(twin)
    statuses = []
    for bottle in bottles:
        labels = np.full(depth.shape, Label.TUMOR_BED, np.uint8)
        labels[np.any(bottles, axis=0)] = others
        labels[bottle] = Label.APPLICATOR
        statuses.append(unmeasurable(bottle, depth, intrinsics, noise, labels))
    return statuses


@pytest.mark.parametrize("others", [Label.TUMOR_BED, Label.OCCLUDER])
@pytest.mark.parametrize("subpixel_px", [0.03, 0.08, 0.2])
def test_clear_bottles_are_refused_and_their_painted_twins_are_not(
    subpixel_px: float, others: Label
) -> None:
    noise = StereoNoise(BASELINE_MM, subpixel_px, 1.5)
    assert set(_statuses("transparent", noise, others)) <= REFUSED
    assert _statuses("opaque", noise, others) == [None] * N_BOTTLES


def test_the_reason_is_what_the_picture_shows() -> None:
    """Upright bottles are mostly holes; through the lying one the table is seen."""
    noise = StereoNoise(BASELINE_MM, 0.08, 1.5)
    missing, false = RegistrationStatus.DEPTH_MISSING, RegistrationStatus.DEPTH_FALSE
    assert _statuses("transparent", noise, Label.TUMOR_BED) == [missing, missing, missing, false]


@pytest.mark.parametrize("name", ["red_mug", "white_bowl"])
@pytest.mark.parametrize("thick_px", [0, 3])
def test_a_real_mug_and_a_real_bowl_are_measurable(name: str, thick_px: int) -> None:
    data = np.load(shared("sixdof_graspnet_mugs") / f"{name}.npz")
    k, (height, width) = data["K"], data["depth_m"].shape
    intrinsics = CameraIntrinsics(width, height, k[0, 0], k[1, 1], k[0, 2], k[1, 2])
    u, v = np.rint(intrinsics.project(data["object_points_m"] * 1e3)).astype(int).T
    mask = np.zeros((height, width), np.uint8)
    mask[v, u] = 1
    kernel = np.ones((5, 5), np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel).astype(np.uint8)
    mask = cv2.dilate(mask, np.ones((2 * thick_px + 1,) * 2, np.uint8)).astype(np.uint8)
    labels = np.where(mask > 0, Label.APPLICATOR, Label.TUMOR_BED).astype(np.uint8)
    depth = (np.nan_to_num(data["depth_m"]) * 1e3).astype(np.float32)
    noise = StereoNoise(BASELINE_MM, 0.1, 1.5)
    assert unmeasurable(mask > 0, depth, intrinsics, noise, labels) is None
