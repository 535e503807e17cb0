"""A trained network as an ONNX graph, in floating point and in 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from models.features import CANVAS, CHANNELS, FOLD, ZERO
from models.training.network import SegmentationNet, values_of
from tracking.arrays import UInt8
from tracking.errors import FaultError

OPSET: Final = 18
INPUT, OUTPUT = "planes", "logits"
VALUES: Final = "values"  # of the planes' bytes, inside


class _InBlocks(nn.Module):
    """A network that answers for blocks of pixels, as `models.folded_logits` reads them."""

    def __init__(self, network: SegmentationNet) -> None:
        super().__init__()
        self.network = folded(network)

    def forward(self, values: Tensor) -> Tensor:
        """Values (1, 40, h / 2, w / 2) to logits (1, h / 4, w / 4, 64)."""
        return self.network.blocks(values).permute(0, 2, 3, 1)


def to_onnx(network: SegmentationNet) -> onnx.ModelProto:
    """The graph of a network in use: batch norms folded, no notes of the exporter."""
    model = _of_values(network)
    _read_bytes(model)
    return _plain(model)


def _of_values(network: SegmentationNet) -> onnx.ModelProto:
    """The graph from values -1 to 1, as torch makes it."""
    example = torch.zeros((1, len(CHANNELS) * FOLD**2, CANVAS[0] // FOLD, CANVAS[1] // FOLD))
    program = torch.onnx.export(
        _InBlocks(network),
        (example,),
        dynamo=True,
        opset_version=OPSET,
        external_data=False,
        input_names=[VALUES],
        output_names=[OUTPUT],
        verbose=False,
    )
    if program is None:
        raise FaultError("the exporter returned no program")
    result: onnx.ModelProto = program.model_proto
    return result


def _read_bytes(model: onnx.ModelProto) -> None:
    """Let a graph of values begin with the planes' bytes, in place.

    A byte is a value in 8 bits already: the first step only says so. One that would round values
    to bytes is taken away.
    """
    graph, node = model.graph, onnx.helper.make_node
    for rounding in [one for one in graph.node if one.input[0] == VALUES]:
        if rounding.op_type == "QuantizeLinear":
            (back,) = [one for one in graph.node if one.input[0] == rounding.output[0]]
            for reader in graph.node:
                reader.input[:] = [VALUES if n == back.output[0] else n for n in reader.input]
            graph.node.remove(rounding)
            graph.node.remove(back)
    names = "value_of_a_step", "byte_of_zero"
    a_step, zero = np.array(1 / ZERO, np.float32), np.array(ZERO, np.uint8)
    graph.initializer.append(numpy_helper.from_array(a_step, names[0]))
    graph.initializer.append(numpy_helper.from_array(zero, names[1]))
    graph.node.insert(0, node("Transpose", ["in_place"], [VALUES], "to_planes", perm=(0, 3, 1, 2)))
    graph.node.insert(0, node("DequantizeLinear", [INPUT, *names], ["in_place"], "values_of"))
    shape = (1, CANVAS[0] // FOLD, CANVAS[1] // FOLD, len(CHANNELS) * FOLD**2)
    told = onnx.helper.make_tensor_value_info(INPUT, onnx.TensorProto.UINT8, shape)
    graph.input[0].CopyFrom(told)


def folded(network: SegmentationNet) -> SegmentationNet:
    """A copy in which every batch norm is part of the convolution before it."""
    copy = deepcopy(network)
    copy.eval()
    for chain in [module for module in copy.modules() if isinstance(module, nn.Sequential)]:
        for index, module in enumerate(chain):
            if isinstance(module, nn.BatchNorm2d):
                before = chain[index - 1]
                if not isinstance(before, nn.Conv2d):
                    raise TypeError(f"a batch norm follows {type(before).__name__}")
                chain[index - 1] = fuse_conv_bn_eval(before, module)
                chain[index] = nn.Identity()
    return copy


def to_8_bit(network: SegmentationNet, examples: Sequence[UInt8]) -> onnx.ModelProto:
    """Per-channel 8-bit weights and 8-bit activations, their ranges as in `examples`.

    A third of the time where the processor multiplies bytes (VNNI).
    """
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save_model(_of_values(network), source)
        quantize_static(
            source,
            target,
            _Reader(examples),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        model = onnx.load_model(target)
    _read_bytes(model)
    return _plain(model)


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands examples to onnxruntime's calibration, one at a time."""

    def __init__(self, examples: Sequence[UInt8]) -> None:
        self._feeds = ({VALUES: _values(planes)} for planes in examples)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next input, None at the end."""
        return next(self._feeds, None)


def _values(planes: UInt8) -> NDArray[np.float32]:
    result: NDArray[np.float32] = values_of(torch.from_numpy(planes[None])).numpy()
    return result


def _plain(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without notes of the exporter (stack traces with paths): same weights, same bytes."""
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    items: tuple[Any, ...] = (model, graph, *graph.node, *values)
    for item in items:
        del item.metadata_props[:]
        item.ClearField("doc_string")
    used = {node.domain for node in graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    del graph.value_info[:]
    onnx.checker.check_model(model, full_check=True)
    return model
