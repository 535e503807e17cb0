"""What a look through a RealSense file, without the vendor's library, found out about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Survey:
    """How many depth and colour images are whole, and what is wrong with the rest.

    `damage` None: every image of the file is whole. Else the vendor's library would refuse
    the file or read it wrongly, and a copy of what is whole must be made first.
    """

    n_depth: int
    n_color: int
    damage: str | None = None


def is_depth_image(topic: str) -> bool:
    """Whether a recording's topic carries depth images (several names over the versions)."""
    return "/Depth_" in topic and "/image/data" in topic


def is_color_image(topic: str) -> bool:
    """Whether a recording's topic carries colour images."""
    return "/Color_" in topic and "/image/data" in topic


def is_depth_metadata(topic: str) -> bool:
    """Whether a recording's topic carries what belongs to each depth image."""
    return "/Depth_" in topic and topic.endswith("/image/metadata")
