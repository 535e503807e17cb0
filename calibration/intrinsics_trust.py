"""Whether a fitted lens may be written at all: wrong boards give numbers that no camera has."""

from __future__ import annotations

from calibration.intrinsics_fit import IntrinsicsFit
from tracking.errors import CalibrationError

MAX_RMS_PX = 2.0  # sharp corners give 0.1 to 0.5; blurred, bent and wide-angle sets below 1.5
FULL_PX = 2000  # pictures with a longer side may err by as much more
MAX_FOCAL_SIGMA = 0.05  # of fx: 20 mm at 400 mm
MAX_ASPECT = 0.1  # of fx / fy: the pixels of every sensor in use are square
CHECK_BOARD = (
    "Check --board against the print (size, order, spacing) and that the board is flat; take sharp "
    "pictures from different sides."
)


def check_lens_fit(fit: IntrinsicsFit) -> None:
    """Refuse a lens that fits badly, is hardly known, or that no camera has.

    Raises
    ------
    CalibrationError
        As said.
    """
    lens = fit.lens
    most_px = MAX_RMS_PX * max(1.0, max(lens.width, lens.height) / FULL_PX)
    if not fit.rms_px <= most_px:
        raise CalibrationError(
            "The board's points do not lie where any lens puts them.",
            expected=f"an rms of at most {most_px:.2g} px",
            actual=f"{fit.rms_px:.3g} px",
            remedy=CHECK_BOARD,
        )
    fx, fy = (float(f) for f in lens.pinhole[:2])
    sigma = float(fit.stated_sigma[0]) / fx
    if not sigma <= MAX_FOCAL_SIGMA:
        raise CalibrationError(
            "The pictures hardly tell the focal length.",
            expected=f"fx known to {MAX_FOCAL_SIGMA:.0%}",
            actual=f"fx = {fx:.5g} px, known to {sigma:.0%}",
            remedy="Tilt the board by 20 to 40 degrees, differently in each picture, at two "
            "distances.",
        )
    if not abs(fx / fy - 1) <= MAX_ASPECT:
        raise CalibrationError(
            "The focal lengths of the two axes differ by more than any camera's.",
            expected=f"fx and fy within {MAX_ASPECT:.0%}",
            actual=f"fx = {fx:.5g} px, fy = {fy:.5g} px",
            remedy=CHECK_BOARD + " Do not stretch the pictures.",
        )
