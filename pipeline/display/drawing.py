"""What the server makes of a session's messages, once for all clients: JPEG, polylines, mask.

All lines are in pixels of the picture; a closed one ends where it began. Only a trusted pose has an
exit ring and an axis.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import cv2
import numpy as np
import simplejpeg

from pipeline.display.wire import Image, Message, WireError
from pipeline.overlay.cone import (
    AXIS_ABOVE_MM,
    AXIS_BELOW_MM,
    convex_bodies,
    exit_rim,
    in_front,
)
from pipeline.overlay.palette import TINTS
from pipeline.overlay.picture import depth_picture
from tracking.applicator import Applicator
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.frame import RgbdFrame
from tracking.segmentation import Label
from tracking.transforms import check_transform, transform_points

JPEG_QUALITY = 85
BED_STEP_PX = 1.0  # the contour's corners may lie this far off
MIN_BED_PX = 60.0  # area; smaller specks are noise of the labels
MAX_BEDS = 4
N_AXIS = 41  # points, so that an axis partly behind the camera keeps its visible part
FAR_PX = 20_000.0  # a projection beyond this is of no use to a page
AREAS = ("area_at_risk", "keep_out", "draft")
MASK_ALPHA = 110

Lines = list[list[list[float]]]


@dataclass(frozen=True, eq=False)
class Picture:
    """One camera picture as clients get it.

    Attributes
    ----------
    number
        Frames refer to their picture by it; a later picture has a larger one.
    shape
        Height and width, px.
    """

    number: int
    shape: tuple[int, ...]
    jpeg: bytes


@dataclass(frozen=True, eq=False)
class Drawn:
    """One frame as clients get it, but for its age."""

    sequence: int
    exposure_ns: int
    picture: Picture
    _table: Mapping[str, Any]
    _labels: UInt8

    @cached_property
    def header(self) -> bytes:
        """The page's header as JSON."""
        return json.dumps(self._table, allow_nan=False).encode()

    @cached_property
    def header_with_mask(self) -> bytes:
        """The same with the labels as a picture, for clients that asked for evidence."""
        return json.dumps({**self._table, "mask": mask_url(self._labels)}, allow_nan=False).encode()


def picture_of(message: Message) -> Picture:
    """Return the picture of a message that brings one: alone, or with its frame.

    Raises
    ------
    WireError
        The header lacks something, or there is no image that is a picture.
    """
    with _what_cannot_be_drawn("picture"):
        pixels = _pixels(message.images, message.header["drawn_from"])
        jpeg = simplejpeg.encode_jpeg(
            np.ascontiguousarray(pixels), JPEG_QUALITY, "RGB", "420", fastdct=True
        )
        return Picture(picture_number(message), pixels.shape[:2], jpeg)


def picture_number(message: Message) -> int:
    """Number of the picture that a message brings or refers to. Raises WireError without one."""
    header = message.header
    with _what_cannot_be_drawn("picture"):
        told = header["number"] if message.is_picture else header["picture"]["number"]
        return int(told)


def drawn(message: Message, picture: Picture) -> Drawn:
    """Draw one frame over its picture.

    Raises
    ------
    WireError
        The header lacks something, or names what cannot be drawn.
    """
    table = dict(message.header)
    with _what_cannot_be_drawn("frame"):
        source = table.pop("drawn_from")
        labels = _labels(message.images, picture.shape)
        table["drawing"] = {**_cone_lines(source), "bed": bed_lines(labels), **_areas(source)}
        return Drawn(int(table["sequence"]), message.exposure_ns, picture, table, labels)


def bed_lines(labels: UInt8) -> Lines:
    """Outer contours of the tumor bed, the largest first."""
    is_bed = (labels == Label.TUMOR_BED.value).view(np.uint8)
    contours, _ = cv2.findContours(is_bed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [c for c in contours if cv2.contourArea(c) >= MIN_BED_PX]
    large.sort(key=cv2.contourArea, reverse=True)
    return [
        closed(cv2.approxPolyDP(contour, BED_STEP_PX, True)[:, 0].astype(np.float64))
        for contour in large[:MAX_BEDS]
    ]


def mask_url(labels: UInt8) -> str:
    """The label image as a picture that can be laid over the colour, as a data URL."""
    tints = np.zeros((256, 4), dtype=np.uint8)
    for code, (red, green, blue) in enumerate(TINTS):
        tints[code] = (blue, green, red, 0 if code == Label.OTHER else MASK_ALPHA)
    is_done, png = cv2.imencode(".png", tints[labels], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not is_done:
        raise WireError("the labels cannot be written as a picture")
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")


def closed(pixels: Float) -> list[list[float]]:
    """A polygon (n, 2) as a polyline that ends where it began, to a tenth of a pixel."""
    return polyline(np.concatenate([pixels, pixels[:1]]))


def polyline(pixels: Float) -> list[list[float]]:
    """Points (n, 2) to a tenth of a pixel."""
    lines: list[list[float]] = np.round(np.clip(pixels, -FAR_PX, FAR_PX), 1).tolist()
    return lines


def _cone_lines(source: Mapping[str, Any]) -> dict[str, Lines]:
    none: dict[str, Lines] = {"cone": [], "exit_ring": [], "axis": []}
    if source["pose"] is None:
        return none
    pose = check_transform("pose", np.array(source["pose"], dtype=np.float64))
    camera = CameraIntrinsics(**source["intrinsics"])
    bodies, rim, axis = _model(tuple(sorted(source["applicator"].items())))
    outlines = []
    for body in bodies:
        points = in_front(transform_points(pose, body))
        if len(points) >= 3:
            hull = cv2.convexHull(camera.project(points).astype(np.float32))
            outlines.append(closed(hull[:, 0].astype(np.float64)))
    if not source["trusted"]:
        return {**none, "cone": outlines}
    ring = transform_points(pose, rim)
    is_ring_seen = len(in_front(ring)) == len(ring)
    line = in_front(transform_points(pose, axis))
    return {
        "cone": outlines,
        "exit_ring": [closed(camera.project(ring))] if is_ring_seen else [],
        "axis": [polyline(camera.project(line[[0, -1]]))] if len(line) > 1 else [],
    }


@lru_cache(maxsize=4)
def _model(dimensions: tuple[tuple[str, Any], ...]) -> tuple[list[Float], Float, Float]:
    """Points of the cone in applicator space: bodies, rim of the inner field, axis."""
    cone = Applicator(**dict(dimensions))
    z = np.linspace(-AXIS_BELOW_MM, cone.length_mm + AXIS_ABOVE_MM, N_AXIS)
    axis = np.stack([0 * z, 0 * z, z], axis=1)
    return convex_bodies(cone), exit_rim(cone, cone.inner_radius_mm), axis


def _areas(source: Mapping[str, Any]) -> dict[str, Any]:
    areas = source["areas"]
    return {name: areas.get(name, []) for name in AREAS}


@contextmanager
def _what_cannot_be_drawn(what: str) -> Iterator[None]:
    """Of a session of another version, or a defect: one error for all of it."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        told = f"a {what} that cannot be drawn: {type(error).__name__}: {error}"
        raise WireError(told) from error


def _pixels(images: Mapping[str, Image], source: Mapping[str, Any]) -> UInt8:
    if "colour" in images:
        colour = images["colour"]
        if colour.ndim != 3 or colour.shape[2] != 3 or colour.dtype != np.uint8:
            raise WireError(f"colour of shape {colour.shape}, type {colour.dtype}")
        return colour.astype(np.uint8, copy=False)
    camera = CameraIntrinsics(**source["intrinsics"])
    depth = images["depth"].astype(np.uint16, copy=False)
    return depth_picture(RgbdFrame(0, "", 0, 0, camera, depth, source["depth_unit_mm"]))


def _labels(images: Mapping[str, Image], shape: tuple[int, ...]) -> UInt8:
    labels = images["labels"]
    if labels.shape != shape[:2] or labels.dtype != np.uint8:
        raise WireError(f"labels of shape {labels.shape} for a picture of {shape}")
    return labels.astype(np.uint8, copy=False)
