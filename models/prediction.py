"""What the network said about one frame, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import UInt8


@dataclass(frozen=True, eq=False)
class Prediction:
    """Logits and labels of one frame.

    Attributes
    ----------
    logits : float32 (n_classes, h, w)
        On the part of the canvas that shows the image.
    small : uint8 (h, w)
        Labels there; without applicator where too little speaks for one.
    labels : uint8 (height, width)
        Labels in the depth grid, likewise.
    refused_share : float
        Of parts called applicator that were refused, over what was believed; 0 without either.
    """

    logits: NDArray[np.float32]
    small: UInt8
    labels: UInt8
    refused_share: float = 0.0
