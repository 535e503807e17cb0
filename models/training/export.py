"""Write a trained network as one self-contained ONNX file with its manifest.

Run by the training; alone: `python -m models.training.export runs/train/best.pt`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from models.features import CANVAS, CHANNELS, FEATURES
from models.loading import SHIPPED_MANIFEST
from models.manifest import CLASSES
from models.training.network import SegmentationNet
from tracking.errors import FaultError

OPSET = 18
INPUT, OUTPUT = "planes", "logits"
PARITY_LOGITS = 1e-2  # largest difference of a logit; another order of sums gives about 1e-4
THRESHOLDS = {"applicator_min_fraction": 0.001, "applicator_min_confidence": 0.6}


def to_onnx(network: SegmentationNet) -> bytes:
    """Serialise the network and check that onnxruntime computes what torch computes.

    Raises
    ------
    FaultError
        The exported network differs.
    """
    network.eval()
    example = torch.randn((1, len(CHANNELS), *CANVAS), generator=torch.Generator().manual_seed(1))
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
    buffer = io.BytesIO()
    program.save(buffer, external_data=False)
    weights = buffer.getvalue()
    session = ort.InferenceSession(weights, providers=["CPUExecutionProvider"])
    (actual,) = session.run([OUTPUT], {INPUT: example.numpy()})
    with torch.no_grad():
        expected = network(example).numpy()
    difference = float(np.abs(np.asarray(actual) - expected).max())
    if not difference <= PARITY_LOGITS:
        raise FaultError(
            "the exported network computes something else",
            expected=f"logits within {PARITY_LOGITS}",
            actual=f"largest difference {difference}",
        )
    return weights


def write_model(weights: bytes, training_id: str, manifest_path: Path) -> None:
    """Write the ONNX file, then the manifest that names it."""
    manifest_path.parent.mkdir(parents=True, exist_ok=True)
    file = manifest_path.with_suffix(".onnx")
    file.write_bytes(weights)
    manifest = {
        "schema": 1,
        "name": "field-net",
        "file": file.name,
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
    manifest_path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, default=SHIPPED_MANIFEST)
    arguments = parser.parse_args()
    state = torch.load(arguments.checkpoint, weights_only=True)
    network = SegmentationNet()
    network.load_state_dict(state["average"])
    write_model(to_onnx(network), state["training_id"], arguments.out)


if __name__ == "__main__":
    main()
