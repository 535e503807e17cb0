"""Which segmenter a run uses, by its name on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from models.segmenter import Segmenter

SegmenterKind = Literal["onnx", "masks"]

SHIPPED_MANIFEST = Path(__file__).parent / "weights" / "segmenter.json"


def load_segmenter(kind: SegmenterKind, manifest: Path = SHIPPED_MANIFEST) -> Segmenter:
    """Load the network ("onnx") or the stored label images ("masks").

    Imports lazily: the command line names the kinds without paying for onnxruntime.

    Raises
    ------
    ConfigurationError
        Manifest or weights missing or changed.
    """
    if kind == "masks":
        from models.mask_segmenter import MaskSegmenter

        return MaskSegmenter()
    from models.onnx_segmenter import OnnxSegmenter

    return OnnxSegmenter(manifest)
