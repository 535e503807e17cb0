"""Image faults of the camera and the way from it: what it delivers is not what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.faults.image_fault import ImageCase, ImageFault, edited, with_raw
from recordings.simulation.stereo_noise import measure
from tracking.camera import CameraIntrinsics
from tracking.frame import RgbdFrame, SourceFrame
from tracking.reasons import Reason

Raw = NDArray[np.uint16]

DRIFT_MM = (
    5.0,
    7.0,
    10.0,
    20.0,
    40.0,
)  # of warm-up; 4 mm a day and 10 mm in half an hour are known
SCALES = (1.03, 1.05, 1.1, 1.25, 0.9)
UNITS = (0.1, 0.5, 2.0, 4.0, 10.0)
SHIFT_PX = (10, 15, 25, 50, 100)
NOISE_FACTORS = (6.0, 10.0, 15.0, 25.0, 50.0)
KEPT_ROWS = (0.7, 0.6, 0.5, 0.4, 0.2)
LOST_SHARE = (0.7, 0.8, 0.9, 0.95, 1.0)
STEP_MM = (15.0, 20.0, 30.0, 60.0, 120.0)  # of a depth whose low bits are lost


def _mm(case: ImageCase, length_mm: float) -> float:
    """A length in raw depth units."""
    return length_mm / case.docked.source.header.depth_unit_mm


def _drifted(depth_raw: Raw, case: ImageCase) -> NDArray[np.float64]:
    shift = _mm(case, DRIFT_MM[case.step]) * (1 if case.docked.source.seed % 2 else -1)
    return np.where(depth_raw > 0, depth_raw + shift, 0.0)


def _coarse(depth_raw: Raw, case: ImageCase) -> NDArray[np.float64]:
    step = _mm(case, STEP_MM[case.step])
    return np.floor(depth_raw / step) * step


def _swapped_bytes(depth_raw: Raw, _case: ImageCase) -> Raw:
    return depth_raw.byteswap()


def _holes(depth_raw: Raw, case: ImageCase) -> Raw:
    depth_raw[case.rng().random(depth_raw.shape) < LOST_SHARE[case.step]] = 0
    return depth_raw


def _full_scale(depth_raw: Raw, case: ImageCase) -> Raw:
    """A camera that says 65535 where others say 0."""
    depth_raw[case.rng().random(depth_raw.shape) < LOST_SHARE[case.step]] = np.iinfo(np.uint16).max
    return depth_raw


def _cut(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
    """The transfer ended early: the rest of both pictures is zero."""
    rows = round(KEPT_ROWS[case.step] * frame.intrinsics.height)
    depth_raw = frame.depth_raw.copy()
    depth_raw[rows:] = 0
    color_rgb = None
    if frame.color_rgb is not None:
        color_rgb = frame.color_rgb.copy()
        color_rgb[rows:] = 0
    return replace(frame, depth_raw=depth_raw, color_rgb=color_rgb)


def _moved(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
    """Both pictures begin some pixels late."""
    shift = SHIFT_PX[case.step]
    axis = 1 if case.docked.source.seed % 2 else 0
    color = frame.color_rgb
    return replace(
        frame,
        depth_raw=np.roll(frame.depth_raw, shift, axis),
        color_rgb=None if color is None else np.roll(color, shift, axis),
    )


def _flipped(frame: RgbdFrame, axis: int) -> RgbdFrame:
    color = frame.color_rgb
    return replace(
        frame,
        depth_raw=np.ascontiguousarray(np.flip(frame.depth_raw, axis)),
        color_rgb=None if color is None else np.ascontiguousarray(np.flip(color, axis)),
    )


def _upside_down(frame: RgbdFrame, _case: ImageCase) -> RgbdFrame:
    return _flipped(frame, 0)


def _focal(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
    scale, k = SCALES[case.step], frame.intrinsics
    wrong = CameraIntrinsics(k.width, k.height, k.fx * scale, k.fy * scale, k.cx, k.cy)
    return replace(frame, intrinsics=wrong)


def _centre(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
    shift, k = SHIFT_PX[case.step], frame.intrinsics
    wrong = CameraIntrinsics(k.width, k.height, k.fx, k.fy, k.cx - shift, k.cy)
    return replace(frame, intrinsics=wrong)


def _noisy(case: ImageCase) -> list[SourceFrame]:
    """The projector failed: the matcher finds little to hold on to."""
    device = case.docked.source.scenario.device
    camera = device.depth_camera
    worse = replace(camera, subpixel_px=camera.subpixel_px * NOISE_FACTORS[case.step])
    frames = []
    for index, good in zip(case.docked.struck, case.docked.good, strict=True):
        depth_raw = measure(case.docked.rendering, device.intrinsics, worse, case.rng(index))
        frames.append(replace(good, frame=replace(good.frame, depth_raw=depth_raw)))
    return frames


def _again(frames: Sequence[SourceFrame], case: ImageCase) -> list[SourceFrame]:
    """Old pictures under the counters and stamps of today."""
    return [
        replace(
            old,
            frame=replace(
                old.frame,
                frame_index=today.frame.frame_index,
                stamp_ns=today.frame.stamp_ns,
                arrival_ns=today.frame.arrival_ns,
            ),
        )
        for old, today in zip(frames, case.docked.good, strict=True)
    ]


def _last(case: ImageCase, back: int = 1) -> SourceFrame:
    return case.docked.source.frame(case.docked.onset - back)


def _frozen(case: ImageCase) -> list[SourceFrame]:
    return _again([_last(case)] * len(case.docked.good), case)


def _looped(case: ImageCase) -> list[SourceFrame]:
    n = len(case.docked.good)
    return _again([_last(case, 1 + n + case.step - i) for i in range(n)], case)


def _duplicated(case: ImageCase) -> list[SourceFrame]:
    return [_last(case)] * len(case.docked.good)


def _restarted(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
    """The camera's counter and clock began anew."""
    base = case.docked.good[0].frame
    return replace(
        frame,
        frame_index=frame.frame_index - base.frame_index,
        stamp_ns=frame.stamp_ns - base.stamp_ns,
        arrival_ns=frame.arrival_ns - base.stamp_ns,
    )


def _late(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
    late_ns = (140, 160, 200, 500, 5000)[case.step] * 1_000_000
    return replace(frame, arrival_ns=frame.arrival_ns + late_ns)


def _from_the_future(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
    early_ns = (30, 100, 1000, 60_000, 3_600_000)[case.step] * 1_000_000
    return replace(frame, arrival_ns=frame.arrival_ns - early_ns)


def _other_serial(frame: RgbdFrame, case: ImageCase) -> RgbdFrame:
    serial = frame.device_serial
    others = (serial + "0", serial[:-1] + "X", "", serial.lower(), "0")
    return replace(frame, device_serial=others[case.step])


def _one_of(*reasons: Reason) -> frozenset[str]:
    return frozenset(map(str, reasons))


_CLOCK = _one_of(Reason.CLOCK_WENT_BACK)
_REPEATED = _one_of(Reason.FRAME_REPEATED)
_STALE = _one_of(Reason.FRAME_STALE)

SENSOR_FAULTS: tuple[ImageFault, ...] = (
    ImageFault("depth drifted", with_raw(_drifted)),
    ImageFault("depth scaled", with_raw(lambda raw, case: raw.astype(float) * SCALES[case.step])),
    ImageFault(
        "depth in another unit",
        edited(lambda f, case: replace(f, depth_unit_mm=f.depth_unit_mm * UNITS[case.step])),
    ),
    ImageFault("depth without its low bits", with_raw(_coarse)),
    ImageFault("depth with swapped bytes", with_raw(_swapped_bytes)),
    ImageFault("depth full of holes", with_raw(_holes)),
    ImageFault("holes at full scale", with_raw(_full_scale)),
    ImageFault("depth black", with_raw(lambda raw, _case: raw * 0)),
    ImageFault("depth noisy", _noisy),
    ImageFault("pictures cut short", edited(_cut)),
    ImageFault("pictures shifted", edited(_moved)),
    ImageFault("pictures upside down", edited(_upside_down)),
    ImageFault("wrong focal length", edited(_focal)),
    ImageFault("wrong image centre", edited(_centre)),
    ImageFault("frozen with moving stamps", _frozen, _REPEATED),
    ImageFault("looped with moving stamps", _looped, _REPEATED),
    ImageFault("frame duplicated", _duplicated, _CLOCK),
    ImageFault("camera restarted", edited(_restarted), _CLOCK),
    ImageFault("frames late", edited(_late), _STALE),
    ImageFault("frames from the future", edited(_from_the_future), _STALE),
    ImageFault("other serial", edited(_other_serial), _one_of(Reason.WRONG_CAMERA)),
)
