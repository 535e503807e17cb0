"""Frames of one QA measurement into its reference, or into figures against a reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.qa.baseline import Baseline
from calibration.qa.phantom import PhantomPose, mean_pose, moved
from calibration.qa.plane import PlaneSight, compare, find_base, stack_noise_percent
from calibration.qa_metric import Metric
from calibration.rig_check import expires_at, holds_from
from recordings.source import Origin
from tracking.arrays import Bool, Float
from tracking.errors import CalibrationError
from tracking.frame import RgbdFrame
from tracking.registration import Registration
from tracking.rig import Rig

MARGIN_PX = 12  # around the phantom: smeared edges and the band that the second imager cannot see
N_STACKED = 40  # frames of the temporal noise, as it is published
NS_PER_DAY = 24 * 3600 * 10**9


@dataclass(eq=False)
class Gathered:
    """What the frames of one measurement have shown so far.

    `depth_mm` handed to `add` is without the rig's bias.
    """

    baseline: Baseline | None = None
    registrations: list[Registration] = field(default_factory=list)
    sights: list[PlaneSight] = field(default_factory=list)
    stack: list[NDArray[np.float32]] = field(default_factory=list)
    serials: set[str] = field(default_factory=set)
    n_frames: int = 0
    n_repeated: int = 0
    last: RgbdFrame | None = None
    free: Bool | None = None
    _expected: Float | None = field(default=None, init=False)

    def add(
        self,
        frame: RgbdFrame,
        depth_mm: NDArray[np.float32],
        applicator_mask: Bool,
        registration: Registration,
    ) -> None:
        """Take in one frame."""
        if self.last is not None and frame.depth_sha256 == self.last.depth_sha256:
            self.n_repeated += 1
        self.n_frames += 1
        self.last = frame
        self.serials.add(frame.device_serial)
        self.registrations.append(registration)
        self.free = _away_from(applicator_mask)
        if len(self.stack) < N_STACKED:
            self.stack.append(depth_mm)
        if self.baseline is not None and frame.intrinsics == self.baseline.intrinsics:
            if self._expected is None:
                self._expected = self.baseline.base.depth_mm(frame.intrinsics)
            self.sights.append(compare(depth_mm, self._expected, self.free))

    @property
    def expected_mm(self) -> Float | None:
        """The base's depth as the reference has it, (height, width), nan off the base."""
        return self._expected


def _away_from(applicator_mask: Bool) -> Bool:
    """Pixels farther than the margin from the phantom."""
    side = 2 * MARGIN_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    free: Bool = cv2.dilate(applicator_mask.astype(np.uint8), kernel) == 0
    return free


def reference(
    gathered: Gathered,
    rig: Rig,
    length_mm: float,
    *,
    applicator: str,
    origin: Origin,
    operator: str,
    taken_ns: int,
) -> Baseline:
    """Make the reference out of what was gathered.

    Raises
    ------
    CalibrationError
        The phantom was not registered in enough frames, or no flat base lies around it.
    """
    phantom = mean_pose(gathered.registrations, length_mm)
    frame, free = gathered.last, gathered.free
    if phantom is None or frame is None or free is None:
        statuses = sorted({str(r.status) for r in gathered.registrations}) or ["no frame"]
        raise CalibrationError(
            "The phantom cannot be used as a reference.",
            expected=f"the cone {applicator} registered in nearly every frame",
            actual=", ".join(statuses),
            remedy="Stand the cone on its base, free of hands, with its ring and rim in view.",
        )
    stack = np.stack(gathered.stack)
    n_seen = (stack > 0).sum(axis=0)
    mean = np.where(n_seen >= 0.8 * len(stack), stack.sum(axis=0) / np.maximum(n_seen, 1), np.nan)
    base = find_base(mean, free, frame.intrinsics, phantom.exit_mm)
    if base is None:
        raise CalibrationError(
            "No flat base is seen around the phantom.",
            expected="the plate that it stands on, within 220 mm of its rim",
            remedy="Stand the cone on a dull flat plate, and leave the plate free.",
        )
    return Baseline(
        camera_serial=rig.camera_serial,
        rig=rig.id,
        origin=origin,
        taken_ns=taken_ns,
        operator=operator,
        applicator=applicator,
        intrinsics=frame.intrinsics,
        depth_unit_mm=frame.depth_unit_mm,
        phantom=phantom,
        base=base,
    )


def figures(gathered: Gathered, baseline: Baseline, rig: Rig, at: datetime) -> tuple[Metric, ...]:
    """All figures of a measurement; what was not seen is left out, never made up.

    Parameters
    ----------
    at : datetime
        When it was measured.
    """
    now = mean_pose(gathered.registrations, baseline.phantom.length_mm)
    found = [*_camera(gathered, baseline, rig, at)]
    if now is not None:
        found += moved(baseline.phantom, now, rig.head_from_camera)
        found += _scatter(now)
    return (*found, *_plane(gathered))


def _camera(gathered: Gathered, baseline: Baseline, rig: Rig, at: datetime) -> list[Metric]:
    is_ours = gathered.serials == {rig.camera_serial} and baseline.rig == rig.id
    n_ok = sum(r.is_ok and r.axial_observable for r in gathered.registrations)
    left = (expires_at(rig) - at).total_seconds() / 86_400
    found = [
        Metric("serial_matches", float(is_ours), ""),
        Metric("calibration_days_left", left if at >= holds_from(rig) else -1.0, "d"),
        Metric("frames_used", float(n_ok), ""),
        Metric("frames_repeated", float(gathered.n_repeated), ""),
    ]
    if gathered.last is not None:
        frame = gathered.last
        found.append(
            Metric("depth_unit_change", frame.depth_unit_mm - baseline.depth_unit_mm, "mm")
        )
        found.append(Metric("grid_matches", float(frame.intrinsics == baseline.intrinsics), ""))
    return found


def _scatter(pose: PhantomPose) -> list[Metric]:
    root_n = float(np.sqrt(pose.n_frames))
    return [Metric("phantom_scatter", pose.exit_sigma_mm * root_n, "mm")]


def _plane(gathered: Gathered) -> list[Metric]:
    seen = [s for s in gathered.sights if np.isfinite(s.bias_mm)]
    found: list[Metric] = []
    if gathered.sights:
        filled = float(np.mean([s.filled for s in gathered.sights]))
        found.append(Metric("fill_rate", 100 * filled, "%"))
    covered = [s.covered for s in gathered.sights if np.isfinite(s.covered)]
    if covered:
        found.append(Metric("view_covered", 100 * float(np.mean(covered)), "%"))
    if len(seen) < 3:
        return found
    bias = np.array([s.bias_mm for s in seen])
    tilt = np.hypot(np.mean([s.tilt_x for s in seen]), np.mean([s.tilt_y for s in seen]))
    third = max(1, len(seen) // 3)
    sigma = float(bias.std(ddof=1) / np.sqrt(len(seen)))
    found += [
        Metric("plane_bias", float(bias.mean()), "mm", sigma),
        Metric("plane_tilt", float(tilt), "mm"),
        Metric("drift", float(bias[-third:].mean() - bias[:third].mean()), "mm"),
        Metric("plane_fit_rms", float(np.median([s.rms_mm for s in seen])), "mm"),
    ]
    if gathered.expected_mm is not None and gathered.free is not None:
        of_base = np.isfinite(gathered.expected_mm) & gathered.free
        noise = stack_noise_percent(gathered.stack, of_base)
        if np.isfinite(noise):
            found.append(Metric("temporal_noise", noise, "%"))
    return found
