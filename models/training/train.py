"""Train the segmenter: `python -m models.training.train`.

Renders random scenes (once), trains, keeps the averaged weights, evaluates on withheld seeds,
draws the learning curve and exports. Seeded; continues from its last checkpoint.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot, softmax
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel

from models.features import CANVAS
from models.loading import SHIPPED_MANIFEST
from models.training.augment import tensors
from models.training.batches import Draw, batches
from models.training.canvas_samples import IGNORED, CanvasSample
from models.training.curves import draw_curves
from models.training.export import export
from models.training.network import build_network
from models.training.render_cache import (
    CACHE,
    N_TRAINING_SHARDS,
    N_WITHHELD_SHARDS,
    WITHHELD_FROM,
    CachedSamples,
    first_seeds,
    render_all,
)
from models.training.scores import N_CLASSES, Confusion

CROP = (160, 288)  # of the first steps: less than half the work, and more variety
DICE_WEIGHT = 0.5  # balances rare classes; class weights would push the outlines outwards
AVERAGE_DECAY = 0.995  # of the exported running mean of the weights: about 200 steps
EVALUATE_EVERY, N_QUICK = 500, 100


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result: first crops, then whole canvases."""

    shards: int = N_TRAINING_SHARDS
    crop_steps: int = 4500
    whole_steps: int = 1100
    batch_size: int = 8
    peak_learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    seed: int = 20260101

    @property
    def steps(self) -> int:
        """All steps."""
        return self.crop_steps + self.whole_steps

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Image size of every step."""
        return [CROP] * self.crop_steps + [CANVAS] * self.whole_steps

    @property
    def training_id(self) -> str:
        """Short hash of the settings."""
        text = json.dumps(asdict(self), sort_keys=True)
        return f"train-{sha256(text.encode()).hexdigest()[:12]}"


def loss_of(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy plus soft Dice of each class over the batch."""
    entropy = cross_entropy(logits, target, ignore_index=IGNORED)
    counted = (target != IGNORED).unsqueeze(1)
    share = softmax(logits, dim=1) * counted
    truth = one_hot(target.clamp(max=N_CLASSES - 1), N_CLASSES).permute(0, 3, 1, 2) * counted
    hit = (share * truth).sum((0, 2, 3))
    dice = 1 - (2 * hit + 1) / (share.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 1)
    return entropy + DICE_WEIGHT * dice.mean()


def running_mean(mean: Tensor, current: Tensor, n_averaged: Tensor | int) -> Tensor:
    """Exponential mean that forgets its start: the first steps weigh little later."""
    share = max(1 - AVERAGE_DECAY, 9 / (10 + int(n_averaged)))
    return torch.lerp(mean.float(), current.float(), share).to(mean.dtype)


def evaluate(network: nn.Module, samples: Iterable[CanvasSample]) -> Confusion:
    """Confusion over samples as they are."""
    network.eval()
    confusion = Confusion()
    with torch.no_grad():
        for sample in samples:
            planes, target = tensors(sample)
            logits = network(torch.from_numpy(planes).unsqueeze(0))[0]
            confusion.add(target, logits.argmax(0).numpy())
    network.train()
    return confusion


class Training:
    """Network, its running average, optimiser and history; saved and restored as one."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.checkpoint = folder / f"{settings.training_id}.pt"
        self.network = build_network(settings.seed)
        self.average = AveragedModel(self.network, avg_fn=running_mean, use_buffers=True)
        self.optimiser = AdamW(
            self.network.parameters(),
            lr=settings.peak_learning_rate,
            weight_decay=settings.weight_decay,
        )
        self.schedule = OneCycleLR(
            self.optimiser, settings.peak_learning_rate, settings.steps, pct_start=0.1
        )
        self.step = 0
        self.history: list[dict[str, float]] = []
        if self.checkpoint.exists():
            self._restore()

    def _restore(self) -> None:
        state = torch.load(self.checkpoint, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["running"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.step, self.history = state["step"], state["history"]

    def save(self) -> None:
        """Write the checkpoint; an interrupted write leaves the last one."""
        partial = self.checkpoint.with_suffix(".partial")
        state = {
            "network": self.network.state_dict(),
            "running": self.average.state_dict(),
            "average": self.average.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
            "history": self.history,
            "training_id": self.settings.training_id,
        }
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def learn(self, inputs: Tensor, target: Tensor) -> float:
        """One step; returns its loss."""
        loss = loss_of(self.network(inputs), target)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return float(loss.detach())


def run(settings: Settings, folder: Path, cache: Path, processes: int) -> Training:
    """Train to the end, from wherever the checkpoint stands."""
    console = Console(stderr=True)
    withheld_shards = render_all(cache, first_seeds(N_WITHHELD_SHARDS, WITHHELD_FROM), processes)
    shards = render_all(cache, first_seeds(settings.shards), processes)
    samples, withheld = CachedSamples(shards), CachedSamples(withheld_shards)
    folder.mkdir(parents=True, exist_ok=True)
    training = Training(settings, folder)
    console.print(f"{settings.training_id}: {len(samples)} frames, from step {training.step}")
    losses: list[float] = []
    with Progress(console=console) as progress:
        task = progress.add_task("training", total=settings.steps, completed=training.step)
        steps = range(training.step, settings.steps)
        draw = Draw(settings.batch_size, settings.seed)
        for inputs, target in batches(samples, settings.sizes, steps, draw):
            losses.append(training.learn(inputs, target))
            progress.advance(task)
            if training.step % EVALUATE_EVERY == 0 or training.step == settings.steps:
                iou = evaluate(training.average.module, withheld[:N_QUICK]).iou()
                mean_loss = sum(losses) / len(losses)
                training.history.append({"step": training.step, "loss": mean_loss, **iou})
                losses.clear()
                training.save()
                draw_curves(training.history, folder / f"{settings.training_id}.png")
                shown = ", ".join(f"{name} {value:.3f}" for name, value in iou.items())
                console.print(f"step {training.step}: loss {mean_loss:.3f}, IoU {shown}")
    return training


def main() -> None:
    """Train, evaluate on every withheld frame, export."""
    default = Settings()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crop-steps", type=int, default=default.crop_steps)
    parser.add_argument("--whole-steps", type=int, default=default.whole_steps)
    parser.add_argument("--shards", type=int, default=default.shards)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=CACHE.parent)
    parser.add_argument("--out", type=Path, default=SHIPPED_MANIFEST)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    settings = Settings(arguments.shards, arguments.crop_steps, arguments.whole_steps)
    training = run(settings, arguments.folder, arguments.folder / "cache", arguments.processes)
    export(training.average.module, settings.training_id, arguments.out)


if __name__ == "__main__":
    main()
