"""What the network said about one frame, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.labelling import label_image
from models.letterbox import Letterbox
from tracking.arrays import UInt8


@dataclass(frozen=True, eq=False)
class Prediction:
    """Logits and labels of one frame.

    Attributes
    ----------
    canvas_logits : float32 (n_classes, *canvas)
        Without applicator where too little speaks for one.
    letterbox
        Where the image lies on the canvas.
    logits : float32 (n_classes, h, w)
        The same on the part of the canvas that shows the image.
    small : uint8 (h, w)
        Labels there.
    """

    canvas_logits: NDArray[np.float32]
    letterbox: Letterbox
    logits: NDArray[np.float32]
    small: UInt8

    def labels(self) -> UInt8:
        """Labels in the depth grid, (height, width)."""
        return label_image(self.canvas_logits, self.letterbox)
