"""The protocol behind which every segmenter stands."""

from __future__ import annotations

from typing import Protocol

from tracking.frame import SourceFrame
from tracking.segmentation import Segmentation


class Segmenter(Protocol):
    """Turns a frame into a label image in the depth grid. Deterministic and stateless."""

    @property
    def model_id(self) -> str:
        """Identity of what produces the labels: name and content hash."""
        ...

    def segment(self, source_frame: SourceFrame) -> Segmentation:
        """Label every pixel; an empty or unusable frame gives labels without applicator."""
        ...
