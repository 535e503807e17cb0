"""Seeded batches over cached shards, prepared one step ahead of the training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.training.augment import augmented
from models.training.canvas_samples import CanvasSample

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Draw:
    """How a batch is drawn."""

    batch_size: int
    seed: int


def batches(
    samples: Sequence[CanvasSample], sizes: Sequence[tuple[int, int]], steps: range, draw: Draw
) -> Iterator[Batch]:
    """Augmented batches of the given steps; step k is the same whatever ran before it.

    `sizes` holds the size of each step's images.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        pending = None
        for step in steps:
            following = worker.submit(_batch, samples, sizes[step], step, draw)
            if pending is not None:
                yield pending.result()
            pending = following
        if pending is not None:
            yield pending.result()


def _batch(samples: Sequence[CanvasSample], size: tuple[int, int], step: int, draw: Draw) -> Batch:
    rng = np.random.default_rng([draw.seed, step])
    chosen = rng.choice(len(samples), draw.batch_size, replace=False)
    pairs = [augmented(samples[index], rng, size) for index in chosen]
    inputs = torch.from_numpy(np.stack([planes for planes, _ in pairs]))
    targets = torch.from_numpy(np.stack([labels for _, labels in pairs]))
    return inputs.to(memory_format=torch.channels_last), targets
