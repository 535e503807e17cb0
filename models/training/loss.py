"""What the training makes small: cross entropy with weighted borders, and soft Dice."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, max_pool2d

from models.training.canvas_samples import IGNORED
from tracking.segmentation import Label

DICE_WEIGHT = 0.5  # balances rare classes; class weights would push the outlines outwards
BORDER_WEIGHT = 1.0  # added where labels meet: thin tools and outlines, both sides alike
BORDER_PX = 2  # on each side


def loss_of(logits: Tensor, target: Tensor) -> Tensor:
    """Weighted cross entropy plus soft Dice of each class over the batch.

    Parameters
    ----------
    logits : float (n, classes, h, w)
    target : uint8 (n, h, w)
        `IGNORED` pixels count nowhere.
    """
    counted = (target != IGNORED).float()
    log_share = log_softmax(logits.float(), dim=1)
    share = log_share.exp() * counted.unsqueeze(1)
    weight = counted * (1 + BORDER_WEIGHT * borders(target))
    entropy, dice = logits.new_zeros((), dtype=torch.float32), 0.0
    for label in Label:
        truth = (target == int(label)).float()
        entropy = entropy - (weight * truth * log_share[:, label]).sum()
        hit, total = (share[:, label] * truth).sum(), share[:, label].sum() + truth.sum()
        dice = dice + 1 - (2 * hit + 1) / (total + 1)
    return entropy / weight.sum().clamp(min=1) + DICE_WEIGHT / len(Label) * dice


def borders(target: Tensor) -> Tensor:
    """1 within `BORDER_PX` of another label, else 0; float (n, h, w)."""
    label = target.float().unsqueeze(1)
    size, stride = 2 * BORDER_PX + 1, 1
    highest = max_pool2d(label, size, stride, BORDER_PX)
    lowest = -max_pool2d(-label, size, stride, BORDER_PX)
    return (highest != lowest).float().squeeze(1)
