"""Everything that decides what a training gives: numbers, and the code that makes its data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from models.features import CANVAS
from models.training.scene_stream import Size, Window

SMALL = (112, 208)  # a canvas just under half as high; multiples of 16
GENTLE_RATE = 3e-4
WHOLE_FROM = 400_000  # seed of the first scene that is rendered at full size
GOING_ON_FROM = 600_000  # seed of the first scene of a training that goes on
ROOT = Path(__file__).resolve().parents[2]
SOURCES = (  # of scenes, planes, changes and network: another one is another training
    "models/features.py",
    "models/folded_logits.py",
    "models/letterbox.py",
    "models/plane_loops.py",
    "models/training/scenes/*.py",
    "models/training/augment*.py",
    "models/training/batches.py",
    "models/training/canvas_samples.py",
    "models/training/families.py",
    "models/training/learner.py",
    "models/training/loss.py",
    "models/training/network.py",
    "models/training/optimisers.py",
    "models/training/ordinary.py",
    "models/training/random_scenes.py",
    "models/training/raw_depth.py",
    "models/training/recovered.py",
    "models/training/scene_stream.py",
    *(
        f"recordings/simulation/{name}.py"
        for name in ("scene", "render", "raycast", "shading", "shapes", "stereo_noise", "texture")
    ),
)


@dataclass(frozen=True)
class Phase:
    """Steps that draw batches from one stream of views."""

    steps: int
    batch_size: int
    window: Window


@dataclass(frozen=True)
class Settings:
    """First many whole scenes on a small canvas, then fewer on the network's own.

    What is a cone, a sleeve or a bed shows in a small picture of everything, and a view of it costs
    a quarter; only outlines need the rest. What a sensor or a lens does in so many pixels (holes,
    bloom, filling) it does in as many of a small canvas, where they are twice as large against the
    scene: one more way in which the small views are stranger than any room.

    The learning rate rises, holds as long as canvases are small, and falls to nothing over the
    whole ones: what happens while it holds does not depend on how long it does, so that a training
    can be made longer, or ended, at any time.
    """

    small_steps: int = 7000
    whole_steps: int = 9200
    small_batch: int = 16
    whole_batch: int = 8
    first_views: int = 800
    capacity: int = 3200
    draws_per_view: float = 4.0
    ordinary_share: float = 0.5  # of the draws; of the random views a third are
    peak_learning_rate: float = 3e-3
    warm_up_steps: int = 200
    weight_decay: float = 1e-3
    seed: int = 20260101
    first_scene: int = 0  # seeds of the first scenes on either canvas
    first_whole_scene: int = WHOLE_FROM
    start: str = "random"  # SHA-256 of the exported file whose weights a training starts from

    @property
    def steps(self) -> int:
        """All steps."""
        return self.small_steps + self.whole_steps

    @property
    def phases(self) -> tuple[Phase, Phase]:
        """In order."""
        return (
            self._phase(self.small_steps, self.small_batch, self.first_scene, SMALL),
            self._phase(self.whole_steps, self.whole_batch, self.first_whole_scene, CANVAS),
        )

    def _phase(self, steps: int, batch_size: int, first_scene: int, canvas: Size) -> Phase:
        views_per_step = batch_size / self.draws_per_view
        window = Window(self.first_views, views_per_step, self.capacity, first_scene, canvas)
        return Phase(steps, batch_size, window)

    def rate(self, step: int) -> float:
        """Learning rate of a step over the peak."""
        rising = (step + 1) / self.warm_up_steps
        falling = (self.steps - step) / self.whole_steps if self.whole_steps else 1.0
        return min(rising, 1.0, falling)

    def training_id(self) -> str:
        """Short hash of the settings and of `SOURCES` as they lie on disk now."""
        return f"train-{_hash(self)}"

    def hold_id(self) -> str:
        """The same of what decides the steps on the small canvas, however many there are."""
        return f"hold-{_hash(replace(self, small_steps=0, whole_steps=0))}"


def going_on(start: str, whole_steps: int) -> Settings:
    """A training of whole canvases from the weights of an exported file of this SHA-256.

    Its scenes are no others'. The learning rate is low: at 1.5e-3 what was learnt was lost at
    first, and a thousand steps did not bring it back (model card).
    """
    return Settings(
        small_steps=0,
        whole_steps=whole_steps,
        first_views=320,
        peak_learning_rate=GENTLE_RATE,
        first_whole_scene=GOING_ON_FROM,
        start=start,
    )


def _hash(settings: Settings) -> str:
    digest = sha256(json.dumps(asdict(settings), sort_keys=True).encode())
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
