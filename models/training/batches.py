"""Seeded batches from the moving window of views, prepared ahead of the training."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.training.augment import augmented
from models.training.scene_stream import KeptSample, ViewWindow

Batch = tuple[Tensor, Tensor]
"""Planes (n, 10, h, w) and target labels uint8 (n, h, w)."""


@dataclass(frozen=True)
class Draw:
    """How a batch is drawn."""

    batch_size: int
    seed: int


def batches(
    window: ViewWindow, sizes: Sequence[tuple[int, int]], steps: range, draw: Draw, n_threads: int
) -> Iterator[Batch]:
    """Augmented batches of the given steps; step k is the same whatever ran before it.

    `sizes` holds the size of each step's images.
    """
    pending: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(max_workers=n_threads) as workers:
        for step in steps:
            views = window.at(step)
            pending.append(workers.submit(_batch, views, sizes[step], step, draw))
            if len(pending) > n_threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _batch(views: Sequence[KeptSample], size: tuple[int, int], step: int, draw: Draw) -> Batch:
    rng = np.random.default_rng([draw.seed, step])
    chosen = rng.choice(len(views), draw.batch_size, replace=False)
    pairs = [augmented(views[index].sample, rng, size) for index in chosen]
    inputs = torch.from_numpy(np.stack([planes for planes, _ in pairs]))
    targets = torch.from_numpy(np.stack([labels for _, labels in pairs]))
    return inputs.to(memory_format=torch.channels_last), targets
