"""`calibrate depth`: planes at known distances, to noise model and bias, to the rig file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.depth_bias import BiasFit, bias_point, fit_bias
from calibration.depth_noise_fit import NoiseFit, fit_noise
from calibration.depth_quality import DepthQuality, depth_quality
from calibration.plane_frames import PlaneFrames, Region, central_region
from calibration.plane_reference import PlaneReference
from calibration.rig_check import check_rig_fits_camera
from calibration.rig_file import read_rig
from pipeline.config.config_tables import rig_table
from pipeline.depth_reference import BoardReference, BoardWatch
from recordings.opening import open_source
from recordings.source import SourceHeader
from tracking.depth_calibration import DepthCalibration
from tracking.depth_noise import StereoNoise
from tracking.errors import CalibrationError, SourceError, UsageError
from tracking.rig import ANY_SERIAL, Rig
from tracking.toml_text import toml_text
from tracking.transforms import angle_between_deg

NOISE_RATIO_WARNED = 1.3  # of the noise in disparity at two distances: one model would fit neither
ANISOTROPY_WARNED = 1.5  # of the correlation along rows and columns
FIXED_WARNED = 1.0  # times the noise that changes: the plane may not be flat
FEW_FRAMES = 20
TURN_WARNED_DEG = 1.0  # between the board's plane and the depth's


@dataclass(frozen=True)
class DepthRequest:
    """One calibration. `sources` and `distances_mm` belong together in order.

    `reference`: a board in the picture tells the distances instead; `distances_mm` is empty then,
    and `reference_sigma_mm` what its pose cannot know (print, mounting of the colour camera).
    """

    sources: tuple[str, ...]
    distances_mm: tuple[float, ...]
    rig_path: Path
    out_path: Path
    now: datetime
    reference_sigma_mm: float
    valid_days: float
    n_frames: int
    region: Region | None = None
    degree: int | None = None
    temperature_c: tuple[float, float] | None = None
    warm_up_min: float | None = None
    reference: BoardReference | None = None


@dataclass(frozen=True, eq=False)
class PlaneOutcome:
    """One recording: its true distance with its sigma, quality figures and noise."""

    source: str
    distance_mm: float
    sigma_mm: float
    frames: PlaneFrames
    quality: DepthQuality
    noise: NoiseFit
    board: PlaneReference | None = None


@dataclass(frozen=True, eq=False)
class DepthOutcome:
    """What was found, and the rig that holds it."""

    rig: Rig
    planes: tuple[PlaneOutcome, ...]
    bias: BiasFit
    noise: StereoNoise
    warnings: tuple[str, ...]


def calibrate_depth(request: DepthRequest) -> DepthOutcome:
    """Measure every plane, fit noise and bias, and write the rig file.

    Raises
    ------
    UsageError, SourceError, ConfigurationError, CalibrationError
        As the parts say; nothing is written then.
    """
    if request.reference is not None and request.distances_mm:
        raise UsageError(
            "--board tells the distances: --distance-mm is one too many.",
            remedy="Give --board and --camera, or --distance-mm for each source.",
        )
    if request.reference is None and len(request.sources) != len(request.distances_mm):
        raise UsageError(
            "Every source needs its distance.",
            expected=f"{len(request.sources)} times --distance-mm, in the order of the sources",
            actual=str(len(request.distances_mm)),
        )
    rig = read_rig(request.rig_path)
    if not isinstance(rig.depth, StereoNoise):
        raise CalibrationError(
            "Only the noise of stereo cameras is calibrated.",
            expected='model = "stereo" in [depth]',
            actual='model = "depth"',
        )
    planes, serials = [], set()
    for index, source in enumerate(request.sources):
        frames, header, board = _read_plane(source, rig, rig.depth, request)
        serials.add(header.device_serial)
        distance = request.distances_mm[index] if board is None else board.distance_mm
        own = 0.0 if board is None else board.sigma_mm
        sigma = float(np.hypot(request.reference_sigma_mm, own))
        quality, noise_fit = depth_quality(frames, distance), fit_noise(frames)
        planes.append(PlaneOutcome(source, distance, sigma, frames, quality, noise_fit, board))
    bias = fit_bias(
        [bias_point(p.frames, p.noise, p.distance_mm, p.sigma_mm) for p in planes], request.degree
    )
    noise = _pooled(rig.depth, planes, bias)
    held = DepthCalibration(
        camera_serial=_serial(serials, rig),
        calibrated_at=request.now,
        valid_days=request.valid_days,
        distance_mm=bias.range_mm,
        reference_sigma_mm=max(p.sigma_mm for p in planes),
        temperature_c=request.temperature_c,
        warm_up_min=request.warm_up_min,
    )
    calibrated = replace(rig, depth=noise, depth_calibration=held)
    _write(request.out_path, calibrated)
    return DepthOutcome(calibrated, tuple(planes), bias, noise, _warnings(planes, bias, rig.depth))


def _read_plane(
    uri: str, rig: Rig, stereo: StereoNoise, request: DepthRequest
) -> tuple[PlaneFrames, SourceHeader, PlaneReference | None]:
    source = open_source(uri, applicators={})
    watch = None if request.reference is None else BoardWatch(request.reference, uri, [])
    try:
        header = source.header
        check_rig_fits_camera(rig, header.device_serial, header.origin)
        whole = Region(0, 0, header.intrinsics.width, header.intrinsics.height)
        region = request.region or (whole if watch else central_region(header.intrinsics))
        depth: list[NDArray[np.float32]] = []
        stamps: list[int] = []
        while len(depth) < request.n_frames and (read := source.read()) is not None:
            depth.append(read.frame.depth_mm[region.slices])
            stamps.append(read.frame.stamp_ns)
            if watch is not None:
                watch.look(read)
    finally:
        source.close()
    if not depth:
        raise SourceError(f"The source {uri} has no frame.")
    board = None if watch is None else watch.plane(header.intrinsics)
    stack = np.stack(depth)
    if board is not None and request.region is None:
        region = board.region
        stack = np.ascontiguousarray(stack[:, *region.slices])
    frames = PlaneFrames(
        stack, header.intrinsics, region, stereo, header.depth_unit_mm, tuple(stamps)
    )
    return frames, header, board


def _pooled(rig: StereoNoise, planes: Sequence[PlaneOutcome], bias: BiasFit) -> StereoNoise:
    """Root mean square noise, mean correlation; what the rig says of the pair stays."""
    subpixel = float(np.sqrt(np.mean([p.noise.subpixel_px**2 for p in planes])))
    correlation = float(np.mean([p.noise.correlation_px for p in planes]))
    return StereoNoise(
        baseline_mm=rig.baseline_mm,
        subpixel_px=subpixel,
        correlation_px=correlation,
        bias_mm=bias.coefficients_mm,
        focal_px=rig.focal_px,
    )


def _serial(serials: set[str], rig: Rig) -> str:
    known = sorted(serials - {""})
    if len(known) > 1:
        raise CalibrationError(
            "The recordings are of different cameras.",
            expected="one camera",
            actual=", ".join(known),
            remedy="Calibrate each camera from its own recordings.",
        )
    return known[0] if known else rig.camera_serial or ANY_SERIAL


def _warnings(planes: Sequence[PlaneOutcome], bias: BiasFit, old: StereoNoise) -> tuple[str, ...]:
    found = []
    if len({round(p.distance_mm) for p in planes}) == 1:
        found.append(
            f"A single distance ({planes[0].distance_mm:.0f} mm): the bias is taken as the same at "
            "every other, and a wrong distance would not show. Record three or more."
        )
    noises = [p.noise.subpixel_px for p in planes]
    if max(noises) > NOISE_RATIO_WARNED * min(noises):
        found.append(
            f"The noise in disparity is {min(noises):.3f} to {max(noises):.3f} px over the "
            "distances: texture, light or focus differ between the recordings."
        )
    if not bias.is_consistent:
        found.append(
            f"The bias scatters beyond its sigmas (p = {bias.misfit_p:.2g}): a distance is wrong, "
            "or the reference is less sure than --distance-sigma-mm says."
        )
    for plane in planes:
        found += _plane_warnings(plane)
    for point in bias.points:
        was = float(np.polynomial.polynomial.polyval(point.measured_mm, np.array(old.bias_mm)))
        if abs(point.bias_mm - was) > 3 * point.sigma_mm:
            found.append(
                f"At {point.distance_mm:g} mm the rig's former bias was {was:.2f} mm; "
                f"{point.bias_mm:.2f} +- {point.sigma_mm:.2f} mm is measured."
            )
    return tuple(found)


def _plane_warnings(plane: PlaneOutcome) -> list[str]:
    found, noise = [], plane.noise
    if plane.board is not None:
        normal = plane.frames.fit.normal(plane.frames)
        turn = angle_between_deg(normal, plane.board.normal)
        if turn > TURN_WARNED_DEG:
            found.append(
                f"{plane.source}: the board's plane and the depth's differ by {turn:.1f} deg: is "
                "the board flat, and does --camera belong to this picture?"
            )
    if noise.n_frames < FEW_FRAMES:
        found.append(f"{plane.source}: only {noise.n_frames} frames; 40 are better.")
    if noise.fixed_px > FIXED_WARNED * noise.temporal_px:
        found.append(
            f"{plane.source}: more of the noise stays ({noise.fixed_px:.3f} px) than changes "
            f"({noise.temporal_px:.3f} px): is the plane flat, and its texture fine?"
        )
    both = sorted((noise.row_correlation_px, noise.column_correlation_px))
    if both[1] > ANISOTROPY_WARNED * both[0]:
        found.append(
            f"{plane.source}: the noise is alike over {noise.row_correlation_px:.2f} px along "
            f"rows, {noise.column_correlation_px:.2f} px along columns; the model knows one."
        )
    return found


def _write(path: Path, rig: Rig) -> None:
    text = toml_text({"schema": 1, **rig_table(rig)})
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(
            f"--out: cannot write {path}",
            actual=error.strerror or str(error),
            remedy="Name another file, in a folder that exists.",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
