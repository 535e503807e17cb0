"""Seeded batches from the moving window of views, prepared ahead of the training."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.training.augment import augmented
from models.training.scene_stream import KeptSample, ViewWindow

Batch = tuple[Tensor, Tensor]
"""Folded planes uint8 (n, h / 2, w / 2, 40) and target labels uint8 (n, h, w)."""


@dataclass(frozen=True)
class Draw:
    """How a batch is drawn.

    `ordinary_share` is the expected share of views that are ordinary (`models.training.ordinary`).
    """

    batch_size: int
    seed: int
    ordinary_share: float


def batches(window: ViewWindow, steps: range, draw: Draw, n_threads: int) -> Iterator[Batch]:
    """Augmented batches of the given steps; step k is the same whatever ran before it."""
    pending: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(max_workers=n_threads) as workers:
        for step in steps:
            views = window.at(step)
            pending.append(workers.submit(_batch, views, step, draw))
            if len(pending) > n_threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def chances(is_ordinary: Sequence[bool], ordinary_share: float) -> NDArray[np.float64]:
    """Chance of each view of a window to be the one that is drawn.

    The ordinary ones have `ordinary_share` of it together, the others the rest; where all are of
    one sort, all are alike.
    """
    ordinary = np.asarray(is_ordinary, dtype=bool)
    n_ordinary = max(1, int(ordinary.sum()))
    n_others = max(1, int((~ordinary).sum()))
    chance = np.where(ordinary, ordinary_share / n_ordinary, (1 - ordinary_share) / n_others)
    result: NDArray[np.float64] = chance / chance.sum()
    return result


def _batch(views: Sequence[KeptSample], step: int, draw: Draw) -> Batch:
    rng = np.random.default_rng([draw.seed, step])
    chance = chances([view.is_ordinary for view in views], draw.ordinary_share)
    chosen = rng.choice(len(views), draw.batch_size, replace=False, p=chance)
    pairs = [augmented(views[index].sample, rng) for index in chosen]
    inputs = torch.from_numpy(np.stack([planes for planes, _ in pairs]))
    targets = torch.from_numpy(np.stack([labels for _, labels in pairs]))
    return inputs, targets
