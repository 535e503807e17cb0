"""A network's trained weights read back from its exported file, so that training can go on.

The export folds every batch norm into the convolution before it and rounds to 8 bits. Weights
are read back in floating point; each batch norm is given anew the mean and deviation that its
convolution's outputs have on examples, and gains that leave the outputs as they were. The
network then computes what the file did, and trains as one that has batch norms.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from tracking.errors import FaultError

Arrays = dict[str, NDArray[np.float32]]


def exported_weights(path: Path) -> Arrays:
    """Weights and biases of an exported file by the names of the network's convolutions."""
    model = onnx.load(path, load_external_data=False)
    found = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    weights: Arrays = {}
    for name, array in found.items():
        if name.endswith((".weight", ".bias")):
            weights[name] = np.array(array, np.float32)
        elif name.endswith(("weight_quantized", "bias_quantized")):
            plain = name.removesuffix("_quantized")
            scale, zero = _scale_and_zero(found, name, plain)
            shape = (-1,) + (1,) * (array.ndim - 1)
            exact = (array.astype(np.float64) - zero.reshape(shape)) * scale.reshape(shape)
            weights[plain] = exact.astype(np.float32)
    return weights


def _scale_and_zero(
    found: dict[str, NDArray[np.generic]], name: str, plain: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    stem = plain if f"{plain}_scale" in found else name
    scale, zero = found[f"{stem}_scale"], found[f"{stem}_zero_point"]
    return scale.astype(np.float64), zero.astype(np.float64)


def load_exported(network: nn.Module, weights: Arrays, examples: Iterable[Tensor]) -> None:
    """Give a network the weights of an exported file.

    Parameters
    ----------
    weights
        Of `exported_weights`.
    examples
        Batches of planes (n, 10, h, w): what the batch norms' statistics are taken of.

    Raises
    ------
    FaultError
        The file holds other convolutions than the network.
    """
    norms: dict[str, tuple[nn.BatchNorm2d, NDArray[np.float32]]] = {}
    used = set()
    modules = dict(network.named_modules())
    for name, module in modules.items():
        if not isinstance(module, nn.Conv2d):
            continue
        weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
        if weight is None or bias is None or weight.shape != tuple(module.weight.shape):
            raise FaultError(
                "the exported file is of another network",
                expected=f"weights of {name}, shape {tuple(module.weight.shape)}",
                actual="none" if weight is None else f"shape {weight.shape}",
                remedy="start from a file that this network's export has written",
            )
        used |= {f"{name}.weight", f"{name}.bias"}
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(weight))
            if module.bias is not None:
                module.bias.copy_(torch.from_numpy(bias))
                continue
        stem, _, index = name.rpartition(".")
        follower = modules[f"{stem}.{int(index) + 1}"]
        if not isinstance(follower, nn.BatchNorm2d):
            raise TypeError(f"{name} has no bias, yet {type(follower).__name__} follows")
        norms[name] = follower, bias
    if used != set(weights):
        raise FaultError(
            "the exported file is of another network",
            expected="weights of this network only",
            actual=f"also {sorted(set(weights) - used)[:3]}",
            remedy="start from a file that this network's export has written",
        )
    _settle([pair for pair in norms.values()], network, list(examples))


def _settle(
    norms: list[tuple[nn.BatchNorm2d, NDArray[np.float32]]],
    network: nn.Module,
    examples: list[Tensor],
) -> None:
    """Statistics of every norm's input; gains and offsets that undo them."""
    sums: dict[nn.BatchNorm2d, list[Tensor]] = {}
    handles = []
    for norm, bias in norms:
        with torch.no_grad():  # for now exactly the folded bias
            norm.running_mean.zero_()  # type: ignore[union-attr]
            norm.running_var.fill_(1 - norm.eps)  # type: ignore[union-attr]
            norm.weight.fill_(1)
            norm.bias.copy_(torch.from_numpy(bias))

        def note(module: nn.Module, inputs: tuple[Tensor, ...], _: Tensor) -> None:
            assert isinstance(module, nn.BatchNorm2d)
            features = inputs[0].double()
            count = torch.tensor(features.numel() / features.shape[1])
            ours = [count, features.sum((0, 2, 3)), features.square().sum((0, 2, 3))]
            before = sums.get(module)
            sums[module] = ours if before is None else [a + b for a, b in zip(before, ours)]

        handles.append(norm.register_forward_hook(note))
    network.eval()
    with torch.no_grad():
        for planes in examples:
            network(planes)
        for handle in handles:
            handle.remove()
        for norm, (count, total, squares) in sums.items():
            mean = total / count
            variance = (squares / count - mean.square()).clamp(min=1e-6)
            gain = (variance + norm.eps).sqrt()
            norm.running_mean.copy_(mean)  # type: ignore[union-attr]
            norm.running_var.copy_(variance)  # type: ignore[union-attr]
            norm.bias.add_(mean.to(norm.bias.dtype))
            norm.weight.copy_(gain)
    network.train()
