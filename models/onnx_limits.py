"""What a segmentation network's file may hold: everything else is refused.

An allow-list of fields per protobuf message rather than a list of known dangers: external
data, sparse and string tensors, model-local functions, training graphs, subgraphs, sequences
and metadata (which can carry options for the runtime) are refused because nobody listed them.
"""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, frozenset[str]]] = {
    "onnx.ModelProto": frozenset(
        {
            *("ir_version", "opset_import", "producer_name", "producer_version"),
            *("domain", "model_version", "graph"),
        }
    ),
    "onnx.OperatorSetIdProto": frozenset({"domain", "version"}),
    "onnx.GraphProto": frozenset({"node", "name", "initializer", "input", "output", "value_info"}),
    "onnx.NodeProto": frozenset({"input", "output", "name", "op_type", "domain", "attribute"}),
    "onnx.AttributeProto": frozenset({"name", "type", "f", "i", "s", "floats", "ints"}),
    "onnx.TensorProto": frozenset(
        {"dims", "data_type", "name", "raw_data", "float_data", "int32_data", "int64_data"}
    ),
    "onnx.ValueInfoProto": frozenset({"name", "type"}),
    "onnx.TypeProto": frozenset({"tensor_type"}),
    "onnx.TypeProto.Tensor": frozenset({"elem_type", "shape"}),
    "onnx.TensorShapeProto": frozenset({"dim"}),
    "onnx.TensorShapeProto.Dimension": frozenset({"dim_value"}),
}

MEANINGS: Final = {  # of fields that are refused: what a person may have heard of
    "external_data": "weights in another file",
    "data_location": "weights in another file",
    "sparse_initializer": "sparse weights",
    "sparse_tensor": "sparse weights",
    "string_data": "text in a tensor",
    "functions": "functions of its own",
    "training_info": "a training graph",
    "g": "a subgraph (If, Loop, Scan)",
    "graphs": "subgraphs (If, Loop, Scan)",
    "metadata_props": "metadata, which may carry options for the runtime",
    "sequence_type": "a sequence type",
    "dim_param": "a size that is decided at run time",
}

DOMAINS: Final = frozenset({"", "ai.onnx"})  # ONNX's own operators, by both of its names

OPERATORS: Final = frozenset(
    {
        # Convolution and pooling.
        *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "ReduceMean"),
        # Element by element.
        *("Add", "Sub", "Mul", "Div", "Relu", "LeakyRelu", "Clip", "Sigmoid", "HardSigmoid"),
        *("HardSwish", "Tanh", "Softmax", "BatchNormalization", "Identity"),
        # Shape.
        *("Concat", "Split", "Slice", "Pad", "Reshape", "Flatten", "Squeeze", "Unsqueeze"),
        *("Transpose", "DepthToSpace", "SpaceToDepth", "Resize"),
        # Global context.
        *("MatMul", "Gemm"),
        # 8-bit weights and activations.
        *("QuantizeLinear", "DequantizeLinear"),
    }
)

ITEM_BYTES: Final = {"FLOAT": 4, "UINT8": 1, "INT8": 1, "INT32": 4, "INT64": 8}

MAX_DIMENSIONS: Final = 6  # a pixel shuffle that is not one operator needs six
MAX_ELEMENTS: Final = 1 << 24  # of one tensor: ten times the largest of a network of this canvas
MAX_TOTAL_ELEMENTS: Final = 1 << 28  # of all tensors together: 1 GiB if none were ever freed
MAX_PRODUCTS: Final = 1 << 34  # of one answer: twenty times as many as ours, a second or two
MAX_ENTRIES: Final = 4096  # of any list of messages: nodes, weights, attributes
MAX_NUMBERS: Final = 1024  # in an attribute's list, or a list of names
MAX_TEXT: Final = 256  # characters of a name
