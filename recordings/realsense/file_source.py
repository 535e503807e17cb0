"""A RealSense recording (`.db3`, `.bag`) as a source: every whole frame of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recordings.camera_settings import with_settings
from recordings.naming import file_name
from recordings.realsense.camera_model import assemble
from recordings.realsense.colour_warp import ColorCamera
from recordings.realsense.pairing import Pair, Pairing
from recordings.realsense.playable import make_playable
from recordings.realsense.playback import Playback
from recordings.source import Freshness, SourceHeader
from tracking.errors import SourceError
from tracking.frame import SourceFrame

NO_HEADER_REMEDY = "the file cannot be used; record again or take another copy"


class RealSenseFile:
    """A RealSense recording, origin foreign.

    A depth image whose colour is missing is served without colour. Of a damaged file the
    whole frames before the damage are served. `with_picture`: frames carry the colour camera's
    own picture too.

    Raises
    ------
    SourceError
        No readable header, no depth stream, or no depth unit.
    """

    def __init__(self, path: Path, *, with_picture: bool = False) -> None:
        self._path = path
        try:
            self._playable = make_playable(path)
        except OSError as error:
            raise SourceError(
                f"cannot read the recording {path}", actual=error.strerror or str(error)
            ) from error
        self._survey = self._playable.survey
        if self._survey.damage is None and self._survey.n_depth == 0:
            raise SourceError(
                f"{path} holds no depth images",
                remedy="record the depth stream with the vendor's tools, format Z16",
            )
        try:
            self._playback = Playback(self._playable.path, str(path))
        except SourceError:
            self._playable.close()
            raise
        except RuntimeError as error:
            self._playable.close()
            raise SourceError(
                f"{path} has no readable header",
                actual=self._survey.damage or str(error),
                remedy=NO_HEADER_REMEDY,
            ) from error
        self._model = replace(self._playback.model, keeps_picture=with_picture)
        self._pairing = Pairing(self._model.pairing_tolerance_ns)
        self._n_read = 0
        self._damage: str | None = None

    @property
    def header(self) -> SourceHeader:
        """As the recording's own headers say."""
        header = SourceHeader(
            uri=str(self._path),
            kind="realsense-file",
            origin="foreign",
            intrinsics=self._model.intrinsics,
            depth_unit_mm=self._model.depth_unit_mm,
            device_name=self._model.name,
            device_serial=self._model.serial,
            n_frames=self._survey.n_depth,
            frame_rate_hz=self._model.frame_rate_hz,
        )
        return with_settings(header, self._playback.settings)

    @property
    def color(self) -> ColorCamera | None:
        """Intrinsics and extrinsics (`color_from_depth`) of the colour camera, if recorded."""
        return self._model.color

    @property
    def n_color_images(self) -> int:
        """Whole colour images in the file; a depth image takes the one of its own exposure."""
        return self._survey.n_color

    @property
    def freshness(self) -> Freshness:
        """Recordings hand over every frame."""
        return Freshness.EVERY_FRAME

    @property
    def n_skipped(self) -> int:
        """Recordings skip nothing."""
        return 0

    @property
    def damage(self) -> str | None:
        """Why the file ended early."""
        return self._damage

    def read(self) -> SourceFrame | None:
        """Return the next frame, None at the end or where damage begins."""
        if self._damage is not None:
            return None
        reason = self._survey.damage
        if self._n_read < self._survey.n_depth:
            try:
                pair = self._next_pair()
                if pair is not None:
                    frame = assemble(self._model, *pair)
                    self._n_read += 1
                    return frame
                reason = reason or f"{self._survey.n_depth} depth images were expected"
            except ValueError as error:
                reason = str(error)
        if reason is not None:
            self._damage = (
                f"{file_name(self._path)} ends after {self._n_read} whole frames: {reason}"
            )
        return None

    def close(self) -> None:
        """Stop the library's threads and remove a repaired copy; safe to call twice."""
        self._playback.close()
        self._playable.close()

    def _next_pair(self) -> Pair | None:
        while (pair := self._pairing.pop(at_end=False)) is None:
            image = self._playback.next_image()
            if image is None:
                return self._pairing.pop(at_end=True)
            self._pairing.add(image)
        return pair
