"""What the adapters know of a RealSense camera and of its single images. No SDK here."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recordings.encoded_picture import as_recorded
from recordings.realsense.colour_warp import ColorCamera, ColourWarp
from tracking.arrays import UInt8, UInt16
from tracking.camera import CameraIntrinsics
from tracking.frame import RgbdFrame, SourceFrame
from tracking.picture import ColorPicture
from tracking.transforms import invert


@dataclass(frozen=True, eq=False)
class CameraModel:
    """A depth camera and, where there is a usable one, the colour camera beside it.

    `warp` is None where no colour can be brought into the depth grid. `keeps_picture`: frames
    carry the colour camera's own picture too, for marker collars.
    """

    name: str
    serial: str
    intrinsics: CameraIntrinsics
    depth_unit_mm: float
    frame_rate_hz: float
    warp: ColourWarp | None
    keeps_picture: bool = False

    @property
    def color(self) -> ColorCamera | None:
        """Intrinsics and extrinsics of the colour camera."""
        return None if self.warp is None else self.warp.color

    @property
    def pairing_tolerance_ns(self) -> int:
        """Half a frame period: colour farther away belongs to another exposure."""
        return round(0.5e9 / self.frame_rate_hz)


@dataclass(frozen=True, eq=False)
class RawDepth:
    """One depth image as the camera gave it."""

    frame_number: int
    stamp_ns: int
    arrival_ns: int
    is_host_clock: bool
    pixels: UInt16


@dataclass(frozen=True, eq=False)
class RawColor:
    """One colour image, RGB, in the colour camera's own grid."""

    stamp_ns: int
    pixels: UInt8


def assemble(model: CameraModel, depth: RawDepth, color: RawColor | None) -> SourceFrame:
    """Return the frame of one depth image and the colour of the same exposure, if any.

    Raises
    ------
    ValueError
        The image's size is not the stream's.
    """
    frame = RgbdFrame(
        frame_index=depth.frame_number,
        device_serial=model.serial,
        stamp_ns=depth.stamp_ns,
        arrival_ns=depth.arrival_ns,
        intrinsics=model.intrinsics,
        depth_raw=depth.pixels,
        depth_unit_mm=model.depth_unit_mm,
    )
    if color is None or model.warp is None:
        return SourceFrame(frame=frame)
    warped = model.warp(frame.depth_mm, color.pixels)
    return SourceFrame(
        frame=RgbdFrame(
            frame_index=frame.frame_index,
            device_serial=frame.device_serial,
            stamp_ns=frame.stamp_ns,
            arrival_ns=frame.arrival_ns,
            intrinsics=frame.intrinsics,
            depth_raw=frame.depth_raw,
            depth_unit_mm=frame.depth_unit_mm,
            color_rgb=warped,
        ),
        picture=native_picture(model.warp.color, color.pixels) if model.keeps_picture else None,
    )


def native_picture(camera: ColorCamera, color_rgb: UInt8) -> ColorPicture | None:
    """The colour camera's own picture as it will be recorded; None for a lens that is not OpenCV's.

    Of the vendor's models only Brown-Conrady bends as OpenCV does; the others differ from it
    where their coefficients are not 0.

    Raises
    ------
    ValueError
        The image's size is not the stream's.
    """
    if any(camera.coefficients) and camera.distortion != "brown_conrady":
        return None
    if color_rgb.shape[:2] != camera.intrinsics.shape:
        raise ValueError(f"colour is {color_rgb.shape}, expected {camera.intrinsics.shape}")
    grey = np.asarray(cv2.cvtColor(color_rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    pose = invert(camera.color_from_depth)
    return as_recorded(ColorPicture(grey, camera.intrinsics, pose, distortion=camera.coefficients))
