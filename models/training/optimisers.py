"""AdamW for vectors, Muon for kernels, behind one handle.

Muon steps along the orthogonal matrix nearest to the momentum, so that a kernel learns in all its
directions alike (K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks",
2024). A convolution's kernel is taken as one row per output channel.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from models.training.settings import Settings

KERNEL_AXES = 4


class KernelOptimiser:
    """Steps every weight of a network; saved and restored as one.

    The network's kernels must lie in memory with their channels last, and stay where they are.
    """

    def __init__(self, network: nn.Module, settings: Settings) -> None:
        weights = list(network.parameters())
        self._kernels = [weight for weight in weights if weight.ndim == KERNEL_AXES]
        self._rows = [
            nn.Parameter(_channels_last(one.detach()).flatten(1)) for one in self._kernels
        ]
        for kernel, rows in zip(self._kernels, self._rows, strict=True):
            if rows.data_ptr() != kernel.data_ptr():
                raise ValueError(f"a kernel {tuple(kernel.shape)} has not its channels last")
        vectors = [weight for weight in weights if weight.ndim != KERNEL_AXES]
        rate, decay = settings.peak_learning_rate, settings.weight_decay
        muon = Muon(self._rows, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        adamw = AdamW(vectors, lr=rate, weight_decay=decay, fused=True)
        self._optimisers: tuple[Optimizer, ...] = (muon, adamw)
        self._schedules = [LambdaLR(one, settings.rate) for one in self._optimisers]

    def step(self) -> None:
        """One step along the gradients that are there, at the schedule's rate."""
        for rows, kernel in zip(self._rows, self._kernels, strict=True):
            rows.grad = None if kernel.grad is None else _channels_last(kernel.grad).flatten(1)
        for optimiser, schedule in zip(self._optimisers, self._schedules, strict=True):
            optimiser.step()
            schedule.step()

    def state_dict(self) -> list[dict[str, Any]]:
        """As `torch.save` keeps it."""
        return [one.state_dict() for one in (*self._optimisers, *self._schedules)]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Go on from a kept state."""
        for one, state in zip((*self._optimisers, *self._schedules), states, strict=True):
            one.load_state_dict(state)


def _channels_last(kernel: Tensor) -> Tensor:
    """Kernel (out, in, h, w) as (out, h, w, in), the same memory."""
    return kernel.permute(0, 2, 3, 1)
