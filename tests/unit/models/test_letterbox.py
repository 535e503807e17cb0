"""The canvas grid and the depth grid agree to a fraction of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.features import (
    CANVAS,
    FAINTEST_PX_PER_MM,
    STEPS_PER_DOUBLING,
    painted,
    planes,
    planes_ahead,
)
from models.labelling import label_image, winners
from models.letterbox import Letterbox
from tests.folded_planes import by_plane, values

SIZES = [(480, 848), (480, 640), (240, 424), (720, 1280), (270, 480), (101, 333), (600, 90)]
EDGE_TOLERANCE_PX = 0.15  # of a source pixel times the scale: what area means blur at an edge

FOCAL_PX = 400.0


@pytest.mark.parametrize("size", SIZES)
def test_fits_inside_and_keeps_the_aspect(size: tuple[int, int]) -> None:
    box = Letterbox.fit(size, CANVAS)
    assert box.fitted[0] <= CANVAS[0]
    assert box.fitted[1] <= CANVAS[1]
    assert box.fitted[0] == CANVAS[0] or box.fitted[1] == CANVAS[1]
    scale_v, scale_u = box.fitted[0] / size[0], box.fitted[1] / size[1]
    assert scale_u == pytest.approx(scale_v, rel=0.02)  # rounding to whole canvas pixels
    assert box.top >= 0
    assert box.top + box.fitted[0] <= CANVAS[0]
    assert box.left >= 0
    assert box.left + box.fitted[1] <= CANVAS[1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("axis", [0, 1])
def test_a_ramp_is_shrunk_without_a_shift(size: tuple[int, int], axis: int) -> None:
    """A linear ramp, enlarged again by OpenCV: any half-pixel slip shows as an offset."""
    ramp = np.indices(size)[axis].astype(np.float32)
    box = Letterbox.fit(size, CANVAS)
    shrunk = box.shrink(ramp)
    restored = np.asarray(cv2.resize(shrunk, size[::-1], interpolation=cv2.INTER_LINEAR))
    scale = max(1.0, size[axis] / box.fitted[axis])
    margin = int(np.ceil(2 * scale))  # borders repeat their outermost canvas pixel
    inner = tuple(slice(margin, -margin) for _ in range(2))
    error = restored[inner] - ramp[inner]
    assert abs(float(error.mean())) < 0.02 * scale
    assert float(np.abs(error).max()) < 0.5 * scale


@pytest.mark.slow
@pytest.mark.parametrize("size", [(480, 848), (480, 640), (720, 1280), (240, 424)])
@pytest.mark.parametrize("edge_px", [200.5, 201.5, 202.5, 203.5])
def test_a_class_border_stays_where_it_is(size: tuple[int, int], edge_px: float) -> None:
    """Logits that are linear across a border put the label border at the same place."""
    box = Letterbox.fit(size, CANVAS)
    scale = box.fitted[1] / size[1]
    u_canvas = np.arange(CANVAS[1]) - box.left
    signed = (u_canvas + 0.5) / scale - 0.5 - edge_px  # source pixels right of the border
    logits = np.zeros((4, *CANVAS), np.float32)
    logits[2] = signed
    labels = label_image(logits[:, *box.window], box.source)
    row = labels[size[0] // 2]
    assert set(np.unique(row)) == {0, 2}
    first_right = int(np.argmax(row == 2))
    assert first_right == int(np.ceil(edge_px))
    assert np.all(row[first_right:] == 2)


def test_shrinking_never_mixes_holes_into_depth() -> None:
    depth = np.full((480, 848), 500, np.float32)
    depth[::2] = 0
    box = Letterbox.fit(depth.shape, CANVAS)
    tensor = by_plane(planes(depth, None, FOCAL_PX, box)[0])
    px_per_mm = FOCAL_PX / 2 / 500.0  # a canvas pixel is two wide
    level = round(1 + STEPS_PER_DOUBLING * np.log2(px_per_mm / FAINTEST_PX_PER_MM))
    assert (tensor[4][box.window] == level).all()
    assert (tensor[5][box.window] == 255).all()
    assert (tensor[6:] == 128).all()  # a flat wall has no form, whatever its holes


def test_no_color_gives_empty_color_planes() -> None:
    depth = np.full((240, 424), 500, np.float32)
    box = Letterbox.fit(depth.shape, CANVAS)
    blind = by_plane(planes(depth, None, FOCAL_PX, box)[0])
    black = by_plane(planes(depth, np.zeros((240, 424, 3), np.uint8), FOCAL_PX, box)[0])
    assert (blind[:4] == 128).all()
    assert (black[3][box.window] == 255).all()
    assert not black[:3, *box.window].any()
    assert np.array_equal(blind[4:], black[4:])


@pytest.mark.parametrize("size", [(97, 31), (101, 333), (480, 848)])
@pytest.mark.parametrize("has_color", [True, False])
def test_outside_the_window_there_is_nothing(size: tuple[int, int], has_color: bool) -> None:
    depth = np.full(size, 500, np.float32)
    color = np.full((*size, 3), 200, np.uint8) if has_color else None
    box = Letterbox.fit(size, CANVAS)
    tensor = planes(depth, color, FOCAL_PX, box)
    outside = np.ones(CANVAS, bool)
    outside[box.window] = False
    shown = by_plane(tensor[0])
    assert (shown[:, ~outside][5] == 255).all()
    assert 0 < outside.sum() < outside.size
    assert {tuple(pixel) for pixel in shown[:, outside].T.tolist()} == {
        (128, 128, 128, 128, 0, 0, 128, 128, 128, 128)
    }
    ahead = planes_ahead(depth, FOCAL_PX, box)
    np.testing.assert_array_equal(painted(ahead, color, box), tensor)


def test_the_winner_is_the_largest() -> None:
    logits = np.random.default_rng(1).normal(0, 3, (4, 6, 7)).astype(np.float32)
    assert np.array_equal(winners(logits), logits.argmax(0))


def test_ties_go_to_the_lower_code() -> None:
    assert not winners(np.zeros((4, 2, 2), np.float32)).any()


def test_slopes_tell_the_angle_to_the_viewing_ray() -> None:
    u = np.arange(424, dtype=np.float32) - 211.5
    angle = np.radians(30.0)  # of a wall that recedes to the right, straight ahead
    depth = np.broadcast_to(500 / (1 - u / FOCAL_PX * np.tan(angle)), (240, 424))
    box = Letterbox.fit(depth.shape, CANVAS)
    tensor = values(by_plane(planes(depth.astype(np.float32), None, FOCAL_PX, box)[0]))
    middle = (slice(100, 140), slice(214, 218))
    assert np.allclose(tensor[6][middle], np.sin(angle), atol=0.012)
    assert not tensor[7][middle].any()
