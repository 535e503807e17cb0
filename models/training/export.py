"""Write a trained network as one self-contained ONNX file with its manifest.

Run by the training; alone: `python -m models.training.export runs/train/train-ID.pt`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from models.features import CANVAS, CHANNELS, FEATURES
from models.loading import SHIPPED_MANIFEST
from models.manifest import CLASSES, parse_manifest
from models.onnx_segmenter import open_session
from models.training.network import SegmentationNet
from tracking.errors import FaultError

NAME = "field-net"
OPSET = 18
INPUT, OUTPUT = "planes", "logits"
PARITY_LOGITS = 1e-2  # largest difference of a logit; another order of sums gives about 1e-4
THRESHOLDS = {"applicator_min_fraction": 0.001, "applicator_min_confidence": 0.75}


def export(network: nn.Module, training_id: str, manifest_path: Path) -> None:
    """Write the ONNX file and the manifest that names it, once both are proven.

    Raises
    ------
    FaultError
        onnxruntime computes something else than torch.
    """
    network.eval()
    example = torch.randn((1, len(CHANNELS), *CANVAS), generator=torch.Generator().manual_seed(1))
    weights = _to_onnx(network, example)
    text = _manifest_text(weights, manifest_path.with_suffix(".onnx").name, training_id)
    session = open_session(weights, parse_manifest(text))
    (actual,) = session.run([OUTPUT], {INPUT: example.numpy()})
    with torch.no_grad():
        expected = network(example).numpy()
    difference = float(np.abs(np.asarray(actual) - expected).max())
    if not difference <= PARITY_LOGITS:
        raise FaultError(
            "the exported network computes something else",
            expected=f"logits within {PARITY_LOGITS}",
            actual=f"largest difference {difference}",
            remedy="look for an operation that the exporter changes",
        )
    manifest_path.parent.mkdir(parents=True, exist_ok=True)
    manifest_path.with_suffix(".onnx").write_bytes(weights)
    manifest_path.write_text(text, encoding="utf-8")


def _to_onnx(network: nn.Module, example: torch.Tensor) -> bytes:
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        opset_version=OPSET,
        external_data=False,
        input_names=[INPUT],
        output_names=[OUTPUT],
        verbose=False,
    )
    if program is None:
        raise FaultError("the exporter returned no program")
    model = program.model_proto
    _forget_origin(model)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _forget_origin(model: onnx.ModelProto) -> None:
    """Remove notes of the exporter (stack traces with paths): same weights, same bytes."""
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for item in (model, graph, *graph.node, *values):
        del item.metadata_props[:]
        item.ClearField("doc_string")


def _manifest_text(weights: bytes, file: str, training_id: str) -> str:
    entries = {
        "schema": 1,
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
    return json.dumps(entries, indent=2) + "\n"


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, default=SHIPPED_MANIFEST)
    arguments = parser.parse_args()
    state = torch.load(arguments.checkpoint, weights_only=True)
    network = SegmentationNet()
    network.load_state_dict(state["average"])
    export(network, state["training_id"], arguments.out)


if __name__ == "__main__":
    main()
