"""A model file that is no plain network of ours never reaches the runtime."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from models.manifest import MAX_MANIFEST_BYTES, MAX_WEIGHTS_BYTES
from models.onnx_limits import MAX_ENTRIES, MAX_NUMBERS, MAX_TEXT
from models.onnx_segmenter import OnnxSegmenter
from tests.model_files import SHIPPED_WEIGHTS, changed, copy_model
from tracking.errors import ConfigurationError


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Calls of the runtime: must stay empty."""
    calls: list[object] = []

    def opened(*arguments: object, **_: object) -> None:
        calls.append(arguments)
        raise AssertionError("the runtime has seen the file")

    monkeypatch.setattr("models.session.ort.InferenceSession", opened)
    return calls


def refusal(manifest: Path, runtime: list[object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        OnnxSegmenter(manifest)
    assert runtime == []
    assert caught.value.exit_code == 3
    assert caught.value.remedy
    return str(caught.value)


def test_the_spy_sees_a_plain_model(tmp_path: Path, runtime: list[object]) -> None:
    with pytest.raises(ConfigurationError, match="the runtime has seen the file"):
        OnnxSegmenter(copy_model(tmp_path))
    assert len(runtime) == 1


@pytest.mark.parametrize("place", [0, 0.5, 0.999])
def test_a_flipped_byte(tmp_path: Path, runtime: list[object], place: float) -> None:
    manifest = copy_model(tmp_path)
    content = bytearray(SHIPPED_WEIGHTS.read_bytes())
    content[int(place * len(content))] ^= 1
    (tmp_path / "segmenter.onnx").write_bytes(bytes(content))
    assert "not those that the manifest names" in refusal(manifest, runtime)


def test_another_hash(tmp_path: Path, runtime: list[object]) -> None:
    text = refusal(copy_model(tmp_path, sha256="0" * 64), runtime)
    assert "not those that the manifest names" in text
    assert "0" * 64 in text


def test_an_oversized_file_is_not_read(tmp_path: Path, runtime: list[object]) -> None:
    manifest = copy_model(tmp_path)
    os.truncate(tmp_path / "segmenter.onnx", MAX_WEIGHTS_BYTES + 1)  # sparse: takes no space
    text = refusal(manifest, runtime)
    assert "too large" in text
    assert str(MAX_WEIGHTS_BYTES) in text


def test_an_oversized_manifest(tmp_path: Path, runtime: list[object]) -> None:
    manifest = copy_model(tmp_path)
    os.truncate(manifest, MAX_MANIFEST_BYTES + 1)
    assert "too large" in refusal(manifest, runtime)


def test_a_pipe_in_place_of_the_file_does_not_hang(tmp_path: Path, runtime: list[object]) -> None:
    manifest = copy_model(tmp_path)
    (tmp_path / "segmenter.onnx").unlink()
    os.mkfifo(tmp_path / "segmenter.onnx")
    assert "no plain file" in refusal(manifest, runtime)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_file(tmp_path: Path, runtime: list[object], share: float) -> None:
    content = SHIPPED_WEIGHTS.read_bytes()
    text = refusal(copy_model(tmp_path, content[: int(share * len(content))]), runtime)
    assert "no ONNX file, or cut short" in text


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes(tmp_path: Path, runtime: list[object], seed: int) -> None:
    content = np.random.default_rng(seed).bytes(4000 + seed)
    assert "the model file" in refusal(copy_model(tmp_path, content), runtime)


@pytest.mark.parametrize("content", [b"", b"\x08\x0a"])
def test_nothing_in_it(tmp_path: Path, runtime: list[object], content: bytes) -> None:
    assert "the model file" in refusal(copy_model(tmp_path, content), runtime)


def test_deep_nesting(tmp_path: Path, runtime: list[object]) -> None:
    """Subgraphs in subgraphs, two hundred deep: the parser's own limit, or ours."""
    graph = b""
    for _ in range(200):
        attribute = b"\x32" + varint(len(graph)) + graph  # AttributeProto.g
        node = b"\x2a" + varint(len(attribute)) + attribute  # NodeProto.attribute
        graph = b"\x0a" + varint(len(node)) + node  # GraphProto.node
    text = refusal(copy_model(tmp_path, b"\x3a" + varint(len(graph)) + graph), runtime)
    assert "no ONNX file" in text or "a subgraph" in text


def varint(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def first(model: ModelProto) -> TensorProto:
    return model.graph.initializer[0]


def external(model: ModelProto) -> None:
    first(model).ClearField("raw_data")
    first(model).data_location = TensorProto.EXTERNAL
    first(model).external_data.add(key="location", value="../secret.bin")


def external_without_location(model: ModelProto) -> None:
    first(model).external_data.add(key="location", value="../secret.bin")


def external_in_attribute(model: ModelProto) -> None:
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[1])
    tensor.external_data.add(key="location", value="../secret.bin")
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))


def sparse(model: ModelProto) -> None:
    model.graph.sparse_initializer.add().dims.append(4)


def custom_operator(model: ModelProto) -> None:
    model.graph.node[0].domain = "com.example"


def custom_domain(model: ModelProto) -> None:
    model.opset_import.add(domain="com.microsoft", version=1)


def unknown_operator(model: ModelProto) -> None:
    model.graph.node[0].op_type = "ImageDecoder"


def function(model: ModelProto) -> None:
    model.functions.add(name="Relu", domain="")


def training(model: ModelProto) -> None:
    model.training_info.add()


def subgraph(model: ModelProto) -> None:
    model.graph.node.append(
        helper.make_node("If", ["logits"], ["x"], then_branch=model.graph, else_branch=model.graph)
    )


def metadata(model: ModelProto) -> None:
    model.metadata_props.add(key="ort_config", value='{"session_options": {}}')


def string_tensor(model: ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.array(["a"], object), "text"))


def sequence_input(model: ModelProto) -> None:
    element = helper.make_tensor_type_proto(TensorProto.FLOAT, [1])
    model.graph.input.append(
        helper.make_value_info("more", helper.make_sequence_type_proto(element))
    )


def extra_input(model: ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))


def extra_output(model: ModelProto) -> None:
    name = model.graph.node[0].output[0]
    model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]))


def float_input(model: ModelProto) -> None:
    """What every model before schema 4 has."""
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT


def unheard_input(model: ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = 9999


def byte_output(model: ModelProto) -> None:
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.UINT8


def symbolic_input(model: ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"


def huge_dims(model: ModelProto) -> None:
    del first(model).dims[:]
    first(model).dims.extend([2**40, 2**40])


def negative_dims(model: ModelProto) -> None:
    first(model).dims[0] *= -1


def many_dims(model: ModelProto) -> None:
    first(model).dims.extend([1] * 9)


def weights_cut_short(model: ModelProto) -> None:
    first(model).raw_data = first(model).raw_data[:-4]


def weights_twice(model: ModelProto) -> None:
    first(model).float_data.append(1.0)


def double_weights(model: ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(2), "wide"))


def unheard_weights(model: ModelProto) -> None:
    first(model).data_type = 99


def image_inside(model: ModelProto) -> tuple[str, tuple[int, ...]]:
    """The last image that the network computes, (1, n, h, w), and its size."""
    name = [node.output[0] for node in model.graph.node if node.op_type == "Conv"][-1]
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    found = next(value for value in inferred.graph.value_info if value.name == name)
    return name, tuple(dim.dim_value for dim in found.type.tensor_type.shape.dim)


def growing(model: ModelProto) -> None:
    """A small file whose network would compute an image of 4 gigapixels."""
    image, _ = image_inside(model)
    scales = numpy_helper.from_array(np.array([1, 1, 99, 99], np.float32), "grow")
    model.graph.initializer.append(scales)
    model.graph.node.append(helper.make_node("Resize", [image, "", "grow"], ["grown"]))


def growing_unseen(model: ModelProto) -> None:
    """The same by a size that inference cannot follow, beside a lie about what comes of it."""
    image, _ = image_inside(model)
    sizes = numpy_helper.from_array(np.array([1, 4, 65536, 65536]), "sizes")
    most = numpy_helper.from_array(np.array(65536), "most")
    model.graph.initializer.extend([sizes, most])
    model.graph.node.append(helper.make_node("Clip", ["sizes", "", "most"], ["clipped"]))
    model.graph.node.append(helper.make_node("Resize", [image, "", "", "clipped"], ["grown"]))
    claimed = helper.make_tensor_value_info("grown", TensorProto.FLOAT, [1, 4, 2, 2])
    model.graph.value_info.append(claimed)


def working_for_hours(model: ModelProto) -> None:
    """One kernel that many convolutions share: a file as small as ours, and no tensor is large."""
    image, (_, n_channels, _, _) = image_inside(model)
    kernel = np.zeros((n_channels, n_channels, 9, 9), np.float32)
    model.graph.initializer.append(numpy_helper.from_array(kernel, "again"))
    model.graph.node.extend(
        helper.make_node(
            "Conv", [f"again{k}" if k else image, "again"], [f"again{k + 1}"], pads=[4] * 4
        )
        for k in range(30)
    )


def looking_everywhere(model: ModelProto) -> None:
    """Pools that see the whole image from every pixel."""
    image, (_, _, *size) = image_inside(model)
    sides = [side // 2 - 1 for side in size]
    model.graph.node.extend(
        helper.make_node(
            "AveragePool",
            [f"seen{k}" if k else image],
            [f"seen{k + 1}"],
            kernel_shape=[2 * side + 1 for side in sides],
            pads=sides * 2,
        )
        for k in range(10)
    )


def other_opset(model: ModelProto) -> None:
    model.opset_import[0].version += 1


def wrong_order(model: ModelProto) -> None:
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(reversed(nodes))


def unknown_attribute(model: ModelProto) -> None:
    model.graph.node[0].attribute.append(helper.make_attribute("surprise", 1))


def long_name(model: ModelProto) -> None:
    model.graph.node[0].name = "n" * (MAX_TEXT + 1)


def many_nodes(model: ModelProto) -> None:
    model.graph.node.extend([model.graph.node[0]] * MAX_ENTRIES)


def many_numbers(model: ModelProto) -> None:
    model.graph.node[0].attribute.append(helper.make_attribute("pads", [0] * (MAX_NUMBERS + 1)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (external, "weights in another file"),
        (external_without_location, "weights in another file"),
        (external_in_attribute, "a field 't'"),
        (sparse, "sparse weights"),
        (custom_operator, "an operator of its own"),
        (custom_domain, "operators from elsewhere"),
        (unknown_operator, "no network here needs"),
        (function, "functions of its own"),
        (training, "a training graph"),
        (subgraph, "a subgraph"),
        (metadata, "options for the runtime"),
        (string_tensor, "text in a tensor"),
        (sequence_input, "a sequence type"),
        (extra_input, "another signature than its manifest: inputs"),
        (extra_output, "another signature than its manifest: outputs"),
        (float_input, "another signature than its manifest: inputs"),
        (unheard_input, "another signature than its manifest: inputs"),
        (byte_output, "another signature than its manifest: outputs"),
        (symbolic_input, "decided at run time"),
        (huge_dims, "a tensor that is too large"),
        (negative_dims, "a tensor that is too large"),
        (many_dims, "a tensor that is too large"),
        (weights_cut_short, "weights of another length"),
        (weights_twice, "weights of another length"),
        (double_weights, "weights of another type"),
        (unheard_weights, "weights of another type"),
        (growing, "a tensor that is too large"),
        (growing_unseen, "something of unknown size"),
        (working_for_hours, "computes too much"),
        (looking_everywhere, "computes too much"),
        (other_opset, "other operators than its manifest says"),
        (wrong_order, "no valid network"),
        (unknown_attribute, "no valid network"),
        (long_name, "a name that is too long"),
        (many_nodes, "a list that is too long"),
        (many_numbers, "a list that is too long"),
    ],
)
def test_what_is_no_plain_network(
    tmp_path: Path,
    runtime: list[object],
    change: Callable[[ModelProto], None],
    message: str,
) -> None:
    assert message in refusal(copy_model(tmp_path, changed(change)), runtime)


def test_bytes_that_look_like_the_runtimes_own_format_are_read_as_what_was_inspected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "ORTM" at byte 4, in the producer's name: else onnxruntime takes them for a flatbuffer."""
    monkeypatch.undo()  # the real runtime
    monkeypatch.setattr("models.session.check_known_answer", lambda *_: None)
    content = b"\x12\x84\x80\x00ORTM" + SHIPPED_WEIGHTS.read_bytes()  # a long way to say 4
    assert onnx.load_model_from_string(content).graph.node
    assert OnnxSegmenter(copy_model(tmp_path, content)).model_id


def test_fields_that_nobody_knows(tmp_path: Path, runtime: list[object]) -> None:
    content = SHIPPED_WEIGHTS.read_bytes() + b"\xf8\x3f\x01"  # field 1023, a number
    assert onnx.load_model_from_string(content).graph.node
    assert "fields that ONNX does not know" in refusal(copy_model(tmp_path, content), runtime)
