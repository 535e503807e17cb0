"""Check the image headers of a BOP folder against the scene before the first frame is served.

Labels are checked frame by frame: most runs do not need them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recordings.bop.image_header import ImageHeader, read_image_header
from recordings.bop.layout import color_path, depth_path
from recordings.bop.scene import SceneEntry
from tracking.errors import SourceError

DEPTH_BITS = 16
COLOR_CHANNELS = (3, 4)


def check_images(folder: Path, entries: tuple[SceneEntry, ...]) -> tuple[int, int]:
    """Return the (height, width) that every depth and colour image of the folder has.

    Files that are missing or do not start like an image are left to the reader, which serves
    the frames before them; only the first frame's depth must be there.

    Raises
    ------
    SourceError
        An image contradicts the others, or depth has no entry in the scene.
    """
    _check_nothing_extra(folder, entries)
    try:
        first = read_image_header(depth_path(folder, entries[0].index))
    except ValueError as error:
        raise SourceError(
            f"{folder}: the first frame has no readable depth image", actual=str(error)
        ) from error
    shape = first.shape
    for entry in entries:
        for header in _header(depth_path(folder, entry.index)):
            _check_depth(folder, entry.index, header, shape)
        for header in _header(color_path(folder, entry.index)):
            _check_color(folder, entry.index, header, shape)
    return shape


def _header(path: Path) -> Iterator[ImageHeader]:
    """Yield the header, nothing where it cannot be read: the reader will find the damage."""
    try:
        yield read_image_header(path)
    except ValueError:
        return


def _check_nothing_extra(folder: Path, entries: tuple[SceneEntry, ...]) -> None:
    listed = {depth_path(folder, entry.index).name for entry in entries}
    extra = sorted({p.name for p in (folder / "depth").glob("*.png")} - listed)
    if extra:
        raise SourceError(
            f"{folder}: {len(extra)} depth images have no intrinsics",
            expected="an entry in scene_camera.json for each of them",
            actual=", ".join(extra[:3]),
        )


def _check_depth(folder: Path, index: int, header: ImageHeader, shape: tuple[int, int]) -> None:
    if header.bits != DEPTH_BITS or header.channels != 1 or header.has_palette:
        raise SourceError(
            f"{folder}: frame {index} has a depth image of the wrong kind",
            expected=f"one channel of {DEPTH_BITS} bit",
            actual=str(header),
            remedy="export raw depth, not a picture of it",
        )
    if header.shape != shape:
        raise SourceError(
            f"{folder}: frame {index} has a depth image of another size",
            expected=_size(shape),
            actual=_size(header.shape),
        )


def _check_color(folder: Path, index: int, header: ImageHeader, shape: tuple[int, int]) -> None:
    if header.shape != shape:
        raise SourceError(
            f"{folder}: frame {index} has colour and depth of different size",
            expected=f"colour in the depth grid, {_size(shape)}",
            actual=_size(header.shape),
            remedy="warp colour to the depth grid before writing the folder",
        )
    if header.bits != 8 or header.channels not in COLOR_CHANNELS or header.has_palette:
        raise SourceError(
            f"{folder}: frame {index} has a colour image of the wrong kind",
            expected="RGB of 8 bit",
            actual=str(header),
        )


def check_label(path: Path, shape: tuple[int, int]) -> None:
    """Raise ValueError unless `path` starts like a label image in the depth grid."""
    header = read_image_header(path)
    if header.shape != shape or header.channels != 1 or header.bits > 8 or header.has_palette:
        raise ValueError(
            f"{path.parent.name}/{path.name} is not a label image in the depth grid: {header}, "
            f"expected {_size(shape)}, one channel of at most 8 bit"
        )


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[1]}x{shape[0]}"
