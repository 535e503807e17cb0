"""Held scenes of the training families: what a training is judged on while it goes on.

Choices are made by these, not by withheld families: those are for the model card alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from models.evaluation.confusion import Confusion
from models.training.augment import tensors
from models.training.network import values_of
from models.training.scene_stream import KeptSample, Size, ViewSource

HELD_FROM, N_HELD = 980_000, 150  # seeds that no training reaches, one view each


@dataclass(frozen=True, eq=False)
class Judgement:
    """Confusion over all held views, and over those that are ordinary."""

    everything: Confusion
    ordinary: Confusion

    def iou(self) -> dict[str, float]:
        """By class; of ordinary views by `ordinary_` and class."""
        ordinary = {f"ordinary_{name}": value for name, value in self.ordinary.iou().items()}
        return self.everything.iou() | ordinary

    def __str__(self) -> str:
        return f"held IoU {_shown(self.everything)}; of ordinary views {_shown(self.ordinary)}"


def held_views(source: ViewSource, canvas: Size) -> list[KeptSample]:
    """Render them on a canvas."""
    return list(source.views(range(HELD_FROM, HELD_FROM + N_HELD), 1, "training", canvas))


def judged(network: nn.Module, held: Sequence[KeptSample]) -> Judgement:
    """What a network makes of views as they are; it is in use afterwards, not in learning mode."""
    device = next(network.parameters()).device
    result = Judgement(Confusion(), Confusion())
    network.eval()
    with torch.no_grad():
        for one in held:
            planes, target = tensors(one.sample)
            logits = network(values_of(torch.from_numpy(planes[None]).to(device)))[0]
            labels = logits.argmax(0).cpu().numpy()
            result.everything.add(target, labels)
            if one.is_ordinary:
                result.ordinary.add(target, labels)
    return result


def _shown(confusion: Confusion) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in confusion.iou().items())
