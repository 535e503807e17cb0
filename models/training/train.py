"""Train the segmenter: `python -m models.training.train`.

Renders random scenes while it trains on them, keeps the averaged weights, evaluates on held
scenes of the training families, draws the learning curve and exports. Seeded; continues from
its last checkpoint.

With `--whole-steps 0` it stays on the small canvas at the full learning rate, and exports nothing.
Such a training can be stopped at any time; the same command goes on with it, and one with as many
`--small-steps` as it has made, or more, and some `--whole-steps` ends it.

`--start MANIFEST` goes on from the weights of an exported model, with scenes of its own and a low
learning rate (a high one undoes at first what was learnt).
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
from models.training.network import values_of
from models.training.recovered import exported_weights, load_exported
from models.training.scene_stream import KeptSample, SceneRenderer, ViewWindow
from models.training.settings import Phase, Settings, going_on

FOLDER = Path("runs") / "train"
EVALUATE_EVERY, SAVE_EVERY = 500, 100
# Choices are made by these, not by withheld families: those are for the model card alone.
HELD_FROM, N_HELD = 980_000, 150  # seeds that no training reaches, one view each
N_SETTLING = 60  # views that recovered batch norms are settled on, next to the held ones
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
            logits = network(values_of(torch.from_numpy(planes[None]).to(device)))[0]
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
        if start is not None and learner.step == 0:
            _start_from(learner, start, renderer)
            held = _held(renderer, settings.phases[-1])
            console.print(f"{start.name}: held IoU {_shown(evaluate(learner.network, held))}")
            learner.network.train()
        task = progress.add_task("training", total=settings.steps, completed=learner.step)
        first = 0
        for number, phase in enumerate(settings.phases):
            steps = range(max(0, learner.step - first), phase.steps)
            first += phase.steps
            if not steps:
                continue
            held = _held(renderer, phase)
            console.print(f"{len(held)} held views on {phase.window.canvas}")
            losses: list[float] = []
            for inputs, target in _drawn(renderer, settings, number, steps, n_batchers):
                losses.append(learner.learn(inputs, target))
                progress.advance(task)
                is_last = learner.step == first
                if learner.step % EVALUATE_EVERY == 0 or is_last:
                    console.print(_judged(learner, held, losses))
                    losses.clear()
                    draw_curves(learner.history, folder / f"{learner.training_id}.png")
                if learner.step % SAVE_EVERY == 0 or is_last:
                    learner.save()
    return learner


def _held(renderer: SceneRenderer, phase: Phase) -> list[KeptSample]:
    seeds = range(HELD_FROM, HELD_FROM + N_HELD)
    return list(renderer.views(seeds, 1, "training", phase.window.canvas))


def _drawn(
    renderer: SceneRenderer, settings: Settings, number: int, steps: range, n_batchers: int
) -> Iterator[Batch]:
    """Batches of a phase."""
    phase = settings.phases[number]
    draw = Draw(phase.batch_size, settings.seed + number, settings.ordinary_share)
    return batches(ViewWindow(renderer, phase.window, steps), steps, draw, n_batchers)


def _judged(learner: Learner, held: Sequence[KeptSample], losses: Sequence[float]) -> str:
    """Evaluate the averaged weights, note it in the history, and say so."""
    confusion = evaluate(learner.average.module, held)
    ordinary = evaluate(learner.average.module, [one for one in held if one.is_ordinary])
    mean_loss = sum(losses) / len(losses)
    learner.history.append({"step": learner.step, "loss": mean_loss, **confusion.iou()})
    return (
        f"step {learner.step}: loss {mean_loss:.3f}, held IoU {_shown(confusion)}; "
        f"of ordinary views {_shown(ordinary)}"
    )


def _shown(confusion: Confusion) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in confusion.iou().items())


def _start_from(learner: Learner, start: Path, renderer: SceneRenderer) -> None:
    """Recover exported weights."""
    scenes = range(HELD_FROM + N_HELD, HELD_FROM + N_HELD + N_SETTLING)
    views = renderer.views(scenes, 1, "training")
    planes = [torch.from_numpy(tensors(view.sample)[0][None]) for view in views]
    examples = (values_of(one.to(learner.device)) for one in planes)
    load_exported(learner.network, exported_weights(start), examples)


def main() -> None:
    """Train, evaluate on held frames, export."""
    default = Settings()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small-steps", type=int, default=default.small_steps)
    parser.add_argument("--whole-steps", type=int, default=default.whole_steps)
    parser.add_argument("--start", type=Path, help="manifest of the model to go on from")
    parser.add_argument("--workers", type=int, default=N_CORES, help="processes that render")
    parser.add_argument("--threads", type=int, default=N_THREADS, help="of the network")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=SHIPPED_MANIFEST)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    start = None if arguments.start is None else arguments.start.with_suffix(".onnx")
    if start is None:
        settings = Settings(small_steps=arguments.small_steps, whole_steps=arguments.whole_steps)
    else:
        settings = going_on(sha256(start.read_bytes()).hexdigest(), arguments.whole_steps)
    n_batchers = max(1, N_CORES // 4)
    learner = run(settings, arguments.folder, arguments.workers, n_batchers, start)
    if settings.whole_steps == 0:
        return
    report = export(learner.average.module.cpu(), learner.training_id, arguments.out)
    sys.stdout.write(json.dumps(asdict(report), indent=2) + "\n")


if __name__ == "__main__":
    main()
