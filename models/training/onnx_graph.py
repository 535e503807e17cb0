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

from models.features import CANVAS, CHANNELS
from models.plane_loops import FOLD, ZERO
from models.training.network import SegmentationNet, values_of
from tracking.arrays import UInt8
from tracking.errors import FaultError

OPSET: Final = 18
INPUT, OUTPUT = "planes", "logits"
VALUES: Final = "values"  # of the planes' bytes, inside


class _InBlocks(nn.Module):
    """A network that answers for blocks of pixels, as `models.folded_logits` reads them.

    Its head is a product of two matrices, the same numbers: onnxruntime turns an 8-bit convolution
    whose outputs are numbers into a floating-point one, but not such a product.
    """

    def __init__(self, network: SegmentationNet) -> None:
        super().__init__()
        self.body = with_norms_fused(network)
        head = self.body.head
        self.body.add_module("head", nn.Identity())
        self.head = nn.Linear(head.in_channels, head.out_channels)
        self.head.load_state_dict({"weight": head.weight[:, :, 0, 0], "bias": head.bias})

    def forward(self, values: Tensor) -> Tensor:
        """Values (1, 40, h / 2, w / 2) to logits (h / 4 * w / 4, 64)."""
        features = self.body.blocks(values).permute(0, 2, 3, 1)
        result: Tensor = self.head(features.reshape(-1, self.head.in_features))
        return result


def to_onnx(network: SegmentationNet) -> onnx.ModelProto:
    """The graph of a network in use: batch norms fused, no notes of the exporter."""
    return from_bytes(_of_values(network))


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


def from_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Let a graph of values begin with the planes' bytes, in place; as plain as a file may be.

    A byte is a value in 8 bits already: the first step only says so. One that would round values
    to the same bytes is taken away.

    Raises
    ------
    FaultError
        A step rounds values to other bytes: examples did not show all that there are.
    """
    graph, node = model.graph, onnx.helper.make_node
    for rounding in [one for one in graph.node if one.op_type == "QuantizeLinear"]:
        if rounding.input[0] == VALUES:
            _take_rounding_away(graph, rounding)
    names = "value_of_a_step", "byte_of_zero"
    a_step, zero = np.array(1 / ZERO, np.float32), np.array(ZERO, np.uint8)
    graph.initializer.append(numpy_helper.from_array(a_step, names[0]))
    graph.initializer.append(numpy_helper.from_array(zero, names[1]))
    graph.node.insert(0, node("Transpose", ["in_place"], [VALUES], "to_planes", perm=(0, 3, 1, 2)))
    graph.node.insert(0, node("DequantizeLinear", [INPUT, *names], ["in_place"], "values_of"))
    shape = (1, CANVAS[0] // FOLD, CANVAS[1] // FOLD, len(CHANNELS) * FOLD**2)
    told = onnx.helper.make_tensor_value_info(INPUT, onnx.TensorProto.UINT8, shape)
    graph.input[0].CopyFrom(told)
    return _plain(model)


def _take_rounding_away(graph: onnx.GraphProto, rounding: onnx.NodeProto) -> None:
    """Let who reads values after they were rounded to bytes and back read them as they come."""
    numbers = {one.name: one for one in graph.initializer}
    scale, zero = (numpy_helper.to_array(numbers[name]).item() for name in rounding.input[1:])
    if (scale, zero) != (1 / ZERO, ZERO):  # biases are in steps of the input's
        raise FaultError(
            "the network's input would be rounded to other bytes than the planes'",
            expected=f"steps of {1 / ZERO}, {ZERO} for 0",
            actual=f"steps of {scale}, {zero} for 0",
            remedy="calibrate with examples that show every byte, 0 and 255 among them",
        )
    (back,) = [one for one in graph.node if rounding.output[0] in one.input]
    for reader in graph.node:
        reader.input[:] = [VALUES if name == back.output[0] else name for name in reader.input]
    graph.node.remove(rounding)
    graph.node.remove(back)


def with_norms_fused(network: SegmentationNet) -> SegmentationNet:
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
    """Per-channel 7-bit weights in bytes and 8-bit activations, their ranges as in `examples`.

    A third of the time where the processor multiplies bytes (VNNI), two thirds where it does not.
    There two products are added in 16 bits, which cut the sum of two that are large: with weights
    of 7 bits none is, and every processor computes the same. Logits are not rounded: they place
    the outlines.
    """
    model = _of_values(network)
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save_model(model, source)
        quantize_static(
            source,
            target,
            _Reader(examples),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
        )
        return from_bytes(onnx.load_model(target))


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
    """Without notes of the exporter (stack traces with paths), and weights that nobody reads."""
    graph = model.graph
    read = {name for node in graph.node for name in node.input}
    for tensor in [one for one in graph.initializer if one.name not in read]:
        graph.initializer.remove(tensor)
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
