"""A colour picture as it will be recorded: a live run sees the pixels that its replay will see."""

from __future__ import annotations

from dataclasses import replace

from recordings.images import decode_grey, encode_grey
from tracking.picture import ColorPicture


def as_recorded(picture: ColorPicture) -> ColorPicture:
    """The picture after its encoding, with the image file that a recording keeps."""
    height, width = picture.grey.shape
    encoded = encode_grey(picture.grey)
    return replace(picture, grey=decode_grey(encoded, (height, width)), encoded=encoded)
