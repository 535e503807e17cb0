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
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path

import cv2
import torch
from rich.console import Console
from rich.progress import Progress

from models.loading import SHIPPED_MANIFEST
from models.manifest import read_manifest, read_weights
from models.training.augment import tensors
from models.training.batches import Draw, batches
from models.training.curves import draw_curves
from models.training.export import export
from models.training.held import HELD_FROM, N_HELD, held_views, judged
from models.training.learner import Learner
from models.training.network import values_of
from models.training.recovered import exported_weights, load_exported
from models.training.scene_stream import KeptSample, SceneRenderer, ViewWindow
from models.training.settings import Settings, going_on
from models.two_at_once import take_turns
from tracking.errors import FaultError

FOLDER = Path("runs") / "train"
EVALUATE_EVERY, SAVE_EVERY = 500, 100
N_SETTLING = 60  # views that recovered batch norms are settled on, next to the held ones
N_CORES = os.cpu_count() or 1
N_THREADS = max(1, N_CORES // 2)  # two on two cores beside the renderers: each waits for the other


@dataclass(frozen=True, eq=False)
class Training:
    """A learner, what renders its views, and where it tells how far it is."""

    settings: Settings
    learner: Learner
    renderer: SceneRenderer
    folder: Path
    n_batchers: int
    console: Console

    def start_from(self, exported: bytes) -> None:
        """Recover the weights of an exported file, and say what they give on held views."""
        scenes = range(HELD_FROM + N_HELD, HELD_FROM + N_HELD + N_SETTLING)
        views = self.renderer.views(scenes, 1, "training")
        planes = [torch.from_numpy(tensors(view.sample)[0][None]) for view in views]
        examples = (values_of(one.to(self.learner.device)) for one in planes)
        network = self.learner.network
        load_exported(network, exported_weights(exported), examples)
        held = held_views(self.renderer, self.settings.phases[-1].window.canvas)
        self.console.print(f"as exported: {judged(network, held)}")
        network.train()

    def phase(self, number: int, first: int, advance: Callable[[], None]) -> None:
        """Learn what is left of the phase that begins at step `first`."""
        phase, learner = self.settings.phases[number], self.learner
        steps, last = range(max(0, learner.step - first), phase.steps), first + phase.steps
        if not steps:
            return
        held = held_views(self.renderer, phase.window.canvas)
        self.console.print(f"{len(held)} held views on {phase.window.canvas}")
        draw = Draw(phase.batch_size, self.settings.seed + number, self.settings.ordinary_share)
        window, losses = ViewWindow(self.renderer, phase.window, steps), list[float]()
        for inputs, target in batches(window, steps, draw, self.n_batchers):
            losses.append(learner.learn(inputs, target))
            self._check(losses[-1])
            advance()
            if learner.step % EVALUATE_EVERY == 0 or learner.step == last:
                self._judge(held, losses)
                losses.clear()
            if learner.step % SAVE_EVERY == 0 or learner.step == last:
                learner.save()

    def _check(self, loss: float) -> None:
        """A training that has come to nothing ends at once, its last checkpoint as it was."""
        if not isfinite(loss):
            raise FaultError(
                f"step {self.learner.step}: the loss is {loss}",
                remedy=f"go on from {self.folder} with a lower learning rate",
            )

    def _judge(self, held: Sequence[KeptSample], losses: Sequence[float]) -> None:
        """Judge the averaged weights: said, noted and drawn."""
        learner, loss = self.learner, sum(losses) / len(losses)
        found = judged(learner.average.module, held)
        learner.history.append({"step": learner.step, "loss": loss, **found.iou()})
        self.console.print(f"step {learner.step}: loss {loss:.3f}, {found}")
        draw_curves(learner.history, self.folder / f"{learner.training_id}.png")


def run(
    settings: Settings, folder: Path, n_workers: int, n_batchers: int, start: bytes | None = None
) -> Learner:
    """Train to the end, from wherever the checkpoint stands; `start`: an exported file's bytes."""
    console = Console(stderr=True)
    folder.mkdir(parents=True, exist_ok=True)
    learner = Learner(settings, settings.training_id(), folder)
    where = f"{learner.device}, products in {learner.kind}"
    console.print(f"{learner.training_id} on {where}, from step {learner.step}")
    with SceneRenderer(n_workers) as renderer, Progress(console=console) as progress:
        training = Training(settings, learner, renderer, folder, n_batchers, console)
        if start is not None and learner.step == 0:
            training.start_from(start)
        task = progress.add_task("training", total=settings.steps, completed=learner.step)
        first = 0
        for number, phase in enumerate(settings.phases):
            training.phase(number, first, lambda: progress.advance(task))
            first += phase.steps
    return learner


def main() -> None:
    """Train, evaluate on held frames, export."""
    default = Settings()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small-steps", type=int, help=f"default: {default.small_steps}")
    parser.add_argument("--whole-steps", type=int, default=default.whole_steps)
    parser.add_argument("--start", type=Path, help="manifest of the model to go on from")
    parser.add_argument("--workers", type=int, default=N_CORES, help="processes that render")
    parser.add_argument("--threads", type=int, default=N_THREADS, help="of the network")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=SHIPPED_MANIFEST)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    take_turns()
    start = None
    if arguments.start is None:
        n_small = default.small_steps if arguments.small_steps is None else arguments.small_steps
        settings = Settings(small_steps=n_small, whole_steps=arguments.whole_steps)
    else:
        if arguments.small_steps is not None:
            parser.error("--start goes on with whole canvases: leave --small-steps out")
        manifest = read_manifest(arguments.start)
        start = read_weights(arguments.start, manifest)
        settings = going_on(manifest.sha256, arguments.whole_steps)
    n_batchers = max(1, N_CORES // 4)
    learner = run(settings, arguments.folder, arguments.workers, n_batchers, start)
    if settings.whole_steps == 0:
        return
    report = export(learner.average.module.cpu(), learner.training_id, arguments.out)
    sys.stdout.write(json.dumps(asdict(report), indent=2) + "\n")


if __name__ == "__main__":
    main()
