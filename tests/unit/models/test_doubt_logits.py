"""The loop over logits says what NumPy says of the same pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.doubt_logits import (
    BORDER_PX,
    MAX_PIXELS,
    THINNING,
    UPPER_SHARE,
    Wavering,
    wavering,
)

SINGLE = 1e-5
CANCELLED = 1e-6  # an entropy is the difference of two logarithms in float32


def stated(logits: NDArray[np.float32], mask: NDArray[np.bool_], temperature: float) -> Wavering:
    """The same in whole arrays, in float64."""
    thin = np.ascontiguousarray(mask[::THINNING, ::THINNING]).view(np.uint8)
    kernel = np.ones((2 * (BORDER_PX // THINNING) + 1,) * 2, np.uint8)
    inside = np.asarray(cv2.erode(thin, kernel))
    pixels = np.flatnonzero(inside if inside.any() else thin)
    pixels = pixels[:: 1 + len(pixels) // MAX_PIXELS]
    rows, columns = np.divmod(pixels, thin.shape[1])
    scaled = logits[:, rows * THINNING, columns * THINNING].astype(np.float64) / temperature
    total = np.exp(scaled).sum(0)
    shares = np.exp(scaled) / total
    entropy = -(shares * np.log(shares)).sum(0)
    rank = int(UPPER_SHARE * (len(pixels) - 1))
    return Wavering(
        unsure=1 - float(shares.max(0).mean()),
        entropy=float(np.sort(entropy)[rank] / np.log(len(logits))),
        energy=float(np.sort(-temperature * np.log(total))[rank]),
    )


def blob(shape: tuple[int, int], radius: float) -> NDArray[np.bool_]:
    v, u = np.indices(shape)
    return np.asarray(np.hypot(v - shape[0] / 2, u - shape[1] / 2) <= radius)


MASKS = {
    "a disc": blob((80, 130), 25.0),
    "everything": np.ones((81, 131), np.bool_),
    "too thin to have an inside": blob((80, 130), 2.0),
    "at the corner": np.pad(np.ones((30, 40), np.bool_), ((0, 51), (91, 0))),
    "holed": np.random.default_rng(1).random((80, 130)) < 0.97,
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.5])
def test_as_in_whole_arrays(name: str, temperature: float) -> None:
    mask = MASKS[name]
    logits = np.random.default_rng(2).normal(0, 3, (4, *mask.shape)).astype(np.float32)
    found, expected = wavering(logits, mask, temperature), stated(logits, mask, temperature)
    assert found.unsure == pytest.approx(expected.unsure, rel=SINGLE)
    assert found.entropy == pytest.approx(expected.entropy, rel=SINGLE, abs=CANCELLED)
    assert found.energy == pytest.approx(expected.energy, rel=SINGLE)


@pytest.mark.parametrize("pixel", [(0, 0), (11, 6), (10, 10)])
def test_one_pixel_tells_all_or_lies_between_those_that_are_asked(pixel: tuple[int, int]) -> None:
    mask, logits = np.zeros((20, 30), np.bool_), np.zeros((4, 20, 30), np.float32)
    mask[pixel] = True
    is_asked = pixel[0] % THINNING == 0 and pixel[1] % THINNING == 0
    expected = (0.75, 1.0, -np.log(4.0)) if is_asked else (1.0, 1.0, 0.0)
    found = wavering(logits, mask, 1.0)
    assert (found.unsure, found.entropy, found.energy) == pytest.approx(expected, rel=SINGLE)


def test_a_logit_that_is_no_number_shows() -> None:
    mask, logits = MASKS["a disc"], np.zeros((4, 80, 130), np.float32)
    logits[1] = np.nan
    assert np.isnan(wavering(logits, mask, 1.0).unsure)
