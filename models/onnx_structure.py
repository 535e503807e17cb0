"""Looks through a network's file before the runtime sees a byte of it.

With `onnx_products` the only importer of onnx outside training.

The runtime's parser and optimiser are large native code. What reaches them here is an ordinary
network: known operators, weights inside the file, every size fixed and bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, NoReturn

from models.onnx_limits import (
    DOMAINS,
    FIELDS,
    ITEM_BYTES,
    MAX_DIMENSIONS,
    MAX_ELEMENTS,
    MAX_ENTRIES,
    MAX_NUMBERS,
    MAX_PRODUCTS,
    MAX_TEXT,
    MAX_TOTAL_ELEMENTS,
    MEANINGS,
    OPERATORS,
)
from models.onnx_products import n_products
from tracking.errors import ConfigurationError

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto

REMEDY = "use a model that this software's training exported; restore it from a release"
Signature = Mapping[str, tuple[int, ...]]
"""Shape by name of every input (bytes), or output (float32)."""


def inspect_structure(weights: bytes, *, opset: int, inputs: Signature, outputs: Signature) -> None:
    """Refuse whatever is no plain network of the declared signature.

    Parameters
    ----------
    weights
        The file's bytes, size already capped.
    opset
        Version of ONNX's operators that the manifest names.

    Raises
    ------
    ConfigurationError
        What was found, where, and what was expected.
    """
    model = _parsed(weights)
    _check_fields(model, "model")
    versions = {entry.domain: entry.version for entry in model.opset_import}
    if len(model.opset_import) != 1 or not set(versions) <= DOMAINS:
        _refuse("uses operators from elsewhere", "the domain of ONNX alone", str(versions))
    if list(versions.values()) != [opset]:
        _refuse("uses other operators than its manifest says", f"opset {opset}", str(versions))
    _check_nodes(model.graph)
    for tensor in model.graph.initializer:
        _check_weights(tensor)
    _check_signature("inputs", "UINT8", inputs, list(model.graph.input))
    _check_signature("outputs", "FLOAT", outputs, list(model.graph.output))
    _check_sizes(model)


def _parsed(weights: bytes) -> ModelProto:
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    model = ModelProto()
    try:
        model.ParseFromString(weights)
    except DecodeError as error:
        _refuse("is no ONNX file, or cut short", "one protobuf ModelProto", str(error))
    n_bytes = model.ByteSize()
    known = ModelProto()
    known.CopyFrom(model)
    known.DiscardUnknownFields()  # type: ignore[no-untyped-call, unused-ignore]
    if known.ByteSize() != n_bytes:
        _refuse("holds fields that ONNX does not know", "none", f"{n_bytes} bytes with them")
    return model


def _check_fields(message: Any, place: str) -> None:  # noqa: ANN401 - any protobuf message
    """Every field is on the list, every list and name of a sane length; recursive.

    Ends: no message that may hold itself is on the list.
    """
    allowed = FIELDS[message.DESCRIPTOR.full_name]
    for field, value in message.ListFields():
        here = f"{place}.{field.name}"
        if field.name not in allowed:
            meaning = MEANINGS.get(field.name, f"a field '{field.name}'")
            _refuse(f"holds {meaning}", "weights and operators alone", here)
        is_message = field.type == field.TYPE_MESSAGE
        if field.is_repeated:
            limit = MAX_ENTRIES if is_message else _longest(field.name)
            if len(value) > limit:
                _refuse(
                    "holds a list that is too long", f"at most {limit}", f"{len(value)}: {here}"
                )
        if is_message:
            for position, item in enumerate(value if field.is_repeated else [value]):
                _check_fields(item, f"{here}[{position}]" if field.is_repeated else here)
        elif field.type == field.TYPE_STRING or field.name == "s":
            for text in value if field.is_repeated else [value]:
                if len(text) > MAX_TEXT:
                    _refuse(
                        "holds a name that is too long",
                        f"at most {MAX_TEXT} characters",
                        f"{len(text)}: {here}",
                    )


def _longest(field_name: str) -> int:
    return MAX_ELEMENTS if field_name.endswith("_data") else MAX_NUMBERS


def _check_nodes(graph: GraphProto) -> None:
    for position, node in enumerate(graph.node):
        where = f"{node.op_type[:MAX_TEXT]} in node {position} ({node.name})"
        if node.domain not in DOMAINS:
            _refuse("has an operator of its own", "ONNX's", f"{node.domain}: {where}")
        if node.op_type not in OPERATORS:
            _refuse(
                "has an operator that no network here needs", ", ".join(sorted(OPERATORS)), where
            )


def _check_weights(tensor: TensorProto) -> None:
    """Type and sizes are sane, and the data are exactly as long as they say."""
    what = f"weights '{tensor.name}'"
    kind = _kind(tensor.data_type)
    if kind not in ITEM_BYTES:
        _refuse("has weights of another type", ", ".join(ITEM_BYTES), f"{kind}: {what}")
    n_elements = _elements(tuple(tensor.dims), what)
    n_listed = len(tensor.float_data) + len(tensor.int32_data) + len(tensor.int64_data)
    is_raw = tensor.HasField("raw_data")
    n_stored = len(tensor.raw_data) / ITEM_BYTES[kind] if is_raw else n_listed
    if n_stored != n_elements or (is_raw and n_listed):
        _refuse("has weights of another length", f"{n_elements} numbers", f"{n_stored:g}: {what}")


def _kind(number: int) -> str:
    """What ONNX calls a type of numbers, or its own number where it is none."""
    from onnx import TensorProto

    names = {value: name for name, value in TensorProto.DataType.items()}
    return names.get(number, str(number))


def _elements(dims: tuple[int, ...], what: str) -> int:
    """Return the number of elements; refuses more or stranger ones than a network needs."""
    n_elements = prod(dims)
    is_sane = len(dims) <= MAX_DIMENSIONS and all(size >= 0 for size in dims)
    if not (is_sane and n_elements <= MAX_ELEMENTS):
        _refuse(
            "has a tensor that is too large",
            f"at most {MAX_DIMENSIONS} dimensions and {MAX_ELEMENTS} elements",
            f"{list(dims)}: {what}",
        )
    return n_elements


def _shape(value: ValueInfoProto) -> tuple[int, ...]:
    return tuple(d.dim_value for d in value.type.tensor_type.shape.dim)


def _check_signature(
    kind: str, number: str, expected: Signature, found: list[ValueInfoProto]
) -> None:
    shapes = {value.name: _shape(value) for value in found}
    kinds = {_kind(value.type.tensor_type.elem_type) for value in found}
    if len(found) != len(expected) or shapes != dict(expected) or kinds != {number}:
        _refuse(
            f"has another signature than its manifest: {kind}",
            f"{number} {dict(expected)}",
            f"{', '.join(sorted(kinds))} {shapes}",
        )


def _check_sizes(model: ModelProto) -> None:
    """Infer the size of everything that is computed, and how much that is: known and bounded.

    The sizes that the file itself claims are forgotten first: where nothing can be inferred they
    would be believed, and the runtime does not hold them against what it computes.
    """
    import onnx

    del model.graph.value_info[:]
    try:
        onnx.checker.check_model(model)
        inferred = onnx.shape_inference.infer_shapes(
            model, check_type=True, strict_mode=True, data_prop=True
        )
    except (
        onnx.checker.ValidationError,
        onnx.shape_inference.InferenceError,
        ValueError,
        RuntimeError,
    ) as error:
        _refuse("is no valid network", "a graph that onnx's checker accepts", str(error))
    graph = inferred.graph
    values = (*graph.value_info, *graph.output)
    sizes = {v.name: _shape(v) for v in values if v.type.tensor_type.HasField("shape")}
    total = sum(prod(tensor.dims) for tensor in graph.initializer)
    for node in graph.node:
        for name in filter(None, node.output):
            shape = sizes.get(name, (0,))
            if not all(shape):
                _refuse(
                    "computes something of unknown size", "fixed sizes", f"{node.op_type} {name}"
                )
            total += _elements(shape, f"{node.op_type} {name}")
    if total > MAX_TOTAL_ELEMENTS:
        _refuse("needs too much memory", f"at most {MAX_TOTAL_ELEMENTS} elements", str(total))
    known = sizes | {value.name: _shape(value) for value in graph.input}
    known |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    products = sum(n_products(node, known) for node in graph.node)
    if products > MAX_PRODUCTS:
        _refuse("computes too much", f"at most {MAX_PRODUCTS} products", str(products))


def _refuse(what: str, expected: str, actual: str) -> NoReturn:
    raise ConfigurationError(
        f"the model file {what}", expected=expected, actual=actual, remedy=REMEDY
    )
