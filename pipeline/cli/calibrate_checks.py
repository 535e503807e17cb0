"""What every calibration that takes a camera asks of its pictures."""

from __future__ import annotations

from collections.abc import Sequence

from calibration.board_view import BoardView
from calibration.camera_file import Camera
from tracking.errors import CalibrationError


def require_size(views: Sequence[BoardView], camera: Camera) -> None:
    """Refuse pictures of another size than the camera's calibration.

    Raises
    ------
    CalibrationError
        As said.
    """
    size = (camera.lens.width, camera.lens.height)
    if views[0].size_px != size:
        raise CalibrationError(
            "The pictures have another size than the camera's calibration.",
            expected=f"{size[0]}x{size[1]}, as in {camera.id}",
            actual=f"{views[0].size_px[0]}x{views[0].size_px[1]}",
            remedy="Use pictures of the calibrated mode, or calibrate the camera in this one.",
        )


def lens_notes(camera: Camera) -> list[str]:
    """Say where the lens is taken as exact, for want of its sigmas."""
    if camera.covariance is not None:
        return []
    return [f"{camera.id} has no [sigma]: the lens is taken as exact, and the rig's sigma as less"]
