"""A frame is drawn over its own picture, brought along or come ahead of it, and over no other."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import simplejpeg
from playwright.sync_api import Page

from pipeline.benchmarks.display_frames import jpeg_of

WIDTHS = (8, 16, 24)  # of three pictures, which tells them apart
RUN = """async ([steps, pictures]) => {
  const { Pictures, decode } = await import('/js/pictures.js');
  const bytes = (k) => (k === null ? new Uint8Array() :
    Uint8Array.from(atob(pictures[k]), (c) => c.charCodeAt(0)));
  const refusing = class { decode() { return Promise.reject(new Error('made')); } close() {} };
  const own = globalThis.ImageDecoder, decoders = { own, refusing, none: undefined };
  if (typeof own !== 'function') return ['no decoder here'];
  const kept = new Pictures();
  const widths = [];
  for (const [what, number, k] of steps) {
    if (what === 'decoder') globalThis.ImageDecoder = decoders[k];
    else if (what === 'ahead') kept.take({ header: { number }, jpeg: bytes(k) });
    else if (what === 'forget') kept.forget();
    else {
      const { image, jpeg } = await kept.of({ header: { picture: { number } }, jpeg: bytes(k) });
      widths.push(image === null ? null : image.width);
      if (image !== null) {
        const again = await decode(jpeg);
        if (again.width !== image.width) widths.push('another JPEG');
      }
    }
  }
  globalThis.ImageDecoder = own;
  return widths;
}"""


@pytest.mark.parametrize(
    ("steps", "widths"),
    [
        ([("frame", 1, 0)], [8]),
        ([("ahead", 1, 0), ("frame", 1, None)], [8]),
        ([("ahead", 1, 0), ("ahead", 2, 1), ("frame", 2, None)], [16]),
        ([("ahead", 1, 0), ("ahead", 2, 1), ("frame", 1, None)], [None]),
        ([("ahead", 1, 0), ("frame", 2, 2), ("frame", 1, None)], [24, None]),
        ([("ahead", 1, 0), ("frame", 1, None), ("frame", 1, None)], [8, None]),
        ([("ahead", 1, 0), ("frame", 1, 1)], [16]),
        ([("ahead", 1, 0), ("forget", 0, None), ("frame", 1, None)], [None]),
        ([("frame", 1, None)], [None]),
        ([("ahead", 1, 3), ("frame", 1, None), ("frame", 2, 3)], [None, None]),
        ([("decoder", 0, "none"), ("ahead", 1, 0), ("frame", 1, None)], [8]),
        ([("decoder", 0, "none"), ("frame", 1, 3)], [None]),
        ([("decoder", 0, "refusing"), ("frame", 1, 0), ("frame", 2, 3)], [8, None]),
    ],
)
def test_a_frame_has_its_own_picture_or_none(
    page: Page, steps: list[tuple[str, int, int | str | None]], widths: list[int | None]
) -> None:
    made = [jpeg_of(np.zeros((8, width, 3), np.uint8)) for width in WIDTHS]
    told = [base64.b64encode(jpeg).decode() for jpeg in (*made, b"no picture")]
    assert page.evaluate(RUN, [steps, told]) == widths


SHOWN = """async ([picture, hasDecoder]) => {
  const own = globalThis.ImageDecoder;
  if (typeof own !== 'function') throw new Error('no decoder here');
  if (!hasDecoder) globalThis.ImageDecoder = undefined;
  const { decode } = await import('/js/pictures.js');
  const image = await decode(Uint8Array.from(atob(picture), (c) => c.charCodeAt(0)));
  globalThis.ImageDecoder = own;
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  return Array.from(context.getImageData(0, 0, image.width, image.height).data);
}"""


@pytest.mark.parametrize("has_decoder", [True, False], ids=["decoder", "blob"])
def test_a_picture_has_its_colours(page: Page, *, has_decoder: bool) -> None:
    across, down = np.meshgrid(np.arange(64), np.arange(48))
    rgb = np.stack((40 + 3 * across, 60 + 2 * down, np.full_like(across, 90)), axis=-1)
    jpeg = jpeg_of(rgb.astype(np.uint8))
    told = base64.b64encode(jpeg).decode()
    shown = np.array(page.evaluate(SHOWN, [told, has_decoder])).reshape(48, 64, 4)[..., :3]
    assert np.abs(shown - simplejpeg.decode_jpeg(jpeg, "RGB").astype(int)).max() <= 6
