"""Kernels are stepped along an orthogonal matrix, in place; every weight has one optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

torch = pytest.importorskip("torch")

from models.training.network import build_network  # noqa: E402 - after the check for torch
from models.training.optimisers import KernelOptimiser  # noqa: E402
from models.training.settings import Settings  # noqa: E402

if TYPE_CHECKING:
    from torch import nn

SETTINGS = Settings(warm_up_steps=1, weight_decay=0.0)


def made_kernel(n_out: int, n_in: int, size: int) -> nn.Conv2d:
    """One convolution with its channels last, and a gradient of very unlike directions."""
    network = torch.nn.Conv2d(n_in, n_out, size).to(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(1)
    gradient = torch.randn(network.weight.shape, generator=generator)
    gradient[0] *= 100
    network.weight.grad = gradient.contiguous(memory_format=torch.channels_last)
    network.bias.grad = torch.ones_like(network.bias)
    return network


@pytest.mark.parametrize("shape", [(8, 16, 3), (16, 4, 1), (8, 8, 1)])
def test_a_kernel_steps_alike_in_all_its_directions(shape: Sequence[int]) -> None:
    network = made_kernel(*shape)
    before = network.weight.detach().clone()
    KernelOptimiser(network, SETTINGS).step()
    moved = (network.weight.detach() - before).permute(0, 2, 3, 1).flatten(1)
    stretch = torch.linalg.svdvals(moved)
    # the iteration that finds it leaves its singular values between 0.7 and 1.2
    assert float(stretch.max() / stretch.min()) < 1.2 / 0.6
    gradients = network.weight.grad.permute(0, 2, 3, 1).flatten(1)
    assert float(torch.linalg.cond(gradients)) > 10
    assert float((moved * gradients).sum()) < 0  # downhill


def test_a_vector_is_stepped_by_adam() -> None:
    network = made_kernel(8, 4, 3)
    before = network.bias.detach().clone()
    KernelOptimiser(network, SETTINGS).step()
    rate = SETTINGS.peak_learning_rate
    assert torch.allclose(before - network.bias.detach(), torch.tensor(rate), rtol=1e-3)


def test_every_weight_of_the_network_moves() -> None:
    network = build_network(3)
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    generator = torch.Generator().manual_seed(2)
    for weight in network.parameters():
        weight.grad = torch.randn(weight.shape, generator=generator)
    KernelOptimiser(network, SETTINGS).step()
    still = [name for name, one in network.named_parameters() if torch.equal(one, before[name])]
    assert still == []


def test_a_kernel_that_lies_otherwise_in_memory_is_refused() -> None:
    network = torch.nn.Conv2d(4, 8, 3)
    with pytest.raises(ValueError, match="has not its channels last"):
        KernelOptimiser(network, SETTINGS)
