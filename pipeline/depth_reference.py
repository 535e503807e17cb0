"""Where each frame of a depth calibration shows its board: in the colour picture, or in the grid.

A source that carries the colour camera's own picture is asked there; otherwise the picture in the
depth grid is (an infrared one, or colour that was carried there).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from calibration.board_detection import detect_board
from calibration.board_spec import BoardSpec
from calibration.board_view import BoardView
from calibration.camera_file import Camera
from calibration.plane_reference import PlaneReference, plane_reference
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.errors import CalibrationError, SourceError
from tracking.frame import SourceFrame


@dataclass(frozen=True, eq=False)
class BoardReference:
    """The board that tells the true plane, and the camera whose picture shows it."""

    board: BoardSpec
    camera: Camera


@dataclass(eq=False)
class BoardWatch:
    """Looks for the board frame by frame; `plane` then tells where it stood."""

    reference: BoardReference
    uri: str
    views: list[BoardView]
    n_frames: int = 0
    depth_from_picture: Float | None = None

    def look(self, read: SourceFrame) -> None:
        """Look for the board in one frame.

        Raises
        ------
        SourceError
            The frame has no picture.
        CalibrationError
            The picture has another size than the camera's calibration.
        """
        gray, corner_px, size, self.depth_from_picture = _picture(read, self.uri)
        lens = self.reference.camera.lens
        if size != (lens.width, lens.height):
            raise CalibrationError(
                f"The pictures of {self.uri} have another size than the camera's calibration.",
                expected=f"{lens.width}x{lens.height}, as in {self.reference.camera.id}",
                actual=f"{size[0]}x{size[1]}",
                remedy="Name the camera.toml of the camera and mode that the recording holds.",
            )
        self.n_frames += 1
        view = detect_board(gray, self.reference.board, f"{self.uri}, frame {self.n_frames}")
        if isinstance(view, BoardView):
            self.views.append(replace(view, points_px=view.points_px + corner_px, size_px=size))

    def plane(self, grid: CameraIntrinsics) -> PlaneReference:
        """The board's plane in the depth camera's space; raises as `plane_reference`."""
        camera = self.reference.camera
        pose = np.eye(4) if self.depth_from_picture is None else self.depth_from_picture
        return plane_reference(
            self.views, self.n_frames, camera.lens, camera.covariance, pose, grid
        )


def _picture(read: SourceFrame, uri: str) -> tuple[UInt8, Float, tuple[int, int], Float]:
    """Grey picture, its corner in the whole one, the whole one's size, `depth_from_picture`."""
    if (picture := read.picture) is not None:
        size = (picture.intrinsics.width, picture.intrinsics.height)
        corner = np.array(picture.corner_px, dtype=np.float64)
        return picture.grey, corner, size, picture.camera_from_color
    if read.frame.color_rgb is None:
        raise SourceError(
            f"The source {uri} has no picture in which the board could be found.",
            expected="frames with colour, or with an infrared picture in the depth grid",
            remedy="Record with colour, or give --distance-mm instead of --board.",
        )
    gray = cv2.cvtColor(read.frame.color_rgb, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    grid = read.frame.intrinsics
    return gray, np.zeros(2), (grid.width, grid.height), np.eye(4)
