"""The protocol behind which every segmenter stands."""

from __future__ import annotations

from typing import Protocol

from tracking.arrays import UInt8
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Segmentation

Ahead = UInt8 | None
"""The planes of a frame's depth."""


class Segmenter(Protocol):
    """Turns a frame into a label image in the depth grid. Deterministic and stateless."""

    @property
    def model_id(self) -> str:
        """Identity of what produces the labels: name and content hash."""
        ...

    def look_ahead(self, frame: RgbdFrame) -> Ahead:
        """What can be worked out of the depth before the frame's colour is there; None: nothing."""
        ...

    def segment(self, source_frame: SourceFrame, ahead: Ahead = None) -> Segmentation:
        """Label every pixel; an empty or unusable frame gives labels without applicator.

        `ahead` is what `look_ahead` gave for a frame of the same depth; it is used up.
        """
        ...
