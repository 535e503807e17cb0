"""A colour picture as it will be recorded: a live run sees the pixels that its replay will see."""

from __future__ import annotations

from dataclasses import replace

from recordings.images import decode_grey, decode_jpeg, encode_grey, encode_jpeg
from tracking.frame import SourceFrame
from tracking.picture import ColorPicture


def as_recorded(picture: ColorPicture) -> ColorPicture:
    """The picture after its encoding, with the image file that a recording keeps."""
    height, width = picture.grey.shape
    encoded = encode_grey(picture.grey)
    return replace(picture, grey=decode_grey(encoded, (height, width)), encoded=encoded)


def color_as_recorded(source_frame: SourceFrame) -> tuple[SourceFrame, bytes | None]:
    """The frame with its colour after its encoding, and the image file that a recording keeps."""
    frame = source_frame.frame
    if frame.color_rgb is None:
        return source_frame, None
    encoded = encode_jpeg(frame.color_rgb)
    color = decode_jpeg(encoded, frame.intrinsics.shape)
    return replace(source_frame, frame=frame.with_color(color)), encoded
