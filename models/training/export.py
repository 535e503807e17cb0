"""Write a trained network as one self-contained ONNX file with its manifest.

Run by the training; alone: `python -m models.training.export runs/train/train-ID.pt`, or with the
manifest of an exported model for the checkpoint, whose weights are then rounded once more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from models.evaluation.confusion import Confusion
from models.features import CANVAS, CHANNELS, FEATURES
from models.known_answer import Network
from models.loading import SHIPPED_MANIFEST
from models.manifest import (
    CLASSES,
    ManifestDraft,
    manifest_text,
    read_manifest,
    read_weights,
)
from models.session import answered, network_of, open_session
from models.training.augment import Pair, tensors, tensors_without_color
from models.training.network import SegmentationNet, values_of
from models.training.onnx_graph import INPUT, OPSET, OUTPUT, to_8_bit, to_onnx
from models.training.recovered import exported_weights, load_exported
from models.training.scene_stream import render_scene
from recordings.whole_file import write_whole
from tracking.errors import FaultError

NAME = "field-net"
PARITY_LOGITS = 1e-2  # largest difference of a logit; another order of sums gives about 1e-4
MAX_IOU_LOSS = 0.005  # of any class, that 8 bits may cost
THRESHOLDS = {"applicator_min_fraction": 0.001, "applicator_min_confidence": 0.7}
ACTIVATIONS_FROM, PROOF_FROM = 900_000, 950_000  # seeds that no training reaches
N_CALIBRATION_SCENES, N_PROOF_SCENES = 40, 250
VIEWS_PER_SCENE = 2  # the second without colour


@dataclass(frozen=True)
class ExportReport:
    """What was found before anything was written; IoU of all example pixels together."""

    is_8_bit: bool
    parity_logits: float  # of the floating-point file against torch
    label_agreement: float  # of 8 bits with floating point
    iou_float: dict[str, float]
    iou_8_bit: dict[str, float]


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A file that could be shipped, its manifest, and the labels that it gives."""

    weights: bytes
    manifest_text: str
    network: Network
    labels: list[NDArray[np.intp]]


def export(network: SegmentationNet, training_id: str, manifest_path: Path) -> ExportReport:
    """Write the ONNX file and the manifest that names it, once both are proven.

    The file is 8-bit where that costs no class more than `MAX_IOU_LOSS`, else floating point.

    Raises
    ------
    FaultError
        onnxruntime computes something else than torch.
    """
    network.eval()
    proof = examples(PROOF_FROM, N_PROOF_SCENES)
    calibration = [planes for planes, _ in examples(ACTIVATIONS_FROM, N_CALIBRATION_SCENES)]
    file = manifest_path.with_suffix(".onnx").name
    full = _candidate(to_onnx(network), file, training_id, proof)
    parity = _parity(network, full.network, proof)
    small = _candidate(to_8_bit(network, calibration), file, training_id, proof)
    iou, iou_8 = _iou(full.labels, proof), _iou(small.labels, proof)
    is_8_bit = all(iou[name] - iou_8[name] <= MAX_IOU_LOSS for name in iou)
    chosen = small if is_8_bit else full
    manifest_path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(manifest_path.with_suffix(".onnx"), chosen.weights)
    write_whole(manifest_path, chosen.manifest_text.encode())
    pairs = zip(full.labels, small.labels, strict=True)
    agreement = float(np.mean([(ours == theirs).mean() for ours, theirs in pairs]))
    return ExportReport(is_8_bit, parity, agreement, iou, iou_8)


def examples(first_seed: int, n_scenes: int) -> list[Pair]:
    """Canvas frames of training families, every other one without colour."""
    kept = [
        view
        for seed in range(first_seed, first_seed + n_scenes)
        for view in render_scene(seed, VIEWS_PER_SCENE, "training")
    ]
    return [
        (tensors, tensors_without_color)[index % VIEWS_PER_SCENE](view.sample)
        for index, view in enumerate(kept)
    ]


def _candidate(
    model: onnx.ModelProto, file: str, training_id: str, proof: Sequence[Pair]
) -> _Candidate:
    weights = bytes(model.SerializeToString(deterministic=True))
    draft = _draft(weights, file, training_id)
    session = open_session(weights, draft)
    network = network_of(session)
    labels = [network(planes[None])[0].argmax(0) for planes, _ in proof]
    return _Candidate(weights, manifest_text(answered(session)), network, labels)


def _parity(network: SegmentationNet, exported: Network, proof: Sequence[Pair]) -> float:
    """Largest difference of a logit."""
    with torch.no_grad():
        differences = [
            np.abs(
                exported(planes[None]) - network(values_of(torch.from_numpy(planes[None]))).numpy()
            ).max()
            for planes, _ in proof
        ]
    largest = float(np.max(differences))
    if not largest <= PARITY_LOGITS:
        raise FaultError(
            "the exported network computes something else",
            expected=f"logits within {PARITY_LOGITS}",
            actual=f"largest difference {largest}",
            remedy="look for an operation that the exporter changes",
        )
    return largest


def _iou(labels: Sequence[NDArray[np.intp]], proof: Sequence[Pair]) -> dict[str, float]:
    confusion = Confusion()
    for predicted, (_, truth) in zip(labels, proof, strict=True):
        confusion.add(truth, predicted)
    return confusion.iou()


def _draft(weights: bytes, file: str, training_id: str) -> ManifestDraft:
    entries = {
        "schema": 5,
        "name": NAME,
        "file": file,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "opset": OPSET,
        "training_id": training_id,
        "licence": "Apache-2.0",
        "input": {
            "name": INPUT,
            "features": FEATURES,
            "channels": list(CHANNELS),
            "height": CANVAS[0],
            "width": CANVAS[1],
        },
        "output": OUTPUT,
        "classes": list(CLASSES),
        "thresholds": THRESHOLDS,
    }
    return ManifestDraft.model_validate_json(json.dumps(entries))


def trained(path: Path) -> tuple[SegmentationNet, str]:
    """The network in a checkpoint, or in the file that an exported model's manifest names.

    Returns also the identity of its training.
    """
    network = SegmentationNet()
    if path.suffix == ".json":
        manifest = read_manifest(path)
        load_exported(network, exported_weights(read_weights(path, manifest)), ())
        return network, manifest.training_id
    state = torch.load(path, weights_only=True, map_location="cpu")
    network.load_state_dict(state["average"])
    return network, state["training_id"]


def main() -> None:
    """Export a checkpoint and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path, help="checkpoint, or manifest of an exported model")
    parser.add_argument("--out", type=Path, default=SHIPPED_MANIFEST)
    arguments = parser.parse_args()
    report = export(*trained(arguments.trained), arguments.out)
    sys.stdout.write(json.dumps(asdict(report), indent=2) + "\n")


if __name__ == "__main__":
    main()
