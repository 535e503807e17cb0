"""What the network said about one frame, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.color_outlines import Picture
from models.labelling import label_image
from tracking.arrays import UInt8, frozen


@dataclass(frozen=True, eq=False)
class Prediction:
    """Logits and labels of one frame.

    Attributes
    ----------
    logits : float32 (n_classes, h, w)
        On the part of the canvas that shows the image.
    source : (height, width) of the image
    small : uint8 (h, w)
        Labels there, their winners; without applicator where too little speaks for one.
    refused_share : float
        Of parts called applicator that were refused, over what was believed; 0 without either.
    picture
        What labels along outlines follow; None: there is no colour.
    """

    logits: NDArray[np.float32]
    source: tuple[int, int]
    small: UInt8
    refused_share: float = 0.0
    picture: Picture | None = None

    @cached_property
    def labels(self) -> UInt8:
        """Labels in the depth grid (height, width), read-only, without doubtful applicator too."""
        labels = label_image(self.logits, self.source, self.small)
        return frozen(labels if self.picture is None else self.picture.outlined(labels, self.small))
