"""Words of the command line; nothing heavy is imported here."""

from __future__ import annotations

from enum import StrEnum


class Colour(StrEnum):
    """What of the colour stays."""

    KEEP = "keep"
    CONE = "cone"
    OFF = "off"
