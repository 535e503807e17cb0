"""Train the segmenter: `python -m models.training.train`.

Renders random scenes while it trains on them, keeps the averaged weights, evaluates on held
scenes of training families, draws the learning curve and exports. Seeded; continues from its
last checkpoint. `--start MANIFEST` is the second training: from the weights of an exported model.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import cv2
import torch
from rich.console import Console
from rich.progress import Progress
from torch import nn

from models.evaluation.confusion import Confusion
from models.loading import SHIPPED_MANIFEST
from models.training.augment import tensors
from models.training.batches import Batch, Draw, batches
from models.training.curves import draw_curves
from models.training.export import export
from models.training.learner import Learner
from models.training.recovered import exported_weights, load_exported
from models.training.scene_stream import KeptSample, SceneRenderer, ViewWindow
from models.training.settings import Settings, from_exported, from_random

FOLDER = Path("runs") / "train"
EVALUATE_EVERY, SAVE_EVERY = 500, 50
HELD_FROM, N_HELD = 980_000, 100  # seeds that no training reaches; one view each
N_SETTLING_SCENES = 60  # seen by recovered batch norms, before any training
N_CORES = os.cpu_count() or 1
# Threads of the network that wait for a core taken by a worker cost more than they bring.
N_THREADS = max(1, N_CORES // 2)


def evaluate(network: nn.Module, kept: Sequence[KeptSample]) -> Confusion:
    """Confusion over samples as they are."""
    device = next(network.parameters()).device
    confusion = Confusion()
    network.eval()
    with torch.no_grad():
        for one in kept:
            planes, target = tensors(one.sample)
            logits = network(torch.from_numpy(planes).unsqueeze(0).to(device))[0]
            confusion.add(target, logits.argmax(0).cpu().numpy())
    return confusion


def run(
    settings: Settings, folder: Path, n_workers: int, n_batchers: int, start: Path | None = None
) -> Learner:
    """Train to the end, from wherever the checkpoint stands; `start` is an exported file."""
    console = Console(stderr=True)
    folder.mkdir(parents=True, exist_ok=True)
    learner = Learner(settings, settings.training_id(), folder)
    console.print(f"{learner.training_id} on {learner.device}, from step {learner.step}")
    with SceneRenderer(n_workers) as renderer, Progress(console=console) as progress:
        held = list(renderer.views(range(HELD_FROM, HELD_FROM + N_HELD), 1, "training"))
        if start is not None and learner.step == 0:
            _start_from(learner, start, settings, renderer)
            console.print(f"{start.name}: held IoU {_shown(evaluate(learner.network, held))}")
            learner.network.train()
        task = progress.add_task("training", total=settings.steps, completed=learner.step)
        losses: list[float] = []
        for inputs, target in _remaining(renderer, settings, learner.step, n_batchers):
            losses.append(learner.learn(inputs, target))
            progress.advance(task)
            is_last = learner.step == settings.steps
            if learner.step % EVALUATE_EVERY == 0 or is_last:
                confusion = evaluate(learner.average.module, held)
                mean_loss = sum(losses) / len(losses)
                learner.history.append({"step": learner.step, "loss": mean_loss, **confusion.iou()})
                losses.clear()
                draw_curves(learner.history, folder / f"{learner.training_id}.png")
                console.print(
                    f"step {learner.step}: loss {mean_loss:.3f}, held IoU {_shown(confusion)}"
                )
            if learner.step % SAVE_EVERY == 0 or is_last:
                learner.save()
    return learner


def _shown(confusion: Confusion) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in confusion.iou().items())


def _start_from(learner: Learner, start: Path, settings: Settings, renderer: SceneRenderer) -> None:
    """Recover exported weights; statistics of the first phase's images."""
    phase = settings.phases[0]
    scenes = range(HELD_FROM + N_HELD, HELD_FROM + N_HELD + N_SETTLING_SCENES)
    views = renderer.views(scenes, 1, "training", phase.window.canvas)
    height, width = phase.size
    planes = [tensors(view.sample)[0][:, :height, :width] for view in views]
    examples = [torch.from_numpy(one[None]).to(learner.device) for one in planes]
    load_exported(learner.network, exported_weights(start), examples)


def _remaining(
    renderer: SceneRenderer, settings: Settings, step: int, n_batchers: int
) -> Iterator[Batch]:
    """Batches from `step` on, phase by phase."""
    before = 0
    for number, phase in enumerate(settings.phases):
        steps = range(max(0, step - before), phase.steps)
        before += phase.steps
        if steps:
            window = ViewWindow(renderer, phase.window, steps)
            draw = Draw(phase.batch_size, phase.size, settings.seed + number)
            yield from batches(window, steps, draw, n_batchers)


def main() -> None:
    """Train, evaluate on withheld frames, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, help="manifest of the model to go on from")
    parser.add_argument("--first-steps", type=int, help="of crops, or of small whole scenes")
    parser.add_argument("--whole-steps", type=int, help="of whole canvases")
    parser.add_argument("--workers", type=int, default=N_CORES, help="processes that render")
    parser.add_argument("--threads", type=int, default=N_THREADS, help="of the network")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=SHIPPED_MANIFEST)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    start = None if arguments.start is None else arguments.start.with_suffix(".onnx")
    settings = _settings(start, arguments.first_steps, arguments.whole_steps)
    n_batchers = max(1, N_CORES // 4)
    learner = run(settings, arguments.folder, arguments.workers, n_batchers, start)
    report = export(learner.average.module.cpu(), learner.training_id, arguments.out)
    sys.stdout.write(json.dumps(asdict(report), indent=2) + "\n")


def _settings(start: Path | None, first_steps: int | None, whole_steps: int | None) -> Settings:
    chosen = {"whole_steps": whole_steps} if whole_steps is not None else {}
    if start is None:
        return from_random(**chosen, **({} if first_steps is None else {"crop_steps": first_steps}))
    small = {} if first_steps is None else {"small_steps": first_steps}
    return from_exported(sha256(start.read_bytes()).hexdigest(), **chosen, **small)


if __name__ == "__main__":
    main()
