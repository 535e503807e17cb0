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
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from models.features import CANVAS, CHANNELS
from models.manifest import OUTPUT_STRIDE
from tracking.errors import FaultError
from tracking.segmentation import Label

OPSET: Final = 18
INPUT, OUTPUT = "planes", "logits"

Planes = NDArray[np.float32]
"""(10, h, w)."""


def to_onnx(network: nn.Module) -> onnx.ModelProto:
    """The graph of a network in use: batch norms folded, no notes of the exporter."""
    example = torch.zeros((1, len(CHANNELS), *CANVAS))
    program = torch.onnx.export(
        folded(network),
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
    model: onnx.ModelProto = program.model_proto
    leave_folded(model)
    _forget_origin(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def leave_folded(model: onnx.ModelProto) -> None:
    """Take the last step of a network away, which unfolds its answer (`models.folded_logits`)."""
    graph = model.graph
    last = graph.node[-1]
    if last.op_type != "DepthToSpace" or last.output[0] != OUTPUT:
        raise FaultError(
            "the network does not end as it should",
            expected=f"DepthToSpace to {OUTPUT}",
            actual=f"{last.op_type} to {', '.join(last.output)}",
        )
    inner = last.input[0]
    for node in graph.node[:-1]:
        node.output[:] = [OUTPUT if name == inner else name for name in node.output]
    del graph.node[-1]
    known = [info for info in graph.value_info if info.name != inner]
    del graph.value_info[:]
    graph.value_info.extend(known)
    n_planes = len(Label) * OUTPUT_STRIDE**2
    shape = (1, n_planes, CANVAS[0] // OUTPUT_STRIDE, CANVAS[1] // OUTPUT_STRIDE)
    told = onnx.helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, shape)
    graph.output[0].CopyFrom(told)


def folded(network: nn.Module) -> nn.Module:
    """A copy in which every batch norm is part of the convolution before it."""
    copy = deepcopy(network).eval()
    for chain in [module for module in copy.modules() if isinstance(module, nn.Sequential)]:
        for index, module in enumerate(chain):
            if isinstance(module, nn.BatchNorm2d):
                before = chain[index - 1]
                if not isinstance(before, nn.Conv2d):
                    raise TypeError(f"a batch norm follows {type(before).__name__}")
                chain[index - 1] = fuse_conv_bn_eval(before, module)
                chain[index] = nn.Identity()
    return copy


def to_8_bit(model: onnx.ModelProto, examples: Sequence[Planes]) -> onnx.ModelProto:
    """Per-channel 8-bit weights and 8-bit activations, their ranges as in `examples`.

    A third of the time where the processor multiplies bytes (VNNI). The first convolution and
    the last stay in floating point: one reads planes of very different ranges, the other's
    logits place the outlines.
    """
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save_model(model, source)
        quantize_static(
            source,
            target,
            _Reader(examples),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[convolutions[0], convolutions[-1]],
        )
        result = onnx.load_model(target)
    _forget_origin(result)
    onnx.checker.check_model(result, full_check=True)
    return result


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands examples to onnxruntime's calibration, one at a time."""

    def __init__(self, examples: Sequence[Planes]) -> None:
        self._feeds = ({INPUT: planes[None]} for planes in examples)

    def get_next(self) -> dict[str, Planes] | None:
        """Return the next input, None at the end."""
        return next(self._feeds, None)


def _forget_origin(model: onnx.ModelProto) -> None:
    """Remove notes of the exporter (stack traces with paths): same weights, same bytes."""
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
