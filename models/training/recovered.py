"""A network's trained weights read back from its exported file, so that training can go on.

The export folds every batch norm into the convolution before it and rounds to 8 bits. Weights
are read back in floating point; each batch norm is given anew the mean and deviation that its
convolution's outputs have on examples, and gains that leave the outputs as they were. The
network then computes what the file did, and trains as one that has batch norms.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from tracking.errors import FaultError

INSIDE = "body."  # before the names of what lies in the exported module
LEAST_VARIANCE = 1e-6  # of a channel that is the same everywhere
Arrays = dict[str, NDArray[np.float32]]


def exported_weights(content: bytes) -> Arrays:
    """Weights and biases of an exported file by the names of the network's convolutions.

    Of bytes that `models.manifest.read_weights` has checked.
    """
    model = onnx.load_model_from_string(content)
    found = {
        one.name.removeprefix(INSIDE): numpy_helper.to_array(one) for one in model.graph.initializer
    }
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
    return {name: _of_convolution(array) for name, array in weights.items()}


def _of_convolution(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """A product's weights (n_out, n_in) are those of a convolution of single pixels."""
    return array[..., None, None] if array.ndim == 2 else array


def _scale_and_zero(
    found: dict[str, NDArray[np.generic]], name: str, plain: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    stem = plain if f"{plain}_scale" in found else name
    scale, zero = found[f"{stem}_scale"], found[f"{stem}_zero_point"]
    return scale.astype(np.float64), zero.astype(np.float64)


def load_exported(network: nn.Module, weights: Arrays, examples: Iterable[Tensor]) -> None:
    """Give a network the weights of an exported file; it is in learning mode then.

    Parameters
    ----------
    weights
        Of `exported_weights`.
    examples
        Batches of values (n, 40, h / 2, w / 2): what the batch norms' statistics are taken of.

    Raises
    ------
    FaultError
        The file holds other convolutions than the network.
    """
    modules = dict(network.named_modules())
    convolutions = {name: one for name, one in modules.items() if isinstance(one, nn.Conv2d)}
    shapes = {f"{name}.weight": tuple(one.weight.shape) for name, one in convolutions.items()}
    shapes |= {f"{name}.bias": (one.out_channels,) for name, one in convolutions.items()}
    found = {name: array.shape for name, array in weights.items()}
    if found != shapes:
        name = min(set(found.items()) ^ set(shapes.items()))[0]
        raise FaultError(
            "the exported file is of another network",
            expected=f"{name}: {shapes.get(name, 'nothing')}",
            actual=str(found.get(name, "nothing")),
            remedy="start from a file that this network's export has written",
        )
    norms = []
    with torch.no_grad():
        for name, convolution in convolutions.items():
            convolution.weight.copy_(torch.from_numpy(weights[f"{name}.weight"]))
            bias = torch.from_numpy(weights[f"{name}.bias"])
            if convolution.bias is not None:
                convolution.bias.copy_(bias)
                continue
            stem, _, index = name.rpartition(".")
            norm = modules[f"{stem}.{int(index) + 1}"]
            if not isinstance(norm, nn.BatchNorm2d):
                raise TypeError(f"{name} has no bias, yet {type(norm).__name__} follows")
            _make(norm, torch.zeros_like(bias), torch.ones_like(bias) - norm.eps, bias)
            norms.append(norm)
        _settle(norms, network.eval(), examples)
    network.train()


def _make(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, offset: Tensor) -> None:
    """Let a norm in use do nothing but add `offset`, while it holds these statistics."""
    for kept, value in (
        (norm.running_mean, mean),
        (norm.running_var, variance),
        (norm.weight, (variance + norm.eps).sqrt()),
        (norm.bias, offset + mean),
    ):
        if kept is None:
            raise TypeError("a batch norm without statistics")
        kept.copy_(value)


class _Moments:
    """Sums over what a batch norm is given, by channel."""

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, torch.zeros(1), torch.zeros(1)

    def __call__(self, _module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Forward hook: add one batch."""
        features = inputs[0].double()
        self.count += features.numel() // features.shape[1]
        self.total = self.total + features.sum((0, 2, 3)).cpu()
        self.squares = self.squares + features.square().sum((0, 2, 3)).cpu()


def _settle(norms: list[nn.BatchNorm2d], network: nn.Module, examples: Iterable[Tensor]) -> None:
    """Give every norm the statistics of what it meets in the examples."""
    moments = [_Moments() for _ in norms]
    pairs = zip(norms, moments, strict=True)
    handles = [norm.register_forward_pre_hook(moment) for norm, moment in pairs]
    for planes in examples:
        network(planes)
    for handle in handles:
        handle.remove()
    for norm, moment in zip(norms, moments, strict=True):
        if moment.count:
            mean = moment.total / moment.count
            variance = (moment.squares / moment.count - mean.square()).clamp(min=LEAST_VARIANCE)
            _make(norm, mean, variance, norm.bias.double().cpu())
