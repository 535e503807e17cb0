"""Loss, exported graph and learner; needs the training extra."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

torch = pytest.importorskip("torch")

from models.training.batches import chances  # noqa: E402 - after the check for torch
from models.training.canvas_samples import IGNORED  # noqa: E402
from models.training.learner import Learner, best_kind  # noqa: E402
from models.training.loss import BORDER_PX, borders, loss_of  # noqa: E402
from models.training.network import build_network, values_of  # noqa: E402
from models.training.onnx_graph import (  # noqa: E402
    INPUT,
    OPSET,
    OUTPUT,
    VALUES,
    from_bytes,
    with_norms_fused,
)
from models.training.settings import Settings  # noqa: E402
from tracking.errors import FaultError  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor, dtype

SIZE = (48, 64)
FUSING_LOGITS = 1e-4  # another order of sums


def batch(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(0, 4, (2, *SIZE), generator=generator, dtype=torch.uint8)
    shape = (2, SIZE[0] // 2, SIZE[1] // 2, 40)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8), target


def logits_for(target: Tensor, height: float) -> Tensor:
    logits = torch.zeros((len(target), 4, *target.shape[1:]))
    for label in range(4):
        logits[:, label][target == label] = height
    return logits


def test_loss_falls_the_surer_the_right_answer() -> None:
    _, target = batch(1)
    losses = [float(loss_of(logits_for(target, height), target)) for height in (-5.0, 0.0, 5.0, 20)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-3


def test_ignored_pixels_count_nowhere() -> None:
    _, target = batch(2)
    target[:, :, :20] = IGNORED
    logits = logits_for(target, 3.0)
    other = logits.clone()
    other[:, :, :, :20] = 100 * torch.rand_like(other[:, :, :, :20])
    assert float(loss_of(logits, target)) == pytest.approx(float(loss_of(other, target)), abs=1e-6)


def test_borders_are_equally_wide_on_both_sides() -> None:
    target = torch.zeros((1, 9, 20), dtype=torch.uint8)
    target[:, :, 10:] = 2
    expected = np.zeros((9, 20))
    expected[:, 10 - BORDER_PX : 10 + BORDER_PX] = 1
    assert np.array_equal(borders(target)[0].numpy(), expected)


def test_fusing_batch_norms_changes_nothing() -> None:
    network = build_network(3)
    with torch.no_grad():
        for seed in range(3):
            network(values_of(batch(seed)[0]))  # statistics unlike the first ones
    network.eval()
    inputs = values_of(batch(9)[0])
    with torch.no_grad():
        difference = (network(inputs) - with_norms_fused(network)(inputs)).abs().max()
    assert float(difference) < FUSING_LOGITS


def test_bytes_are_exact_values_in_half_the_bits() -> None:
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 8, 8, 4)
    exact, short = values_of(every), values_of(every, torch.bfloat16)
    assert exact.shape == (1, 4, 8, 8)
    assert (float(exact.min()), float(exact.max())) == (-1.0, 127 / 128)
    assert torch.equal(short.float(), exact)


def graph_of_values(scale: float, zero: int) -> onnx.ModelProto:
    """Values rounded to bytes and back, then mixed by a convolution."""
    weights = np.random.default_rng(3).normal(size=(64, 40, 1, 1)).astype(np.float32)
    tensors = {
        "scale": np.array(scale, np.float32),
        "zero": np.array(zero, np.uint8),
        "weights": weights,
    }
    node, told = helper.make_node, helper.make_tensor_value_info
    nodes = [
        node("QuantizeLinear", [VALUES, "scale", "zero"], ["rounded"]),
        node("DequantizeLinear", ["rounded", "scale", "zero"], ["back"]),
        node("Conv", ["back", "weights"], [OUTPUT]),
    ]
    inputs = [told(VALUES, TensorProto.FLOAT, (1, 40, 120, 216))]
    outputs = [told(OUTPUT, TensorProto.FLOAT, (1, 64, 120, 216))]
    stored = [numpy_helper.from_array(np.asarray(one), name) for name, one in tensors.items()]
    graph = helper.make_graph(nodes, "values", inputs, outputs, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])


def test_a_graph_of_values_reads_their_bytes() -> None:
    model = from_bytes(graph_of_values(1 / 128, 128))
    assert [node.op_type for node in model.graph.node] == ["DequantizeLinear", "Transpose", "Conv"]
    assert {one.name for one in model.graph.initializer} == {
        *("value_of_a_step", "byte_of_zero", "weights")
    }
    weights = numpy_helper.to_array(model.graph.initializer[0])
    planes = np.random.default_rng(4).integers(0, 256, (1, 120, 216, 40)).astype(np.uint8)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {INPUT: planes})
    exact = (planes.astype(np.float64) - 128) / 128 @ weights[:, :, 0, 0].T
    np.testing.assert_allclose(np.moveaxis(np.asarray(found), 1, 3), exact, atol=1e-4)


@pytest.mark.parametrize(("scale", "zero"), [(1 / 127, 128), (1 / 128, 127)])
def test_values_that_are_rounded_to_other_bytes_are_refused(scale: float, zero: int) -> None:
    with pytest.raises(FaultError, match="other bytes than the planes'"):
        from_bytes(graph_of_values(scale, zero))


@pytest.mark.parametrize("n_before", [1, 2, 3])
def test_a_learner_continues_where_it_stopped(tmp_path: Path, n_before: int) -> None:
    settings = Settings(small_steps=2, whole_steps=2)
    whole = Learner(settings, "train-whole", tmp_path)
    for step in range(4):
        whole.learn(*batch(step))
    first = Learner(settings, "train-halved", tmp_path)
    for step in range(n_before):
        first.learn(*batch(step))
    first.save()
    second = Learner(settings, "train-halved", tmp_path)
    assert second.step == n_before
    for step in range(second.step, 4):
        second.learn(*batch(step))
    ours, theirs = second.average.module.state_dict(), whole.average.module.state_dict()
    assert second.step == 4
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_training_that_held_on_is_ended_by_any_that_holds_as_long(tmp_path: Path) -> None:
    holding = Learner(Settings(small_steps=9, whole_steps=0), "train-holding", tmp_path)
    for step in range(3):
        holding.learn(*batch(step))
    holding.save()
    assert Learner(Settings(small_steps=3, whole_steps=2), "train-ended", tmp_path).step == 3
    with pytest.raises(FaultError, match="gone on for longer"):
        Learner(Settings(small_steps=2, whole_steps=2), "train-early", tmp_path)


def test_ordinary_views_are_drawn_as_often_as_asked() -> None:
    chance = chances([True, False, False, False], 0.6)
    assert chance == pytest.approx([0.6, 0.4 / 3, 0.4 / 3, 0.4 / 3])
    assert chances([False, False], 0.6) == pytest.approx([0.5, 0.5])
    assert chances([True, True], 0.6) == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": False, "amx_bf16": True}, torch.bfloat16),
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_products_are_short_where_the_processor_multiplies_them(
    monkeypatch: pytest.MonkeyPatch, found: dict[str, bool], expected: dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    assert best_kind(torch.device("cpu")) is expected


def test_a_step_computes_in_the_learners_kind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kinds = []
    for found in ({"avx512_bf16": True}, {"avx2": True}):
        monkeypatch.setattr(torch.cpu, "get_capabilities", partial(dict, found))
        learner = Learner(Settings(), "train-kind", tmp_path)
        learner.network.head.register_forward_hook(lambda _m, _i, out: kinds.append(out.dtype))
        learner.learn(*batch(5))
    assert kinds == [torch.bfloat16, torch.float32]
