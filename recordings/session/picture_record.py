"""What a session keeps of a colour picture beside its image file."""

from __future__ import annotations

import hashlib

import numpy as np

from recordings.images import decode_grey, encode_grey
from recordings.session.intrinsics_record import (
    IntrinsicsRecord,
    NotNegative,
    Sha256,
    Side,
    StrictRecord,
)
from tracking.picture import ColorPicture


class PictureRecord(StrictRecord):
    """`ColorPicture` as JSON; `sha256` is of the encoded image."""

    intrinsics: IntrinsicsRecord
    camera_from_color: tuple[tuple[float, ...], ...]
    corner_px: tuple[NotNegative, NotNegative]
    width: Side
    height: Side
    distortion: tuple[float, ...]
    sha256: Sha256

    @staticmethod
    def of(picture: ColorPicture) -> tuple[PictureRecord, bytes]:
        """The record and the image file: the one it was decoded from, where there is one."""
        payload = picture.encoded or encode_grey(picture.grey)
        height, width = picture.grey.shape
        record = PictureRecord(
            intrinsics=IntrinsicsRecord.of(picture.intrinsics),
            camera_from_color=tuple(map(tuple, picture.camera_from_color.tolist())),
            corner_px=picture.corner_px,
            width=width,
            height=height,
            distortion=picture.distortion,
            sha256=hashlib.sha256(payload).hexdigest(),
        )
        return record, payload

    def picture(self, payload: bytes) -> ColorPicture:
        """Decode the picture; ValueError where image and record do not belong together."""
        if hashlib.sha256(payload).hexdigest() != self.sha256:
            raise ValueError("the hash of a frame's picture does not match")
        if self.width > self.intrinsics.width or self.height > self.intrinsics.height:
            raise ValueError("a part of a picture is larger than the picture")
        return ColorPicture(
            grey=decode_grey(payload, (self.height, self.width)),
            intrinsics=self.intrinsics.camera(),
            camera_from_color=np.array(self.camera_from_color),
            corner_px=self.corner_px,
            distortion=self.distortion,
            encoded=payload,
        )
