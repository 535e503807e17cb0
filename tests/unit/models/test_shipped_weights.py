"""What the shipped weights must be on every processor, whatever it multiplies with."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from models.loading import SHIPPED_MANIFEST

LARGEST_INPUT = 255  # a byte


def test_no_two_products_overflow_16_bits() -> None:
    """AVX2 adds products in pairs, and cuts the sums at 16 bits where weights have 8."""
    graph = onnx.load_model(SHIPPED_MANIFEST.with_suffix(".onnx")).graph
    kernels = {
        one.name: numpy_helper.to_array(one).astype(np.int64)
        for one in graph.initializer
        if one.data_type == TensorProto.INT8 and len(one.dims) > 1
    }
    n_products = sum(node.op_type in ("Conv", "Gemm") for node in graph.node)
    assert len(kernels) == n_products > 30
    for name, kernel in kernels.items():
        assert 2 * LARGEST_INPUT * int(np.abs(kernel).max()) <= np.iinfo(np.int16).max, name
