"""Whether a rig may be used: at this time, with this camera."""

from __future__ import annotations

from datetime import datetime, timedelta

from recordings.source import Origin
from tracking.errors import CalibrationError
from tracking.rig import ANY_SERIAL, Rig

# Plans tolerate 2 mm and 1 deg at three sigma: a rig beyond these is never part of a READY.
MAX_POSITION_SIGMA_MM = 5.0  # of the head's origin, which may lie off where the camera looks
MAX_ANGLE_SIGMA_DEG = 1.0


def expires_at(rig: Rig) -> datetime:
    """Return the last moment at which the calibration of the mount and of the depth holds."""
    mount = rig.calibrated_at + timedelta(days=rig.valid_days)
    return mount if rig.depth_calibration is None else min(mount, rig.depth_calibration.expires_at)


def holds_from(rig: Rig) -> datetime:
    """Return the first moment at which both hold."""
    depth = rig.depth_calibration
    return rig.calibrated_at if depth is None else max(rig.calibrated_at, depth.calibrated_at)


def is_rig_valid(rig: Rig, at: datetime) -> bool:
    """Tell whether `at` lies between calibration and expiry, both included."""
    return holds_from(rig) <= at <= expires_at(rig)


def check_rig_is_valid(rig: Rig, at: datetime) -> None:
    """Raise CalibrationError unless `at` lies between calibration and expiry."""
    if not is_rig_valid(rig, at):
        raise CalibrationError(
            f"The rig calibration {rig.id} does not hold at this time.",
            expected=f"between {holds_from(rig).isoformat()} and {expires_at(rig).isoformat()}",
            actual=at.isoformat(timespec="seconds"),
            remedy="Calibrate the rig, and check the computer's clock.",
        )


def check_rig_sigmas(position_sigma_mm: float, angle_sigma_deg: float, what: str) -> None:
    """Raise CalibrationError where a rig's stated sigmas (1-sigma) are too large to be of use."""
    if position_sigma_mm <= MAX_POSITION_SIGMA_MM and angle_sigma_deg <= MAX_ANGLE_SIGMA_DEG:
        return
    raise CalibrationError(
        f"{what} is too uncertain to be of use.",
        expected=f"sigmas of at most {MAX_POSITION_SIGMA_MM:g} mm and {MAX_ANGLE_SIGMA_DEG:g} deg",
        actual=f"{position_sigma_mm:.3g} mm and {angle_sigma_deg:.3g} deg",
        remedy="Calibrate the rig again: more and sharper views, a board and poses that agree.",
    )


def check_rig_fits_camera(rig: Rig, device_serial: str, origin: Origin) -> None:
    """Hold the rig's camera against the one that delivers the frames.

    A foreign or simulated source that carries no serial passes; a live one never does.

    Raises
    ------
    CalibrationError
        Another camera, a live camera without a serial, or "any" for a live camera.
    """
    is_live = origin == "live"
    depth = rig.depth_calibration
    if depth and device_serial and depth.camera_serial not in {ANY_SERIAL, device_serial}:
        raise CalibrationError(
            "The rig's depth was calibrated with another camera.",
            expected=f"camera {depth.camera_serial}, as in [depth.calibration]",
            actual=f"camera {device_serial}",
            remedy="Calibrate the depth of this camera (calibrate depth).",
        )
    if rig.camera_serial == ANY_SERIAL:
        if is_live:
            raise CalibrationError(
                f"The rig {rig.id} is not calibrated for one camera.",
                expected=f"camera_serial of the camera in use ({device_serial or 'unknown'})",
                actual=f'camera_serial = "{ANY_SERIAL}", for simulated and foreign sources only',
                remedy="Calibrate this camera on its head.",
            )
        return
    if device_serial == rig.camera_serial or (not device_serial and not is_live):
        return
    raise CalibrationError(
        "The rig was calibrated with another camera.",
        expected=f"camera {rig.camera_serial}, as in the rig {rig.id}",
        actual=f"camera {device_serial or 'without a serial number'}",
        remedy="Use the rig file of this camera, or the camera of this rig.",
    )
