"""The segmentation network on the CPU. The only importer of onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.features import planes
from models.labelling import label_image, mean_probability, winners
from models.letterbox import Letterbox
from models.manifest import REMEDY, InputContract, Manifest, read_manifest, read_weights
from tracking.arrays import UInt8
from tracking.errors import ConfigurationError
from tracking.frame import SourceFrame
from tracking.segmentation import EdgeQuality, Label, Segmentation

NETWORK_EDGES = EdgeQuality(  # of upsampled logits: a pixel or two of the network's grid
    sigma_px=1.0, correlation_px=12.0, bias_px=3.0
)
N_THREADS = 2  # the target machine's cores; a fixed number keeps sums in one order


class OnnxSegmenter:
    """Segments frames with or without colour, of any size. Stateless, deterministic.

    Fails to: labels without applicator (the frame is then UNSURE).

    Raises
    ------
    ConfigurationError
        Manifest or weights missing, changed, or not a network of the declared contract.
    """

    def __init__(self, manifest_path: Path) -> None:
        self._manifest = read_manifest(manifest_path)
        weights = read_weights(manifest_path, self._manifest)
        self._session = open_session(weights, self._manifest)

    @property
    def model_id(self) -> str:
        """Name and content hash of the weights."""
        return self._manifest.model_id

    def segment(self, source_frame: SourceFrame) -> Segmentation:
        """Label every pixel from depth and, where there is any, colour."""
        frame = source_frame.frame
        if not frame.depth_raw.any():
            return Segmentation(np.zeros(frame.intrinsics.shape, np.uint8), self.model_id)
        contract = self._manifest.input
        letterbox = Letterbox.fit(frame.intrinsics.shape, (contract.height, contract.width))
        tensor = planes(frame.depth_mm, frame.color_rgb, letterbox)
        output = self._session.run([self._manifest.output], {contract.name: tensor})
        logits: NDArray[np.float32] = np.asarray(output[0])[0]
        shown = np.ascontiguousarray(logits[:, *letterbox.window])
        small, labels = winners(shown), label_image(logits, letterbox)
        if not self._shows_applicator(shown, small):
            for image in (small, labels):
                image[image == Label.APPLICATOR] = Label.OTHER
        proposed = (small == Label.APPLICATOR) | (small == Label.TUMOR_BED)
        return Segmentation(labels, self.model_id, mean_probability(shown, proposed), NETWORK_EDGES)

    def _shows_applicator(self, logits: NDArray[np.float32], labels: UInt8) -> bool:
        """Whether the applicator's pixels are enough and sure enough to be one."""
        is_applicator = labels == Label.APPLICATOR
        confidence = mean_probability(logits, is_applicator)
        thresholds = self._manifest.thresholds
        return (
            confidence is not None
            and confidence >= thresholds.applicator_min_confidence
            and float(is_applicator.mean()) >= thresholds.applicator_min_fraction
        )


def open_session(weights: bytes, manifest: Manifest) -> ort.InferenceSession:
    """Open the network in `weights` and hold its signature against the manifest."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = N_THREADS
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the cores that ray casting needs: 20 ms, not 11.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # errors only: they are raised as well
    try:
        session = ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no narrower base class
        raise ConfigurationError(
            f"onnxruntime refuses the model {manifest.file}", actual=str(error), remedy=REMEDY
        ) from error
    _check_signature(session, manifest.input, manifest)
    return session


def _check_signature(
    session: ort.InferenceSession, contract: InputContract, manifest: Manifest
) -> None:
    size = [contract.height, contract.width]
    expected = {
        contract.name: [1, len(contract.channels), *size],
        manifest.output: [1, len(manifest.classes), *size],
    }
    actual = {node.name: node.shape for node in [*session.get_inputs(), *session.get_outputs()]}
    if actual != expected:
        raise ConfigurationError(
            f"the network in {manifest.file} has another signature than its manifest",
            expected=str(expected),
            actual=str(actual),
            remedy=REMEDY,
        )
