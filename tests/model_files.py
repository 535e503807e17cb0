"""Model files for tests: copies of the shipped one, as it is and changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import onnx

from models.loading import SHIPPED_MANIFEST

SHIPPED_WEIGHTS = SHIPPED_MANIFEST.with_name("segmenter.onnx")


def copy_model(folder: Path, weights: bytes | None = None, **changes: object) -> Path:
    """Write manifest and weights into `folder`; returns the manifest's path.

    Other weights than the shipped ones come with their own hash in the manifest.
    """
    entries = json.loads(SHIPPED_MANIFEST.read_text(encoding="utf-8"))
    content = SHIPPED_WEIGHTS.read_bytes() if weights is None else weights
    entries["sha256"] = hashlib.sha256(content).hexdigest()
    manifest = folder / "segmenter.json"
    manifest.write_text(json.dumps(entries | changes), encoding="utf-8")
    (folder / "segmenter.onnx").write_bytes(content)
    return manifest


def changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    """The shipped network after a change of its protobuf."""
    model = onnx.load_model_from_string(SHIPPED_WEIGHTS.read_bytes())
    change(model)
    return bytes(model.SerializeToString())
