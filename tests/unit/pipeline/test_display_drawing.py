"""What the server draws of a message: on the pixels where the overlay draws it."""

from __future__ import annotations

import base64
import json
from typing import Any

import cv2
import numpy as np
import pytest
import simplejpeg

from pipeline.display.drawing import (
    Drawn,
    bed_lines,
    drawn,
    mask_url,
    picture_number,
    picture_of,
)
from pipeline.display.header import frame_header, frame_images, picture_header, picture_images
from pipeline.display.wire import Message, WireError
from pipeline.sinks.sink import FrameResult
from tests.builders_results import make_context, make_result
from tracking.decision import Verdict
from tracking.reasons import Reason
from tracking.segmentation import Label
from tracking.transforms import transform_points

PIXEL = 1.5  # rounding of what was painted, and a contour's corners


def message(result: FrameResult, **change: object) -> Message:
    """A message as it comes over the socket."""
    header = frame_header(
        result, make_context(), sequence=9, picture=1, holds_lease=True, view=None
    )
    return Message(json.loads(json.dumps({**header, **change})), frame_images(result), 123)


def shown(made: Message) -> Drawn:
    """What becomes of a message that brings its picture."""
    return drawn(made, picture_of(made))


def lines(frame: Drawn) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(frame.header)["drawing"]
    return found


def test_the_header_loses_what_was_drawn_from_and_the_jpeg_is_the_picture() -> None:
    result = make_result()
    frame = shown(message(result))
    told = json.loads(frame.header)
    assert "drawn_from" not in told
    assert "images" not in told
    assert (frame.sequence, frame.exposure_ns) == (9, 123)
    decoded = simplejpeg.decode_jpeg(frame.picture.jpeg, "RGB").astype(int)
    colour = result.source_frame.frame.color_rgb
    assert colour is not None
    assert np.abs(decoded - colour).mean() < 8  # lossy, and the scene is speckled


def test_the_cone_covers_what_was_painted_as_the_applicator() -> None:
    result = make_result()
    labels = result.segmentation.labels
    inside = np.zeros_like(labels)
    for line in lines(shown(message(result)))["cone"]:
        assert line[0] == line[-1]
        cv2.fillPoly(inside, [np.round(np.array(line)).astype(np.int32)], 1)
    is_cone = labels == Label.APPLICATOR
    both = np.count_nonzero(inside.astype(bool) & is_cone)
    assert both / np.count_nonzero(inside.astype(bool) | is_cone) > 0.98


def test_exit_ring_and_axis_meet_in_the_exit_centre() -> None:
    result = make_result()
    pose = result.record.registration.camera_from_applicator
    assert pose is not None
    camera = result.source_frame.frame.intrinsics
    centre = camera.project(transform_points(pose, np.zeros((1, 3))))[0]
    found = lines(shown(message(result)))
    ring = np.array(found["exit_ring"][0][:-1])
    assert np.linalg.norm(ring.mean(axis=0) - centre) < PIXEL + 0.02 * np.ptp(ring)
    first, last = np.array(found["axis"][0])
    along = (last - first) / np.linalg.norm(last - first)
    across = (centre - first) - along * ((centre - first) @ along)
    assert np.linalg.norm(across) < PIXEL


def test_an_untrusted_pose_has_an_outline_alone() -> None:
    made = message(make_result())
    source = {**made.header["drawn_from"], "trusted": False}
    found = lines(shown(message(make_result(), drawn_from=source)))
    assert found["cone"]
    assert (found["exit_ring"], found["axis"]) == ([], [])


def test_without_a_pose_the_bed_alone_is_drawn() -> None:
    result = make_result(Verdict.UNSURE, (Reason.NO_APPLICATOR,), has_pose=False)
    assert lines(shown(message(result)))["cone"] == []


def test_the_beds_contour_encloses_its_pixels() -> None:
    labels = np.zeros((120, 160), dtype=np.uint8)
    cv2.circle(labels, (80, 60), 40, int(Label.TUMOR_BED), -1)
    labels[2:5, 2:5] = Label.TUMOR_BED  # a speck
    contour = bed_lines(labels)
    assert len(contour) == 1
    filled = np.zeros_like(labels)
    cv2.fillPoly(filled, [np.array(contour[0]).astype(np.int32)], 1)
    off = np.count_nonzero(filled.astype(bool) ^ (labels == Label.TUMOR_BED)) - 9
    assert off / (np.pi * 40**2) < 0.03


def test_depth_is_drawn_grey() -> None:
    frame = shown(message(make_result(has_color=False)))
    decoded = simplejpeg.decode_jpeg(frame.picture.jpeg, "RGB").astype(int)
    assert np.abs(decoded[..., 0] - decoded[..., 1]).max() <= 2


def test_the_mask_is_made_for_those_who_asked() -> None:
    result = make_result()
    frame = shown(message(result))
    assert json.loads(frame.header)["mask"] is None
    url = json.loads(frame.header_with_mask)["mask"]
    png = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    mask = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    np.testing.assert_array_equal(mask[..., 3] > 0, result.segmentation.labels > 0)
    assert mask_url(result.segmentation.labels) == url


@pytest.mark.parametrize(
    "change",
    [
        {"drawn_from": None},
        {"drawn_from": {}},
        {"sequence": "x"},
        {"drawn_from": {"pose": [[1]], "areas": {}}},
        {"drawn_from": {"pose": np.zeros((4, 4)).tolist(), "areas": {}, "trusted": True}},
    ],
)
def test_what_cannot_be_drawn_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        shown(message(make_result(), **change))


def test_labels_of_another_size_are_refused() -> None:
    made = message(make_result())
    images = {**made.images, "labels": np.zeros((3, 3), dtype=np.uint8)}
    with pytest.raises(WireError, match="labels"):
        shown(Message(made.header, images, 0))


@pytest.mark.parametrize("has_color", [True, False])
def test_a_picture_that_went_ahead_is_the_one_that_its_frame_would_have_brought(
    has_color: bool,
) -> None:
    result = make_result(has_color=has_color)
    frame = result.source_frame.frame
    alone = Message(picture_header(frame, 1), picture_images(frame), 0)
    whole = message(result)
    assert picture_number(alone) == picture_number(whole) == 1
    assert picture_of(alone).jpeg == picture_of(whole).jpeg
    labels = {"labels": whole.images["labels"]}
    over = drawn(Message(whole.header, labels, 0), picture_of(alone))
    assert over.header == shown(whole).header


@pytest.mark.parametrize(
    "header", [{}, {"kind": "picture"}, {"kind": "frame"}, {"kind": "picture", "number": "x"}]
)
def test_a_picture_without_a_number_or_pixels_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        picture_number(Message(header, {}, 0))
    with pytest.raises(WireError):
        picture_of(Message({"kind": "picture", "number": 1, "drawn_from": {}}, {}, 0))
