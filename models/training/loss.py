"""What the training makes small: cross entropy with weighted borders, and soft Dice.

Computed image by image: its many small passes then stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from models.training.canvas_samples import IGNORED
from tracking.segmentation import Label

DICE_WEIGHT = 0.5  # balances rare classes; class weights would push the outlines outwards
DICE_SMOOTH_PX = 20.0  # what is smaller hardly counts; a false patch where there is none does
BORDER_WEIGHT = 1.0  # added where labels meet: thin tools and outlines, both sides alike
BORDER_PX = 2  # on each side


def loss_of(logits: Tensor, target: Tensor) -> Tensor:
    """Weighted cross entropy over the batch plus soft Dice of each class of each image.

    Parameters
    ----------
    logits : float (n, classes, h, w)
    target : uint8 (n, h, w)
        `IGNORED` pixels count nowhere.
    """
    counted = target != IGNORED
    weight = counted * (1 + BORDER_WEIGHT * borders(target))
    entropies, dices = [], []
    for index, one in enumerate(logits.unbind()):  # a slice's gradient would be as large as all
        log_share = log_softmax(one.float(), dim=0)
        truth = torch.stack([target[index] == int(one) for one in Label]).float()
        entropies.append(-(weight[index] * (log_share * truth).sum(0)).sum())
        share, truth = (log_share.exp() * counted[index]).flatten(1), truth.flatten(1)
        hit, total = (share * truth).sum(1), share.sum(1) + truth.sum(1)
        dices.append(1 - ((2 * hit + DICE_SMOOTH_PX) / (total + DICE_SMOOTH_PX)).mean())
    entropy = torch.stack(entropies).sum() / weight.sum().clamp(min=1)
    return entropy + DICE_WEIGHT * torch.stack(dices).mean()


def borders(target: Tensor) -> Tensor:
    """1 within `BORDER_PX` of another label, else 0; float (n, h, w)."""
    return (_around(target, torch.maximum) != _around(target, torch.minimum)).float()


def _around(image: Tensor, extreme: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Extreme value of the square of pixels around each one, row by row and column by column."""
    for axis in (1, 2):
        size, result = image.shape[axis], image.clone()
        for shift in range(1, BORDER_PX + 1):
            n = size - shift
            for to, of in ((shift, 0), (0, shift)):
                ours = result.narrow(axis, to, n)
                ours.copy_(extreme(ours, image.narrow(axis, of, n)))
        image = result
    return image
