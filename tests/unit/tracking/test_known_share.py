"""The applicator's share among known pixels: all known is the quick way to the same."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tracking.known_share import BLUR_PX, MIN_KNOWN_FRACTION, known_share

ROUNDING = 2e-7  # of single precision


@pytest.mark.parametrize("is_all_known", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (5, 50), (9, 9), (9, 30), (40, 61)])
def test_share_of_what_is_known(shape: tuple[int, int], is_all_known: bool) -> None:
    noise = cv2.blur(np.random.default_rng(shape[1]).random(shape), (5, 5))
    is_known = np.ones(shape, bool)
    is_known[shape[0] // 2 :, : shape[1] // 2] = is_all_known
    mask = (noise > 0.5) & is_known
    smooth, known = (
        cv2.GaussianBlur(image.astype(np.float32), (0, 0), BLUR_PX, borderType=cv2.BORDER_CONSTANT)
        for image in (mask, is_known)
    )
    expected = np.where(known > MIN_KNOWN_FRACTION, smooth / np.maximum(known, 0.5), np.nan)
    share = known_share(mask, is_known)
    assert share.dtype == np.float32
    np.testing.assert_allclose(share, expected, atol=ROUNDING)
