"""Opens a network. The only importer of onnxruntime outside training."""

from __future__ import annotations

from dataclasses import dataclass
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
from models.processors import apart, kept_to
from tracking.arrays import UInt8
from tracking.errors import ConfigurationError

N_THREADS = 2  # the target machine's cores; a fixed number keeps sums in one order
SPIN_US = 50  # for which a thread waits awake, before it sleeps; only while an answer is made


@dataclass(frozen=True, eq=False)
class NetworkSession:
    """A network that is open. `processors`: of who asks it; None: any."""

    runtime: ort.InferenceSession
    manifest: ManifestDraft
    processors: frozenset[int] | None

    def answer(self, planes: UInt8) -> NDArray[np.float32]:
        """Logits (h / 4, w / 4, n_classes * 16) of one canvas, see `models.folded_logits`."""
        manifest = self.manifest
        with kept_to(self.processors):
            found = self.runtime.run([manifest.output], {manifest.input.name: planes})
        return np.asarray(found[0]).reshape((*manifest.places, -1))


def load_session(manifest_path: Path) -> tuple[Manifest, NetworkSession]:
    """Read a manifest and open its network, each step proven before the next.

    Size, hash, structure, runtime, signature, known answer: in this order.

    Raises
    ------
    ConfigurationError
        The first thing that is not as it should be.
    """
    manifest = read_manifest(manifest_path)
    session = open_session(read_weights(manifest_path, manifest), manifest)
    check_known_answer(manifest.known_answer, network_of(session), manifest.input_shape)
    return manifest, session


def open_session(weights: bytes, manifest: ManifestDraft) -> NetworkSession:
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
    # Between an answer's steps a thread is not worth putting to sleep; between answers it must be:
    # one that goes on spinning takes the core that the measurement needs.
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN_US))
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if (places := apart()) is not None:
        options.add_session_config_entry(
            "session.intra_op_thread_affinities", str(places.second + 1)
        )
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
    return NetworkSession(session, manifest, None if places is None else places.first)


def answered(session: NetworkSession) -> Manifest:
    """Complete the session's draft by the answer that its network gives here."""
    draft = session.manifest
    answer = known_answer(network_of(session), draft.input_shape)
    return Manifest.model_validate(
        draft.model_dump(by_alias=True) | {"known_answer": answer.model_dump()}
    )


def network_of(session: NetworkSession) -> Network:
    """The session as a function from planes to logits."""
    size = session.manifest.input.height, session.manifest.input.width

    def logits(planes: UInt8) -> NDArray[np.float32]:
        return unfolded(session.answer(planes), 0, 0, *size)[None]

    return logits
