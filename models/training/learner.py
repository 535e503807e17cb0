"""Network, its running average, optimiser and history; saved and restored as one."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from models.training.loss import loss_of
from models.training.network import build_network, values_of
from models.training.optimisers import KernelOptimiser
from models.training.settings import Settings
from tracking.errors import FaultError

AVERAGE_DECAY = 0.998  # of the exported running mean of the weights: about 500 steps
MAX_GRADIENT = 5.0


def best_device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def best_kind(device: torch.device) -> torch.dtype:
    """Of the products: bf16 where the device multiplies it, else fp32.

    A processor that does not emulates it, at a seventh of the speed of fp32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    found = torch.cpu.get_capabilities()
    has_bf16 = any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16"))
    return torch.bfloat16 if has_bf16 else torch.float32


def running_mean(mean: Tensor, current: Tensor, n_averaged: Tensor | int) -> Tensor:
    """Exponential mean that forgets its start: the first steps weigh little later."""
    share = max(1 - AVERAGE_DECAY, 9 / (10 + int(n_averaged)))
    return torch.lerp(mean.float(), current.float(), share).to(mean.dtype)


class Learner:
    """One training's state; weights and losses are kept in fp32, products are of `best_kind`.

    While the learning rate holds, its checkpoint is that of every training which differs in
    nothing but the number of steps: each can go on from it.
    """

    def __init__(self, settings: Settings, training_id: str, folder: Path) -> None:
        self.training_id = training_id
        self.checkpoint = folder / f"{training_id}.pt"
        self.held_checkpoint = folder / f"{settings.hold_id()}.pt"
        self._n_holding = settings.small_steps
        self.device = best_device()
        self.kind = best_kind(self.device)
        self.network = build_network(settings.seed).to(self.device)
        self.average = AveragedModel(self.network, avg_fn=running_mean, use_buffers=True)
        self.optimiser = KernelOptimiser(self.network, settings)
        self.step = 0
        self.history: list[dict[str, float]] = []
        for checkpoint in (self.checkpoint, self.held_checkpoint):
            if checkpoint.exists():
                self._restore(checkpoint)
                break

    def _restore(self, checkpoint: Path) -> None:
        state = torch.load(checkpoint, weights_only=True, map_location=self.device)
        if checkpoint == self.held_checkpoint and state["step"] > self._n_holding:
            raise FaultError(
                "a training on small canvases has gone on for longer",
                expected=f"at most {self._n_holding} steps in {checkpoint}",
                actual=str(state["step"]),
                remedy="ask for as many small steps, or choose another folder",
            )
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["running"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.history = state["step"], state["history"]

    def save(self) -> None:
        """Write the checkpoint; an interrupted write leaves the last one."""
        checkpoint = self.held_checkpoint if self.step <= self._n_holding else self.checkpoint
        partial = checkpoint.with_suffix(".partial")
        state = {
            "network": self.network.state_dict(),
            "running": self.average.state_dict(),
            "average": self.average.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "history": self.history,
            "training_id": self.training_id,
        }
        torch.save(state, partial)
        partial.replace(checkpoint)

    def learn(self, inputs: Tensor, target: Tensor) -> float:
        """One step; returns its loss."""
        inputs, target = inputs.to(self.device), target.to(self.device)
        is_short = self.kind is torch.bfloat16
        with torch.autocast(self.device.type, torch.bfloat16, enabled=is_short):
            logits = self.network(values_of(inputs, self.kind))
        loss = loss_of(logits, target)
        self.network.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return float(loss.detach())
