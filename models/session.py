"""Opens a network. The only importer of onnxruntime outside training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.folded_logits import unfolded
from models.known_answer import Network, check_known_answer, known_answer
from models.manifest import (
    REMEDY,
    Manifest,
    ManifestDraft,
    read_manifest,
    read_weights,
)
from models.onnx_structure import inspect_structure
from tracking.arrays import UInt8
from tracking.errors import ConfigurationError

N_THREADS = 2  # the target machine's cores; a fixed number keeps sums in one order


def load_session(manifest_path: Path) -> tuple[Manifest, ort.InferenceSession]:
    """Read a manifest and open its network, each step proven before the next.

    Size, hash, structure, runtime, signature, known answer: in this order.

    Raises
    ------
    ConfigurationError
        The first thing that is not as it should be.
    """
    manifest = read_manifest(manifest_path)
    session = open_session(read_weights(manifest_path, manifest), manifest)
    check_known_answer(manifest.known_answer, network_of(session, manifest), manifest.input_shape)
    return manifest, session


def open_session(weights: bytes, manifest: ManifestDraft) -> ort.InferenceSession:
    """Open the network in `weights`, once its structure is an ordinary one.

    Raises
    ------
    ConfigurationError
        A structure, or a signature, that the manifest does not declare; the runtime refuses it.
    """
    inputs = {manifest.input.name: manifest.input_shape}
    outputs = {manifest.output: manifest.output_shape}
    inspect_structure(weights, opset=manifest.opset, inputs=inputs, outputs=outputs)
    options = ort.SessionOptions()
    options.intra_op_num_threads = N_THREADS
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the cores that ray casting needs: 20 ms, not 11.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Else bytes that also look like the runtime's own format are read as that, uninspected.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # errors only: they are raised as well
    try:
        session = ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no narrower base class
        raise ConfigurationError(
            f"onnxruntime refuses the model {manifest.file}", actual=str(error), remedy=REMEDY
        ) from error
    nodes = [*session.get_inputs(), *session.get_outputs()]
    actual = {node.name: tuple(node.shape) for node in nodes}
    if actual != inputs | outputs:
        raise ConfigurationError(
            f"the network in {manifest.file} has another signature than its manifest",
            expected=str(inputs | outputs),
            actual=str(actual),
            remedy=REMEDY,
        )
    return session


def answered(draft: ManifestDraft, session: ort.InferenceSession) -> Manifest:
    """Complete a draft by the answer that its network gives here."""
    answer = known_answer(network_of(session, draft), draft.input_shape)
    return Manifest.model_validate(
        draft.model_dump(by_alias=True) | {"known_answer": answer.model_dump()}
    )


def network_of(session: ort.InferenceSession, manifest: ManifestDraft) -> Network:
    """The session as a function from planes to logits."""

    def logits(planes: UInt8) -> NDArray[np.float32]:
        folded = np.asarray(session.run([manifest.output], {manifest.input.name: planes})[0])
        size = manifest.input.height, manifest.input.width
        return unfolded(folded[0], 0, 0, *size)[None]

    return logits
