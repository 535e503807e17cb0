"""Size and kind of an image file from its first bytes, so that a folder is checked at opening."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from recordings.images import jpeg_size

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_IHDR = struct.Struct(">8sI4sIIBB")  # signature, length, type, width, height, depth, colour
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PNG_PALETTE = 3
MAX_PIXELS = 1 << 25  # no camera's picture is larger; 5793 x 5793


@dataclass(frozen=True)
class ImageHeader:
    """What an image file announces."""

    height: int
    width: int
    bits: int
    channels: int
    has_palette: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    def __str__(self) -> str:
        palette = ", palette" if self.has_palette else ""
        return f"{self.width}x{self.height}, {self.channels} x {self.bits} bit{palette}"


def read_image_header(path: Path) -> ImageHeader:
    """Read the header of a PNG or JPEG.

    Raises
    ------
    ValueError
        The file is missing, cannot be read, does not start like an image, or announces more than
        `MAX_PIXELS`.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(PNG_IHDR.size)
            if path.suffix == ".jpg":
                height, width = jpeg_size(start + stream.read())
                return _capped(path, ImageHeader(height, width, 8, 3, has_palette=False))
    except OSError as error:
        raise ValueError(f"{path.parent.name}/{path.name}: {error.strerror}") from error
    if len(start) < PNG_IHDR.size:
        raise ValueError(f"{path.parent.name}/{path.name} has {len(start)} bytes: no image")
    signature, _, kind, width, height, bits, color = PNG_IHDR.unpack(start)
    if signature != PNG_SIGNATURE or kind != b"IHDR" or color not in PNG_CHANNELS:
        raise ValueError(f"{path.parent.name}/{path.name} does not start like a PNG")
    return _capped(
        path, ImageHeader(height, width, bits, PNG_CHANNELS[color], color == PNG_PALETTE)
    )


def _capped(path: Path, header: ImageHeader) -> ImageHeader:
    if header.height * header.width > MAX_PIXELS:
        raise ValueError(f"{path.parent.name}/{path.name} announces {header}: no camera's picture")
    return header
