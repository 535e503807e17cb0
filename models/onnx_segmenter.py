"""The segmentation network on the CPU."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.applicator_parts import without_doubtful_parts
from models.color_outlines import Picture
from models.doubt import label_doubt
from models.features import painted, planes, planes_ahead
from models.folded_logits import unfolded
from models.labelling import winners
from models.letterbox import Letterbox
from models.manifest import Manifest
from models.prediction import Prediction
from models.segmenter import Ahead
from models.session import load_session
from models.two_at_once import both
from tracking.arrays import UInt8
from tracking.doubt import DoubtCause, LabelDoubt
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import EdgeQuality, Label, Segmentation

# Of upsampled logits: a pixel or two of the network's grid. Where two things meet, colour places
# them better; where three do, it may not.
NETWORK_EDGES = EdgeQuality(sigma_px=1.0, correlation_px=12.0, bias_px=3.0)

# Of the believed applicator: beside it stands something that is nearly called one too, and a second
# cone must not vanish because its own probability lies just below the threshold.
MAX_REFUSED_SHARE = 0.15


class OnnxSegmenter:
    """Segments frames with or without colour, of any size. Stateless, deterministic.

    Fails to: labels without applicator (the frame is then UNSURE).

    Raises
    ------
    ConfigurationError
        Manifest or weights missing, changed, not a plain network of the declared contract, or
        one that computes something else here than where it was exported.
    """

    def __init__(self, manifest_path: Path) -> None:
        self._manifest, self._session = load_session(manifest_path)

    @property
    def manifest(self) -> Manifest:
        """What the weights are."""
        return self._manifest

    @property
    def model_id(self) -> str:
        """Name and hash of weights and manifest."""
        return self._manifest.model_id

    def look_ahead(self, frame: RgbdFrame) -> Ahead:
        """The planes of depth."""
        return planes_ahead(frame.depth_mm, frame.intrinsics.fx, self._letterbox(frame))

    def segment(self, source_frame: SourceFrame, ahead: Ahead = None) -> Segmentation:
        """Label every pixel from depth and, where there is any, colour."""
        frame = source_frame.frame
        if not frame.depth_raw.any():
            return Segmentation(np.zeros(frame.intrinsics.shape, np.uint8), self.model_id)
        predicted = self.predict(frame, ahead)
        labels, doubt = both(lambda: predicted.labels, lambda: self._doubt(predicted, frame))
        return Segmentation(labels, self.model_id, NETWORK_EDGES, doubt)

    def _doubt(self, predicted: Prediction, frame: RgbdFrame) -> LabelDoubt:
        """How far what the network says may be believed."""
        doubt = label_doubt(self._manifest.doubt, predicted, frame)
        if predicted.refused_share > MAX_REFUSED_SHARE:
            doubt = replace(doubt, score=1.0, cause=DoubtCause.UNFAMILIAR)
        return doubt

    def predict(self, frame: RgbdFrame, ahead: Ahead = None) -> Prediction:
        """Run the network; parts of an applicator that are too small or too unsure are none."""
        tensor, letterbox = self.canvas(frame, ahead)
        found = self.logits(tensor, letterbox)
        small = winners(found)
        shown = without_doubtful_parts(found, small, self._manifest.thresholds)
        refused_share = 0.0
        if shown is not found:
            n_called = int(np.count_nonzero(small == Label.APPLICATOR.value))
            small = winners(shown)
            n_believed = int(np.count_nonzero(small == Label.APPLICATOR.value))
            refused_share = (n_called - n_believed) / n_believed if n_believed else 0.0
        picture = Picture.of(frame.color_rgb, tensor, letterbox)
        return Prediction(shown, letterbox.source, small, refused_share, picture)

    def canvas(self, frame: RgbdFrame, ahead: Ahead = None) -> tuple[UInt8, Letterbox]:
        """The network's input, and where the image lies on it; `ahead` is completed in place."""
        letterbox, color_rgb = self._letterbox(frame), frame.color_rgb
        if ahead is not None:
            return painted(ahead, color_rgb, letterbox), letterbox
        return planes(frame.depth_mm, color_rgb, frame.intrinsics.fx, letterbox), letterbox

    def _letterbox(self, frame: RgbdFrame) -> Letterbox:
        contract = self._manifest.input
        return Letterbox.fit(frame.intrinsics.shape, (contract.height, contract.width))

    def logits(self, tensor: UInt8, letterbox: Letterbox) -> NDArray[np.float32]:
        """Logits (n_classes, h, w) on the part of the canvas that shows the image."""
        folded = self._session.answer(tensor)
        return unfolded(folded, letterbox.top, letterbox.left, *letterbox.fitted)
